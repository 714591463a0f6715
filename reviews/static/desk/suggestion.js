// The suggestion and its evidence: shown, hidden, and whether the person has seen them.

import { can } from "./deeds.js";
import { kept } from "./drafts.js";
import { drawMarks, fetchEvidence, hideMarks } from "./evidence.js";
import { desk, isCase, place, stage } from "./page.js";
import { whenShown } from "./stage.js";

let evidenceSeen = "none";
let wasSeen = false;

export const isHidden = () => desk.dataset.suggestion === "hidden";

/** @returns {Record<string, string>} what the person has seen of the model, as an answer says it */
export function seen() {
  return {
    evidence: evidenceSeen === "shown" && !wasSeen ? "hidden" : evidenceSeen,
    suggestion_seen: wasSeen ? "yes" : "no",
  };
}

/** The label that Enter accepts, if one is shown. @returns {string | null} */
export function suggested() {
  const button = place.querySelector(".answer-label.is-suggested");
  return button instanceof HTMLButtonElement && !isHidden() ? button.value : null;
}

/** @param {boolean} isNowHidden */
function set(isNowHidden) {
  if (isNowHidden) desk.dataset.suggestion = "hidden";
  else delete desk.dataset.suggestion;
  kept.set("suggestion", isNowHidden ? "hidden" : null);
  const button = place.querySelector("[data-does=toggle-suggestion]");
  button?.setAttribute("aria-expanded", String(!isNowHidden));
  const words = button?.querySelector("span");
  if (words) words.textContent = isNowHidden ? "Show" : "Hide";
  if (isNowHidden) return hideMarks();
  wasSeen ||= !!place.querySelector("[data-suggestion]");
  drawMarks();
}

whenShown((now) => {
  evidenceSeen = "none";
  wasSeen = !!now.querySelector("[data-suggestion]") && !isHidden();
  if (!isCase()) return;
  fetchEvidence(now).then((what) => {
    if (now !== stage()) return;
    evidenceSeen = what;
    if (isHidden()) hideMarks();
  });
});

desk.addEventListener("desk:leave", hideMarks);
can({ "toggle-suggestion": () => (place.querySelector("[data-suggestion]") ? void set(!isHidden()) : false) });
if (kept.get("suggestion") === "hidden") set(true);
