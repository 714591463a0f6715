// What in the case speaks for the suggestion and what against it. It is fetched beside the case and never in its
// way; what does not fit the case on the page is not shown at all.

import { gettext } from "../hitl/js/words.js";
import { markField, said, unmarkFields } from "./fields.js";
import { mark, rangeOf, showPlace, unmark } from "./marks.js";
import { drawRegions, eraseRegions } from "./regions.js";
import { ask } from "./server.js";
import { drawStretches, eraseStretches, playStretch } from "./sound.js";

const MOST = 5;

/** @typedef {{ where: any, also?: any[], side: "for" | "against", share: number, label: string, why?: any }} Highlight */
/** @typedef {{ stage: HTMLElement, found: any, items: HTMLElement[], at: number, flags: Map<number, string> }} Drawn */

/** @type {Drawn | null} */
let drawn = null;

/** @param {string} url @returns {Promise<any>} what was found, null where nothing can be had */
export async function loadEvidence(url) {
  const reply = await ask(url);
  return reply.kind === "ok" ? reply.data : null;
}

/**
 * Show what was found on the stage it is about.
 * @param {HTMLElement} stage @param {any} found
 * @returns {string} what the person was shown: shown, quoted, weak or unavailable
 */
export function showEvidence(stage, found) {
  drawn = null;
  const content = /** @type {HTMLElement | null} */ (stage.querySelector("[data-content]"));
  if (!content || !found || found.status === "unavailable" || !fits(content, found.highlights ?? [])) {
    say(stage, gettext("What speaks for it cannot be shown for this case."));
    return "unavailable";
  }
  if (found.status === "elsewhere") {
    say(stage, gettext("No evidence: the score comes from a model elsewhere, and what it looked at is not known here."));
    return "unavailable";
  }
  const isWeak = found.status === "weak" || !found.highlights?.length;
  drawn = { stage, found: { ...found, highlights: isWeak ? [] : found.highlights.slice(0, MOST) }, items: [], at: -1, flags: new Map() };
  if (isWeak) say(stage, gettext("No clear evidence: nothing in this case stands out."));
  else list(drawn);
  addFlips(stage, found.flips ?? []);
  addPrecedents(stage, found.precedents ?? []);
  drawMarks();
  return isWeak ? "weak" : found.status === "quoted" ? "quoted" : "shown";
}

/** The stage is gone, and what was drawn on it. */
export function forgetEvidence() {
  hideMarks();
  drawn = null;
}

/** Draw the marks of the stage again, after they were hidden. */
export function drawMarks() {
  if (!drawn) return;
  const { stage, found } = drawn;
  const content = /** @type {HTMLElement} */ (stage.querySelector("[data-content]"));
  const kinds = /** @type {Highlight[]} */ (found.highlights);
  mark(content, kinds.filter((one) => one.where.quote !== undefined).map((one) => ({ side: one.side, places: placesOf(one) })));
  for (const one of kinds) if (one.where.path !== undefined) markField(content, one);
  drawRegions(content, kinds.filter((one) => one.where.w !== undefined));
  drawStretches(content, kinds.filter((one) => one.where.start_ms !== undefined));
}

/** Take every mark off the case; the evidence can be drawn again. */
export function hideMarks() {
  const content = drawn?.stage.querySelector("[data-content]");
  if (!content) return;
  unmark(content);
  unmarkFields(content);
  eraseRegions(content);
  eraseStretches(content);
}

/** Go to the next or the previous piece of evidence. @param {1 | -1} step @returns {boolean} */
export function stepTo(step) {
  if (!drawn?.items.length) return false;
  const count = drawn.items.length;
  point(drawn, drawn.at < 0 ? (step > 0 ? 0 : count - 1) : (drawn.at + step + count) % count);
  return true;
}

/** Say that the piece of evidence at hand helped or misled; once more takes it back.
 * @param {"helped" | "misled"} verdict @returns {boolean} */
export function flag(verdict) {
  if (!drawn?.items.length) return false;
  if (drawn.at < 0) point(drawn, 0);
  const { at, flags, items } = drawn;
  if (flags.get(at) === verdict) flags.delete(at);
  else flags.set(at, verdict);
  const row = items[at];
  const said = flags.get(at);
  row.dataset.flag = said ?? "";
  for (const button of row.querySelectorAll("[data-flags]")) button.setAttribute("aria-pressed", String(button.getAttribute("data-flags") === said));
  return true;
}

/** @returns {{ field: string, place: string, verdict: string }[]} what was said of the evidence */
export function flagsSaid() {
  return [...(drawn?.flags ?? [])].map(([at, verdict]) => {
    const one = drawn?.found.highlights[Number(drawn.items[at].dataset.highlight)];
    return { field: one.where.part ?? one.where.path ?? one.where.asset, place: (one.where.quote ?? one.label).slice(0, 100), verdict };
  });
}

/** @param {Drawn} on @param {number} at */
function point(on, at) {
  on.at = at;
  for (const [i, row] of on.items.entries()) row.toggleAttribute("data-current", i === at);
  const content = /** @type {HTMLElement} */ (on.stage.querySelector("[data-content]"));
  on.items[at].querySelector("button")?.focus({ preventScroll: true });
  show(content, on.found.highlights[Number(on.items[at].dataset.highlight)]);
}

const placesOf = (/** @type {Highlight} */ one) => [one.where, ...(one.also ?? [])];

/** @param {Element} content @param {Highlight[]} highlights */
function fits(content, highlights) {
  return highlights.every((one) => one.where.quote === undefined || placesOf(one).every((place) => rangeOf(content, place)));
}

/** @param {HTMLElement} stage @param {string} words */
function say(stage, words) {
  const place = stage.querySelector("[data-evidence-words]");
  if (place) place.textContent = words;
}

