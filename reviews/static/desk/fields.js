// Evidence in the fields of a table: the line is marked, with what is typical beside its value.

import { gettext, number } from "../hitl/js/words.js";

/** A value of a field as the reader's language writes it. @param {unknown} value */
export function said(value) {
  if (typeof value === "number") return number(value, { maximumSignificantDigits: 6 });
  if (typeof value === "boolean") return value ? gettext("yes") : gettext("no");
  return String(value).slice(0, 80);
}

/** @param {Element} content @param {import("./evidence.js").Highlight} one */
export function markField(content, one) {
  const field = content.querySelector(`[data-field="${CSS.escape(one.where.path)}"]`);
  const value = field?.querySelector("dd");
  if (!field || !value) return;
  bringUp(field);
  field.classList.add(one.side);
  const usual = Object.entries(one.why?.typical ?? {}).map(([label, typical]) => `${label}: ${said(typical)}`);
  if (!usual.length) return;
  const why = document.createElement("dd");
  why.className = "field-why";
  why.textContent = gettext("typical %(values)s", { values: usual.join(", ") });
  value.after(why);
}

/**
 * Of a table that is too long to be read, what evidence points at comes first: nobody has to unfold it.
 * @param {Element} field
 */
function bringUp(field) {
  const more = field.closest(".stage-more") ?? field.parentElement?.nextElementSibling;
  const list = more?.matches(".stage-more") ? more.previousElementSibling : null;
  list?.insertBefore(field, list.querySelector(":scope > :not(.for, .against)"));
}

/** @param {Element} content */
export function unmarkFields(content) {
  for (const why of content.querySelectorAll(".field-why")) why.remove();
  for (const field of content.querySelectorAll("[data-field]")) field.classList.remove("for", "against");
}
