// What somebody has typed is kept on this device until it is answered, whatever becomes of the page.

import { gettext } from "../hitl/js/words.js";
import { can } from "./deeds.js";
import { keptFor } from "./kept.js";
import { isCase, measureBar, place, stage, toast, url } from "./page.js";
import { whenShown } from "./stage.js";

export const kept = keptFor(url.person ?? "");
export const comment = () => /** @type {HTMLTextAreaElement | null} */ (place.querySelector("textarea[name=comment]"));

/** @param {string} caseId @param {Record<string, string> | null} draft */
export function keepDraft(caseId, draft) {
  kept.set(`draft.${caseId}`, draft);
}

function openComment() {
  const field = comment();
  if (!field) return false;
  /** @type {HTMLDetailsElement} */ (field.closest("details")).open = true;
  field.focus();
  measureBar();
}

whenShown((now) => {
  if (!isCase()) return;
  const draft = kept.get(`draft.${now.dataset.case}`);
  const field = comment();
  if (!draft || !field) return;
  field.value = draft.comment ?? "";
  if (field.value) /** @type {HTMLDetailsElement} */ (field.closest("details")).open = true;
  if (draft.label) {
    place.querySelector(`button[name=label][value="${CSS.escape(draft.label)}"]`)?.setAttribute("aria-pressed", "true");
    toast(gettext('You chose "%(label)s" before. Choose again to save it.', { label: draft.label }));
  }
  measureBar();
});

place.addEventListener("input", (event) => {
  if (event.target !== comment()) return;
  const text = comment()?.value ?? "";
  keepDraft(stage().dataset.case ?? "", text ? { comment: text } : null);
});

can({ comment: openComment });