/** @param {Drawn} on */
function list(on) {
  const { stage, found } = on;
  const place = /** @type {HTMLElement} */ (stage.querySelector("[data-evidence]"));
  place.textContent = "";
  const isQuoted = found.status === "quoted";
  if (isQuoted) {
    const note = document.createElement("p");
    note.classList.add("muted", "tiny");
    note.textContent = gettext("Quoted by the model elsewhere: these words stand in the case, and nobody here can tell whether it looked at them.");
    place.append(note);
  }
  for (const [side, label] of [["for", found.target], ["against", found.contrast]]) {
    if (isQuoted && side === "against") continue;
    const section = copy(stage, "[data-evidence-side]");
    const items = /** @type {HTMLElement} */ (section.querySelector("ul"));
    for (const [i, one] of found.highlights.entries()) {
      if (one.side !== side) continue;
      const row = item(on, one, i);
      on.items.push(row);
      items.append(row);
    }
    section.classList.add(side);
    words(section).textContent = items.children.length ? gettext("Speaks for %(label)s", { label }) : gettext("Nothing stands out for %(label)s", { label });
    place.append(section);
  }
}

/** What evidence is, in the reader's language: a quote, a field with its value, or a place. @param {Highlight} one */
function nameOf(one) {
  if (one.where.quote !== undefined) return one.where.quote;
  if (one.where.x !== undefined) return gettext("region %(n)s", { n: (/\d+/.exec(one.label) ?? [""])[0] });
  if (one.why === undefined || !("value" in one.why)) return one.label;
  const name = one.where.path.replaceAll("_", " ");
  return `${name} ${one.why.value === null || one.why.value === "" ? gettext("missing") : said(one.why.value)}`;
}

/** @param {Drawn} on @param {Highlight} one @param {number} highlight */
function item(on, one, highlight) {
  const row = copy(on.stage, "[data-evidence-item]");
  row.dataset.highlight = String(highlight);
  words(row).textContent = nameOf(one);
  const meter = /** @type {HTMLMeterElement} */ (row.querySelector("meter"));
  meter.value = one.share;
  if (on.found.status === "quoted") meter.remove(); // it gave no weights
  row.querySelector("button")?.addEventListener("click", () => point(on, on.items.indexOf(row)));
  for (const button of row.querySelectorAll("[data-flags]")) {
    button.addEventListener("click", () => {
      on.at = on.items.indexOf(row);
      flag(/** @type {"helped" | "misled"} */ (button.getAttribute("data-flags")));
    });
  }
  return row;
}

/** What would turn the answer: fields from and to, or words that a text would be without. @param {HTMLElement} stage @param {any[]} flips */
function addFlips(stage, flips) {
  const place = /** @type {HTMLElement} */ (stage.querySelector("[data-evidence]"));
  for (const flip of flips) {
    const section = copy(stage, "[data-flip]");
    const isWithout = flip.changes.some((/** @type {any} */ change) => change.without !== undefined);
    words(section).textContent = isWithout ? gettext("Would be %(label)s without", { label: flip.label }) : gettext("Would be %(label)s if", { label: flip.label });
    const pattern = /** @type {Element} */ (section.querySelector("li"));
    for (const change of flip.changes) {
      const row = /** @type {Element} */ (pattern.cloneNode(true));
      if (isWithout) {
        row.replaceChildren(Object.assign(document.createElement("q"), { textContent: change.without, dir: "auto" }), ` ${gettext("in %(field)s", { field: change.path.replaceAll("_", " ") })}`);
        pattern.before(row);
        continue;
      }
      for (const name of ["path", "from", "to"]) {
        const part = row.querySelector(`[data-${name}]`);
        if (part) part.textContent = String(change[name] ?? gettext("not given")).replaceAll("_", name === "path" ? " " : "_");
      }
      pattern.before(row);
    }
    pattern.remove();
    place.append(section);
  }
}

/** Cases like this one, and what people said of them. @param {HTMLElement} stage @param {any[]} precedents */
function addPrecedents(stage, precedents) {
  if (!precedents.length) return;
  const section = copy(stage, "[data-precedents]");
  const pattern = /** @type {Element} */ (section.querySelector("li"));
  for (const one of precedents) {
    const row = /** @type {Element} */ (pattern.cloneNode(true));
    const link = /** @type {HTMLAnchorElement} */ (row.querySelector("a"));
    link.href = one.url;
    link.textContent = one.preview;
    /** @type {Element} */ (row.querySelector("[data-label]")).textContent = one.label;
    /** @type {HTMLElement} */ (row.querySelector("[data-human]")).hidden = !one.is_blind;
    pattern.before(row);
  }
  pattern.remove();
  stage.querySelector("[data-evidence]")?.append(section);
}

/** @param {HTMLElement} content @param {Highlight} one */
function show(content, one) {
  if (one.where.quote !== undefined) return showPlace(content, one.where);
  if (one.where.start_ms !== undefined) return playStretch(content, one.where);
  const name = CSS.escape(one.where.path ?? one.where.asset);
  const field = content.querySelector(`[data-field="${name}"]`);
  field?.scrollIntoView({ block: "nearest" });
  field?.classList.add("is-pointed");
  setTimeout(() => field?.classList.remove("is-pointed"), 1200);
}

/** @param {HTMLElement} stage @param {string} template @returns {HTMLElement} */
function copy(stage, template) {
  const pattern = /** @type {HTMLTemplateElement} */ (stage.querySelector(`template${template}`));
  return /** @type {HTMLElement} */ (/** @type {Element} */ (pattern.content.firstElementChild).cloneNode(true));
}

const words = (/** @type {Element} */ element) => /** @type {HTMLElement} */ (element.querySelector("[data-words]"));
