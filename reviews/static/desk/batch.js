// The page of a batch: its keys, the evidence of the case on it, and how long it was looked at.

import { flag, flagsSaid, loadEvidence, showEvidence, stepTo } from "./evidence.js";
import { GUARD_MS, listen } from "./keys.js";

const IDLE_MS = 30_000; // without a key or a move of the pointer: nobody looks

const shownAt = performance.now();
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-answer]"));
const stage = /** @type {HTMLElement | null} */ (document.querySelector("[data-stage]"));
let activeMs = 0;
let lastTick = shownAt;
let lastInput = shownAt;
let isSent = false;

/** Count the time since the last tick, while somebody was there. */
function tick() {
  const now = performance.now();
  if (!document.hidden && now - lastInput < IDLE_MS) activeMs += now - lastTick;
  lastTick = now;
}

for (const kind of ["keydown", "pointermove", "pointerdown", "scroll"]) addEventListener(kind, () => (tick(), (lastInput = performance.now())), { passive: true });
document.addEventListener("visibilitychange", tick);

/** @param {string} selector @returns {boolean} whether there is such a button to press */
function press(selector) {
  const button = document.querySelector(selector);
  if (!(button instanceof HTMLElement)) return false;
  button.click();
  return true;
}

/** @param {string} key @returns {boolean} */
function act(key) {
  if (isSent) return false;
  if (key === "Enter") return press(".answer-label.is-suggested") || press("[data-next]");
  if (key === "a") return press("[data-accepts]");
  if (key === "u" || key === "undo") return press("[data-back]");
  if (key === "]") return stepTo(1);
  if (key === "[") return stepTo(-1);
  if (key === "f") return flag("helped");
  if (key === "n") return flag("misled");
  return press(`.answer-label[data-key="${CSS.escape(key)}"]`);
}

listen({ isGuarded: () => performance.now() - shownAt < GUARD_MS, inDialog: () => false, act });

for (const each of document.forms) {
  each.addEventListener("submit", (event) => {
    if (isSent) return event.preventDefault(); // one page says one thing
    isSent = true;
    if (each !== form) return;
    tick();
    const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
    field("seconds").value = String(Math.round(activeMs) / 1000);
    field("flags").value = JSON.stringify(flagsSaid());
  });
}
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // what the page shows may have been answered since
});

if (stage && form) {
  stage.querySelector("[data-does=toggle-suggestion]")?.remove(); // the suggestion is what the batch is about
  /** @type {HTMLElement} */ (stage.querySelector("#case-heading")).focus({ preventScroll: true });
  const url = /** @type {HTMLElement | null} */ (stage.querySelector("[data-evidence-url]"))?.dataset.evidenceUrl ?? "";
  loadEvidence(url).then((found) => {
    /** @type {HTMLInputElement} */ (form.elements.namedItem("evidence")).value = showEvidence(stage, found);
  });
}
