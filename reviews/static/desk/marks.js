// Marks places in a text by their offsets: as highlights over its text nodes where the browser has them, else as
// <mark> elements made node by node. No text ever passes through a parser of HTML.

/** @typedef {{ part: string, start16: number, end16: number, quote: string }} Place */

const canHighlight = typeof Highlight === "function" && !!CSS.highlights;
const NAMES = /** @type {const} */ (["evidence-for", "evidence-against", "evidence-current"]);

/**
 * The range of a place, or null when the text on the page is not the one that was explained.
 * @param {Element} content @param {Place} place @returns {Range | null}
 */
export function rangeOf(content, place) {
  const part = content.querySelector(`[data-part="${CSS.escape(place.part)}"]`);
  if (!part || (part.textContent ?? "").slice(place.start16, place.end16) !== place.quote) return null;
  const range = document.createRange();
  let passed = 0;
  let hasStart = false;
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = /** @type {Text} */ (node).length;
    if (!hasStart && place.start16 < passed + length) {
      range.setStart(node, place.start16 - passed);
      hasStart = true;
    }
    if (hasStart && place.end16 <= passed + length) {
      range.setEnd(node, place.end16 - passed);
      return range;
    }
    passed += length;
  }
  return null;
}

/**
 * @param {Element} content
 * @param {{ places: Place[], side: "for" | "against" }[]} items
 */
export function mark(content, items) {
  unmark(content);
  const sided = items.flatMap(({ places, side }) => places.map((place) => ({ place, side })));
  if (canHighlight) {
    for (const side of /** @type {const} */ (["for", "against"])) {
      const ranges = sided.filter((one) => one.side === side).map(({ place }) => rangeOf(content, place));
      CSS.highlights.set(`evidence-${side}`, new Highlight(...ranges.filter((range) => range !== null)));
    }
    return;
  }
  for (const { place, side } of sided) {
    const range = rangeOf(content, place);
    if (!range || range.startContainer !== range.endContainer) continue; // it overlaps one marked before
    const element = document.createElement("mark");
    element.className = side;
    range.surroundContents(element);
  }
}

/** @param {Element} content */
export function unmark(content) {
  if (canHighlight) for (const name of NAMES) CSS.highlights.delete(name);
  for (const element of content.querySelectorAll("mark")) {
    const parent = element.parentNode;
    element.replaceWith(...element.childNodes);
    parent?.normalize();
  }
}

/**
 * Bring a place into view, because the person asked for it, and set it off for a moment.
 * @param {Element} content @param {Place} place
 */
export function showPlace(content, place) {
  const range = rangeOf(content, place);
  if (!range) return;
  const box = range.getBoundingClientRect();
  window.scrollBy({ top: box.top - window.innerHeight / 3, behavior: "instant" }); // a long text would take seconds
  if (!canHighlight) return;
  CSS.highlights.set("evidence-current", new Highlight(range));
  setTimeout(() => CSS.highlights.delete("evidence-current"), 1200);
}
