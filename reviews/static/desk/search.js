// Search in the case: every place of the words is set off, and the person goes from one to the next.

import { gettext } from "../hitl/js/words.js";
import { can } from "./deeds.js";
import { desk, isCase, place } from "./page.js";
import { whenShown } from "./stage.js";

const MOST = 500;
const canHighlight = typeof Highlight === "function" && !!CSS.highlights;

/** @type {Range[]} */
let found = [];
let at = -1;

const bar = () => /** @type {HTMLElement | null} */ (place.querySelector("[data-search]"));
const field = () => /** @type {HTMLInputElement | null} */ (place.querySelector("[data-search] input"));

/** @param {string} wanted @returns {Range[]} every place of the words in the case, whatever their case */
function placesOf(wanted) {
  const content = place.querySelector("[data-content]");
  const ranges = [];
  if (!content || !wanted) return [];
  const needle = wanted.toLocaleLowerCase();
  const walker = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && ranges.length < MOST; node = walker.nextNode()) {
    const text = /** @type {Text} */ (node).data;
    const small = text.toLocaleLowerCase();
    if (small.length !== text.length) continue; // a letter that changes its length: offsets would be wrong
    for (let from = small.indexOf(needle); from >= 0 && ranges.length < MOST; from = small.indexOf(needle, from + needle.length)) {
      const range = document.createRange();
      range.setStart(node, from);
      range.setEnd(node, from + needle.length);
      ranges.push(range);
    }
  }
  return ranges;
}

function search() {
  found = placesOf(field()?.value.trim() ?? "");
  at = found.length ? 0 : -1;
  draw();
}

function draw() {
  const count = bar()?.querySelector("[data-search-count]");
  const wanted = field()?.value.trim();
  if (count) count.textContent = !wanted ? "" : found.length ? gettext("%(n)s of %(most)s", { n: at + 1, most: `${found.length}${found.length === MOST ? "+" : ""}` }) : gettext("not found");
  if (canHighlight) {
    CSS.highlights.set("search", new Highlight(...found));
    CSS.highlights.set("search-current", new Highlight(...found.slice(Math.max(at, 0), at + 1)));
  }
  const box = found[at]?.getBoundingClientRect();
  if (box && (box.top < 80 || box.bottom > innerHeight - 80)) window.scrollBy({ top: box.top - innerHeight / 3 });
}

/** @param {number} step */
function go(step) {
  if (!found.length) return;
  at = (at + step + found.length) % found.length;
  draw();
}

function close() {
  const open = bar();
  if (open) open.hidden = true;
  found = [];
  if (canHighlight) for (const name of ["search", "search-current"]) CSS.highlights.delete(name);
}

whenShown(close);
can({
  search() {
    const open = bar();
    if (!isCase() || !open) return false;
    open.hidden = false;
    field()?.focus();
    field()?.select();
    search();
  },
  "close-search": close,
  "search-next": () => go(1),
  "search-previous": () => go(-1),
});
desk.addEventListener("input", (event) => event.target === field() && search());
desk.addEventListener("keydown", (event) => {
  if (event.target !== field()) return;
  if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
  else if (event.key === "Escape") {
    close();
    /** @type {HTMLElement | null} */ (place.querySelector("#case-heading"))?.focus({ preventScroll: true });
  } else return;
  event.preventDefault();
  event.stopPropagation();
});
