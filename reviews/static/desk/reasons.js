// Why this label: the reasons that its workflow lists, chosen by a number. Where a label needs one, it is asked for
// before the answer is sent.

import { can } from "./deeds.js";
import { dialog, find, isCase, measureBar, place } from "./page.js";
import { whenShown } from "./stage.js";

/** @typedef {{ code: string, words: string, required?: boolean }} Reason */

/** @type {{ label: string, code: string, words: string } | null} */
let chosen = null;
/** @type {((code: string) => void) | null} */
let then = null;

/** @returns {Record<string, Reason[]>} by label */
function listed() {
  const source = place.querySelector("[data-reason-codes]");
  try {
    return JSON.parse(source?.textContent || "{}");
  } catch {
    return {};
  }
}

/** @param {string} label @returns {string} the code chosen for it, empty where none is */
export const reasonFor = (label) => (chosen?.label === label ? chosen.code : "");

/** @param {string} label @returns {boolean} */
export const needsReason = (label) => (listed()[label] ?? []).some((reason) => reason.required) && !reasonFor(label);

/** Ask why, then go on. @param {string} label @param {(code: string) => void} go */
export function askWhy(label, go) {
  const reasons = listed()[label] ?? [];
  if (!reasons.length) return false;
  then = go;
  find("[data-reasons-of]").textContent = label;
  const list = find("[data-reason-list]");
  const pattern = /** @type {HTMLTemplateElement} */ (find("template[data-reason-item]"));
  list.replaceChildren(
    ...reasons.map((reason, i) => {
      const row = /** @type {HTMLElement} */ (pattern.content.firstElementChild?.cloneNode(true));
      const button = /** @type {HTMLButtonElement} */ (row.querySelector("button"));
      /** @type {HTMLElement} */ (row.querySelector("kbd")).textContent = i < 9 ? String(i + 1) : "";
      /** @type {HTMLElement} */ (row.querySelector("[data-words]")).textContent = reason.words || reason.code;
      if (i < 9) button.dataset.key = String(i + 1);
      button.addEventListener("click", () => choose(label, reason));
      return row;
    }),
  );
  dialog("reasons").showModal();
  return true;
}

/** @param {string} label @param {Reason} reason */
function choose(label, reason) {
  chosen = { label, code: reason.code, words: reason.words || reason.code };
  const go = then;
  then = null;
  dialog("reasons").close();
  draw();
  go?.(reason.code);
}

function draw() {
  const mark = place.querySelector("[data-reason-chosen]");
  if (!(mark instanceof HTMLElement)) return;
  mark.hidden = !chosen;
  mark.textContent = chosen ? `${chosen.label}: ${chosen.words}` : "";
  measureBar();
}

whenShown(() => (chosen = null));
can({
  /** For the label that is to be given: the one chosen last, the one Enter stands for, else the first with reasons. */
  reason() {
    if (!isCase()) return false;
    const labels = Object.keys(listed()).filter((label) => listed()[label].length);
    const near = place.querySelector(".answer-label[aria-pressed=true], .answer-label.is-first, .answer-label.is-suggested");
    const label = near instanceof HTMLButtonElement && labels.includes(near.value) ? near.value : labels[0];
    return label ? askWhy(label, () => {}) : false;
  },
});
