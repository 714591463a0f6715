// The suggestion and its evidence, as the case's mode says: shown at once, when asked for, or once the person has
// answered without it. And whether the person has seen them.

import { gettext } from "../hitl/js/words.js";
import { prepare } from "./cases.js";
import { can } from "./deeds.js";
import { kept } from "./drafts.js";
import { drawMarks, flag, forgetEvidence, hideMarks, loadEvidence, showEvidence, stepTo } from "./evidence.js";
import { askToSignIn, desk, isCase, measureBar, place, say, setBusy, stage, toast, url } from "./page.js";
import { ask } from "./server.js";
import { whenShown } from "./stage.js";

let evidenceSeen = "none";
let wasSeen = false;

const card = () => /** @type {HTMLElement | null} */ (place.querySelector("[data-suggestion]"));
const isAskedFor = () => !!place.querySelector("[data-asks-for]");
export const isHidden = () => desk.dataset.suggestion === "hidden";

/** True while the person is to answer before anything is shown. */
export const isFirst = () => stage().dataset.mode === "decide_first" && !card();

/** @returns {Record<string, string>} what the person has seen of the model, as an answer says it */
export function seen() {
  return {
    evidence: ["shown", "quoted"].includes(evidenceSeen) && !wasSeen ? "hidden" : evidenceSeen,
    suggestion_seen: wasSeen ? "yes" : "no",
  };
}

/** The label that Enter stands for: what the person said first, else the suggestion where it is seen.
 * @returns {string | null} */
export function accepted() {
  const first = place.querySelector(".answer-label.is-first");
  if (first instanceof HTMLButtonElement) return first.value;
  const button = place.querySelector(".answer-label.is-suggested");
  return button instanceof HTMLButtonElement && !isHidden() ? button.value : null;
}

/** @param {boolean} isNowHidden */
function set(isNowHidden) {
  if (isNowHidden) desk.dataset.suggestion = "hidden";
  else delete desk.dataset.suggestion;
  kept.set("suggestion", isNowHidden ? "hidden" : null);
  dress(isNowHidden);
  if (isNowHidden) return hideMarks();
  wasSeen ||= !!card();
  drawMarks();
}

/** @param {boolean} isNowHidden */
function dress(isNowHidden) {
  const button = place.querySelector("[data-suggestion] [data-does=toggle-suggestion]");
  button?.setAttribute("aria-expanded", String(!isNowHidden));
  const words = button?.querySelector("span");
  if (words) words.textContent = isNowHidden ? gettext("Show") : gettext("Hide");
}

/** Ask the service for the suggestion. @param {string} to @param {Record<string, string>} fields */
async function reveal(to, fields) {
  const on = stage();
  setBusy(true);
  const reply = await ask(to, { lease: on.dataset.lease ?? "", ...fields });
  if (on !== stage()) return;
  setBusy(false);
  if (reply.kind === "signed-out") return askToSignIn();
  if (reply.kind === "unreachable") return toast(gettext("The service cannot be reached. Try again in a moment."), "bad");
  if (reply.kind === "refused") return toast(reply.words, "warn");
  const pattern = document.createElement("template");
  pattern.innerHTML = reply.html;
  place.querySelector("[data-suggestion-place]")?.replaceChildren(pattern.content);
  if (isHidden()) delete desk.dataset.suggestion;
  begin(on, null);
  say(card()?.querySelector("[data-suggestion-words]")?.textContent ?? "");
}

/** What the person says before they see anything. @param {string} label */
export function sayFirst(label) {
  reveal(url.firstUrl ?? "", { label });
}

/** @param {HTMLElement} on @param {Promise<any> | null} evidence on its way already */
function begin(on, evidence) {
  const shown = card();
  if (!shown) return;
  wasSeen = !isHidden();
  dress(isHidden());
  for (const button of place.querySelectorAll(".answer-label")) {
    const { value } = /** @type {HTMLButtonElement} */ (button);
    button.classList.toggle("is-suggested", value === shown.dataset.suggestion);
    button.classList.toggle("is-first", value === shown.dataset.first);
  }
  measureBar();
  const from = shown.dataset.evidenceUrl;
  (evidence ?? (from ? loadEvidence(from) : Promise.resolve(null))).then((found) => {
    if (on !== stage() || !card()) return;
    evidenceSeen = showEvidence(on, found);
    if (isHidden()) hideMarks();
  });
}

whenShown((now, one) => {
  evidenceSeen = "none";
  wasSeen = false;
  if (!isCase()) return;
  prepare(one);
  begin(now, one.evidence);
});

desk.addEventListener("desk:leave", forgetEvidence);
can({
  "toggle-suggestion"() {
    if (isAskedFor()) return void reveal(url.suggestionUrl ?? "", {});
    return card() ? void set(!isHidden()) : false;
  },
  "next-highlight": () => isCase() && !isHidden() && stepTo(1),
  "previous-highlight": () => isCase() && !isHidden() && stepTo(-1),
  helped: () => isCase() && !isHidden() && flag("helped"),
  misled: () => isCase() && !isHidden() && flag("misled"),
});
if (kept.get("suggestion") === "hidden") desk.dataset.suggestion = "hidden";
