// "Saved. Undo": stands at the foot of the page for as long as the answer can be taken back.

/** @param {HTMLElement} place @param {number} lasts seconds */
export function offerUndo(place, lasts) {
  const words = /** @type {HTMLElement} */ (place.querySelector("[data-undo-words]"));
  const leftWords = /** @type {HTMLElement} */ (place.querySelector("[data-undo-left]"));
  /** @type {string | null} */
  let lease = null;
  let endsAt = 0;

  function tick() {
    const left = Math.ceil((endsAt - Date.now()) / 1000);
    if (!lease || left <= 0) return withdraw();
    leftWords.textContent = `${left} s`;
    setTimeout(tick, 250);
  }

  function withdraw() {
    lease = null;
    place.hidden = true;
  }

  return {
    /** @param {string} token of the answer @param {string} label */
    offer(token, label) {
      const isRunning = lease !== null;
      lease = token;
      endsAt = Date.now() + lasts * 1000;
      words.textContent = `Saved: ${label}`;
      place.hidden = false;
      if (!isRunning) tick();
    },
    /** @returns {string | null} */
    lease: () => lease,
    withdraw,
  };
}
