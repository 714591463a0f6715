// Evidence in the fields of a table: the line is marked, with what is typical beside its value.

/** @param {Element} content @param {import("./evidence.js").Highlight} one */
export function markField(content, one) {
  const field = content.querySelector(`[data-field="${CSS.escape(one.where.path)}"]`);
  const value = field?.querySelector("dd");
  if (!field || !value) return;
  field.classList.add(one.side);
  const usual = Object.entries(one.why?.typical ?? {}).map(([label, typical]) => `${label}: ${typical}`);
  if (!usual.length) return;
  const why = document.createElement("dd");
  why.className = "field-why";
  why.textContent = `typical ${usual.join(", ")}`;
  value.after(why);
}

/** @param {Element} content */
export function unmarkFields(content) {
  for (const why of content.querySelectorAll(".field-why")) why.remove();
  for (const field of content.querySelectorAll("[data-field]")) field.classList.remove("for", "against");
}
