// One answer: chosen once, and on its way.

import { commit, takesAnswers } from "./answering.js";
import { comment } from "./drafts.js";
import { flagsSaid } from "./evidence.js";
import { marksSaid } from "./marksmade.js";
import { desk, form, url } from "./page.js";
import { activeSeconds } from "./presence.js";
import { askWhy, needsReason, reasonFor } from "./reasons.js";
import { accepted, isFirst, sayFirst, seen } from "./suggestion.js";

/** @param {string} label */
export function answer(label) {
  const fields = form();
  if (!takesAnswers() || !fields) return;
  for (const button of fields.querySelectorAll("button[name=label]")) {
    button.setAttribute("aria-pressed", String(/** @type {HTMLButtonElement} */ (button).value === label));
  }
  if (isFirst()) return sayFirst(label);
  if (needsReason(label) && askWhy(label, () => answer(label))) return;
  const said = {
    label,
    comment: comment()?.value ?? "",
    reason_code: reasonFor(label),
    marks: JSON.stringify(marksSaid()),
    flags: JSON.stringify(flagsSaid()),
    seconds: String(activeSeconds()),
    ...seen(),
  };
  commit("answer", url.answerUrl ?? "", said, label);
}

/** What Enter stands for. @returns {boolean} */
export function enter() {
  const label = accepted();
  return label !== null && (answer(label), true);
}

desk.addEventListener("submit", (event) => {
  const submitter = /** @type {SubmitEvent} */ (event).submitter;
  if (!(submitter instanceof HTMLButtonElement) || submitter.name !== "label") return;
  event.preventDefault();
  answer(submitter.value);
});
