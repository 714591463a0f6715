// What in the case speaks for the suggestion and what against it. It is fetched beside the case and never in its
// way; what does not fit the case on the page is not shown at all.

import { mark, rangeOf, showPlace, unmark } from "./marks.js";
import { ask } from "./server.js";

const MOST = 6;
const SVG = "http://www.w3.org/2000/svg";

/** @type {AbortController | null} */
let fetching = null;
/** @type {{ stage: HTMLElement, found: any } | null} */
let drawn = null;

/**
 * @param {HTMLElement} stage
 * @returns {Promise<string>} what the person was shown: shown, weak, unavailable or none
 */
export async function fetchEvidence(stage) {
  fetching?.abort();
  drawn = null;
  const url = stage.dataset.evidenceUrl;
  if (!url) return "none";
  fetching = new AbortController();
  const reply = await ask(url, null, fetching.signal);
  if (!stage.isConnected) return "none";
  const found = reply.kind === "ok" ? reply.data : null;
  const content = stage.querySelector("[data-content]");
  if (!content || !found || found.status === "unavailable" || !fits(content, found.highlights ?? [])) {
    say(stage, "What speaks for it cannot be shown for this case.");
    return "unavailable";
  }
  if (found.status === "weak" || !found.highlights?.length) {
    say(stage, "No clear evidence: nothing in this case stands out.");
    return "weak";
  }
  drawn = { stage, found: { ...found, highlights: found.highlights.slice(0, MOST) } };
  list(stage, drawn.found);
  drawMarks();
  return "shown";
}

/** Draw the marks of the stage again, after they were hidden. */
export function drawMarks() {
  if (!drawn) return;
  const { stage, found } = drawn;
  const content = /** @type {HTMLElement} */ (stage.querySelector("[data-content]"));
  const inText = found.highlights.filter((/** @type {any} */ one) => one.where.quote !== undefined);
  mark(content, inText.map((/** @type {any} */ one) => ({ side: one.side, places: placesOf(one) })));
  for (const one of found.highlights) {
    if (one.where.path !== undefined) markField(content, one);
    else if (one.where.w !== undefined) markPicture(content, one);
  }
}

/** Take every mark off the case; the evidence can be drawn again. */
export function hideMarks() {
  const content = drawn?.stage.querySelector("[data-content]");
  if (!content) return;
  unmark(content);
  for (const why of content.querySelectorAll(".field-why, .stage-picture svg")) why.remove();
  for (const field of content.querySelectorAll("[data-field]")) field.classList.remove("for", "against");
}

const placesOf = (/** @type {any} */ one) => [one.where, ...(one.also ?? [])];

/** @param {Element} content @param {any[]} highlights */
function fits(content, highlights) {
  return highlights.every((one) => one.where.quote === undefined || placesOf(one).every((place) => rangeOf(content, place)));
}

/** @param {HTMLElement} stage @param {string} words */
function say(stage, words) {
  const place = stage.querySelector("[data-evidence-words]");
  if (place) place.textContent = words;
}

/** @param {HTMLElement} stage @param {any} found */
function list(stage, found) {
  const place = /** @type {HTMLElement} */ (stage.querySelector("[data-evidence]"));
  place.textContent = "";
  for (const [side, label] of [["for", found.target], ["against", found.contrast]]) {
    const ofSide = found.highlights.filter((/** @type {any} */ one) => one.side === side);
    const section = copy(stage, "[data-evidence-side]");
    section.classList.add(side);
    words(section).textContent = ofSide.length ? `Speaks for ${label}` : `Nothing stands out for ${label}`;
    const items = /** @type {HTMLElement} */ (section.querySelector("ul"));
    for (const one of ofSide) items.append(item(stage, one));
    place.append(section);
  }
}

/** @param {HTMLElement} stage @param {any} one */
function item(stage, one) {
  const row = copy(stage, "[data-evidence-item]");
  words(row).textContent = one.where.quote ?? one.label;
  /** @type {HTMLMeterElement} */ (row.querySelector("meter")).value = one.share;
  const content = /** @type {HTMLElement} */ (stage.querySelector("[data-content]"));
  row.querySelector("button")?.addEventListener("click", () => show(content, one));
  return row;
}

/** @param {HTMLElement} content @param {any} one */
function show(content, one) {
  if (one.where.quote !== undefined) return showPlace(content, one.where);
  if (one.where.start_ms !== undefined) return play(content, one.where);
  const name = CSS.escape(one.where.path ?? one.where.asset);
  content.querySelector(`[data-field="${name}"]`)?.scrollIntoView({ block: "center" });
}

/** @param {Element} content @param {any} one */
function markField(content, one) {
  const field = content.querySelector(`[data-field="${CSS.escape(one.where.path)}"]`);
  const value = field?.querySelector("dd");
  if (!field || !value) return;
  field.classList.add(one.side);
  const usual = Object.entries(one.why?.typical ?? {}).map(([label, typical]) => `${label}: ${typical}`);
  if (!usual.length) return;
  const why = document.createElement("dd");
  why.className = "field-why";
  why.textContent = `typical ${usual.join(", ")}`;
  value.after(why);
}

/** @param {Element} content @param {any} one */
function markPicture(content, one) {
  const picture = content.querySelector(`[data-picture="${CSS.escape(one.where.asset)}"]`);
  if (!picture) return;
  let layer = picture.querySelector("svg");
  if (!layer) {
    layer = document.createElementNS(SVG, "svg");
    layer.setAttribute("viewBox", "0 0 1 1");
    layer.setAttribute("preserveAspectRatio", "none");
    layer.setAttribute("aria-hidden", "true");
    picture.append(layer);
  }
  for (const name of ["mark-halo", one.side]) {
    const box = document.createElementNS(SVG, "rect");
    const { x, y, w, h } = one.where;
    for (const [key, value] of Object.entries({ x, y, width: w, height: h, class: name })) box.setAttribute(key, String(value));
    layer.append(box);
  }
}

/** @param {Element} content @param {any} where */
function play(content, where) {
  const sound = /** @type {HTMLAudioElement | null} */ (content.querySelector(`[data-sound="${CSS.escape(where.asset)}"]`));
  if (!sound) return;
  sound.currentTime = where.start_ms / 1000;
  const stop = () => {
    if (sound.currentTime * 1000 < where.end_ms) return;
    sound.pause();
    sound.removeEventListener("timeupdate", stop);
  };
  sound.addEventListener("timeupdate", stop);
  sound.play();
}

/** @param {HTMLElement} stage @param {string} template @returns {HTMLElement} */
function copy(stage, template) {
  const pattern = /** @type {HTMLTemplateElement} */ (stage.querySelector(`template${template}`));
  return /** @type {HTMLElement} */ (/** @type {Element} */ (pattern.content.firstElementChild).cloneNode(true));
}

const words = (/** @type {Element} */ element) => /** @type {HTMLElement} */ (element.querySelector("[data-words]"));
