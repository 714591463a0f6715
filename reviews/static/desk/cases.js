// A case as the page holds it in memory: what the service wrote, parsed once, ready to be put on the stage.

import { loadEvidence } from "./evidence.js";

/**
 * @typedef {{ lease: string, id: string, lasts: number, endsAt: number, content: DocumentFragment,
 *   evidence: Promise<any> | null, isSeen: boolean }} Case `isSeen`: it was on the stage
 */

/** @param {string} html of the service: escaped there @returns {Case} */
export function read(html) {
  const pattern = document.createElement("template");
  pattern.innerHTML = html;
  return about(pattern.content);
}

/** What came with the page. Nodes are copied, not written and read again: that would lose carriage returns.
 * @param {HTMLElement} place @returns {Case} */
export function adopt(place) {
  const content = document.createDocumentFragment();
  content.append(...[...place.childNodes].map((node) => node.cloneNode(true)));
  return about(content);
}

/** @param {DocumentFragment} content @returns {Case} */
function about(content) {
  const stage = content.querySelector("[data-stage]");
  const { lease = "", case: id = "", leaseSeconds = "0" } = /** @type {HTMLElement} */ (stage)?.dataset ?? {};
  const lasts = Number(leaseSeconds);
  return { lease, id, lasts, endsAt: Date.now() + lasts * 1000, content, evidence: null, isSeen: false };
}

/** Fetch what the case will need on the stage: its evidence and its pictures. @param {Case} one */
export function prepare(one) {
  const card = /** @type {HTMLElement | null} */ (one.content.querySelector("[data-evidence-url]"));
  if (card?.dataset.evidenceUrl) one.evidence ??= loadEvidence(card.dataset.evidenceUrl);
  for (const picture of one.content.querySelectorAll("img")) {
    const early = new Image();
    early.src = picture.getAttribute("src") ?? "";
  }
}
