// The page of the desk: its parts, and the few ways in which every behaviour speaks to the person.

import { gettext } from "../hitl/js/words.js";

export const desk = /** @type {HTMLElement} */ (document.querySelector("[data-desk]"));
export const place = /** @type {HTMLElement} */ (desk.querySelector("[data-stage-place]"));
export const url = desk.dataset;

/** @param {string} selector @returns {HTMLElement} */
export function find(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector));
}

export const dialog = (/** @type {string} */ id) => /** @type {HTMLDialogElement} */ (document.getElementById(id));
export const stage = () => /** @type {HTMLElement} */ (place.querySelector("[data-stage]"));
export const form = () => /** @type {HTMLFormElement | null} */ (place.querySelector("[data-answer]"));
export const isCase = () => stage()?.dataset.stage === "case";
export const workflow = () => new URLSearchParams(location.search).get("workflow") ?? "";

/** @param {string} words @param {string} tone */
export function toast(words, tone = "neutral") {
  document.dispatchEvent(new CustomEvent("hitl:toast", { detail: { words, tone } }));
}

/** Say it to who does not see the page. @param {string} words */
export function say(words) {
  find("[data-says]").textContent = words;
}

let isAboutLost = false;
/** True while the banner says that an answer was refused: it stays until the person has dealt with it. */
export const asksAboutLost = () => isAboutLost;

/** @param {string} words empty takes it away @param {{ again?: boolean }} [offer] to take the lost case again, instead of sending anew */
export function banner(words, { again = false } = {}) {
  isAboutLost = again && !!words;
  find("[data-banner]").hidden = !words;
  find("[data-banner-words]").textContent = words;
  for (const part of document.querySelectorAll("[data-banner-actions]")) {
    /** @type {HTMLElement} */ (part).hidden = (part.getAttribute("data-banner-actions") === "again") !== again;
  }
}

let isBusy = false;
export const busy = () => isBusy;

/** @param {boolean} is */
export function setBusy(is) {
  isBusy = is;
  desk.setAttribute("aria-busy", String(is));
}

/** Count today's answers. @param {number} change */
export function tally(change) {
  const count = find("[data-tally]");
  count.textContent = String(Math.max(0, Number(count.textContent) + change));
}

/** Tell the style how high the bar at the foot of a phone is, so that nothing hides behind it. */
export function measureBar() {
  const height = form()?.offsetHeight;
  if (height) desk.style.setProperty("--bar-height", `${height}px`);
}

export function askToSignIn() {
  banner(gettext("You are signed out. Your answer is kept here: load the page, sign in, and it is sent."));
}

place.addEventListener("toggle", measureBar, true);
addEventListener("resize", measureBar);
