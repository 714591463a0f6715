// "Saved. Undo": stands at the foot of the page for as long as the last answer can be taken back. Answers before it
// can be taken back after it, each inside its own time.

import { gettext } from "../hitl/js/words.js";

/** @typedef {{ one: import("./cases.js").Case, words: string, endsAt: number, isSaved: boolean }} Given */

/** @param {HTMLElement} place @param {number} lasts seconds */
export function offerUndo(place, lasts) {
  const words = /** @type {HTMLElement} */ (place.querySelector("[data-undo-words]"));
  const leftWords = /** @type {HTMLElement} */ (place.querySelector("[data-undo-left]"));
  /** @type {Given[]} the last one at the end */
  let given = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function draw() {
    clearTimeout(timer);
    given = given.filter((it) => !it.isSaved || it.endsAt > Date.now());
    const last = given.at(-1);
    place.hidden = !last;
    if (!last) return;
    const said = last.isSaved ? gettext("Saved: %(words)s", { words: last.words }) : gettext("Saving: %(words)s", { words: last.words });
    if (words.textContent !== said) words.textContent = said;
    leftWords.textContent = last.isSaved ? `${Math.ceil((last.endsAt - Date.now()) / 1000)} s` : "";
    timer = setTimeout(draw, 250);
  }

  /** @param {string} lease */
  function withdraw(lease) {
    given = given.filter((it) => it.one.lease !== lease);
    draw();
  }

  return {
    /** @param {import("./cases.js").Case} one that was answered @param {string} label */
    offer(one, label) {
      given = [...given.slice(-8), { one, words: label, endsAt: 0, isSaved: false }];
      draw();
    },
    /** From now on the time runs. @param {string} lease */
    saved(lease) {
      for (const it of given) if (it.one.lease === lease) Object.assign(it, { isSaved: true, endsAt: Date.now() + lasts * 1000 });
      draw();
    },
    /** @returns {Given | undefined} */
    last: () => given.at(-1),
    withdraw,
  };
}
