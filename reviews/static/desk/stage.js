// The part of the page that changes from case to case.

import { desk, dialog, find, isCase, measureBar, place, say, setBusy, stage } from "./page.js";
import { GUARD_MS } from "./keys.js";
import { startCounting } from "./presence.js";

let shownAt = 0;
/** @type {((stage: HTMLElement) => void)[]} */
const hearers = [];

/** Be told of every new stage: a case, the empty desk, the desk left alone. @param {(stage: HTMLElement) => void} hear */
export function whenShown(hear) {
  hearers.push(hear);
}

/** True in the first moment of a case: what is pressed then was meant for the one before. */
export const isGuarded = () => performance.now() - shownAt < GUARD_MS;

/** @param {string} html of the service: escaped there */
export function show(html) {
  const pattern = document.createElement("template");
  pattern.innerHTML = html;
  put(pattern.content);
  window.scrollTo(0, 0);
  const heading = place.querySelector("#case-heading");
  if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
  say(isCase() ? `Next case. ${heading?.textContent ?? ""}` : "Nothing waits for you.");
}

/** Nobody is there: the case is gone, and the page says how to go on. */
export function goAway() {
  const away = /** @type {HTMLTemplateElement} */ (find("template[data-away]"));
  put(/** @type {DocumentFragment} */ (away.content.cloneNode(true)));
}

/** @param {DocumentFragment} content */
function put(content) {
  desk.dispatchEvent(new CustomEvent("desk:leave"));
  place.replaceChildren(content);
  begin();
}

/** Begin with the stage on the page. */
export function begin() {
  for (const id of ["idle", "lost", "skip", "policy"]) dialog(id)?.close();
  shownAt = performance.now();
  setBusy(false);
  startCounting();
  measureBar();
  for (const hear of hearers) hear(stage());
}
