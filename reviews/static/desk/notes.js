// Ready notes: what reviewers often write, put into the comment with a click, or with Alt and a digit while writing.

import { comment } from "./drafts.js";
import { nameOf } from "./keys.js";
import { place } from "./page.js";

/** Put the words where the cursor is, apart from what stands there. @param {string} note */
function insert(note) {
  const field = comment();
  if (!field) return;
  const { selectionStart: start, selectionEnd: end, value, maxLength } = field;
  const before = start && !/\s$/.test(value.slice(0, start)) ? " " : "";
  const after = end < value.length && !/^\s/.test(value.slice(end)) ? " " : "";
  const words = `${before}${note}${after}`;
  field.focus();
  if (value.length - (end - start) + words.length > maxLength) return;
  field.setRangeText(words, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true })); // it is kept as a draft
}

place.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-note]");
  if (button) insert(button.getAttribute("data-note") ?? "");
});

place.addEventListener("keydown", (event) => {
  if (event.target !== comment() || !event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1] ?? nameOf(event);
  const note = place.querySelectorAll("[data-note]")[Number(digit) - 1]?.getAttribute("data-note");
  if (!note) return;
  event.preventDefault();
  insert(note);
});
