// The part of the page that changes from case to case.

import { gettext } from "../hitl/js/words.js";
import { adopt } from "./cases.js";
import { GUARD_MS } from "./keys.js";
import { desk, dialog, find, isCase, measureBar, place, say, setBusy, stage } from "./page.js";
import { startCounting } from "./presence.js";

/** @typedef {import("./cases.js").Case} Case */

let shownAt = 0;
/** @type {Case | null} */
let current = null;
/** @type {((stage: HTMLElement, one: Case) => void)[]} */
const hearers = [];

/** Be told of every new stage: a case, the empty desk, the desk left alone.
 * @param {(stage: HTMLElement, one: Case) => void} hear */
export function whenShown(hear) {
  hearers.push(hear);
}

/** True in the first moment of a case: what is pressed then was meant for the one before. */
export const isGuarded = () => performance.now() - shownAt < GUARD_MS;

/** What is on the stage, as it came. @returns {Case} */
export const onStage = () => /** @type {Case} */ (current);

/** @param {Case} one */
export function show(one) {
  put(one);
  window.scrollTo(0, 0);
  const heading = place.querySelector("#case-heading");
  if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
  say(isCase() ? gettext("Next case. %(heading)s", { heading: heading?.textContent ?? "" }) : gettext("Nothing waits for you."));
}

/** Nobody is there: the case is gone, and the page says how to go on. */
export function goAway() {
  const content = /** @type {HTMLTemplateElement} */ (find("template[data-away]")).content;
  put({ lease: "", id: "", lasts: 0, endsAt: 0, content, evidence: null, isSeen: true });
}

/** @param {Case} one */
function put(one) {
  desk.dispatchEvent(new CustomEvent("desk:leave"));
  place.replaceChildren(one.content.cloneNode(true));
  begin(one);
}

/** Begin with the stage on the page. @param {Case} one */
export function begin(one = adopt(place)) {
  current = one;
  one.isSeen = true;
  for (const open of document.querySelectorAll("dialog[open]")) {
    if (!open.hasAttribute("data-stays")) /** @type {HTMLDialogElement} */ (open).close();
  }
  shownAt = performance.now();
  setBusy(false);
  startCounting();
  for (const hear of hearers) hear(stage(), one);
  measureBar();
}
