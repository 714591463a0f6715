// Whether somebody is at the page, and for how many seconds they have been with the case.

const ACTIVE_MS = 30_000; // an input counts for this long

let lastInput = performance.now();
let counted = 0;
let countedAt = performance.now();
let isVisible = !document.hidden;

function count() {
  const now = performance.now();
  if (isVisible) counted += Math.max(0, Math.min(now, lastInput + ACTIVE_MS) - countedAt);
  countedAt = now;
}

function hear() {
  count();
  lastInput = performance.now();
}

for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll"]) {
  addEventListener(kind, hear, { passive: true, capture: true });
}
document.addEventListener("visibilitychange", () => {
  count();
  isVisible = !document.hidden;
});

/** Begin to count for a new case. */
export function startCounting() {
  counted = 0;
  countedAt = lastInput = performance.now();
}

/** @returns {number} seconds with the case: the page visible and somebody there */
export function activeSeconds() {
  count();
  return Math.round(counted / 100) / 10;
}

/** @param {number} seconds */
export function wasHereWithin(seconds) {
  return isVisible && performance.now() - lastInput < seconds * 1000;
}
