// Short messages at the corner of the page. Those in the page came with it; others are asked for by
//   document.dispatchEvent(new CustomEvent("hitl:toast", { detail: { words: "Saved", tone: "good" } }))
// or by the server with the header HX-Trigger: {"hitl:toast": {"words": ..., "tone": ...}}.

import { gettext } from "./words.js";

const LASTS_MS = { good: 5000, neutral: 5000, warn: 12000, bad: 0 }; // 0: until it is closed
const region = /** @type {HTMLElement} */ (document.querySelector("[data-toasts]"));
const pattern = /** @type {HTMLTemplateElement} */ (document.querySelector("[data-toast-pattern]"));

/** @param {HTMLElement} toast */
function start(toast) {
  const lasts = LASTS_MS[/** @type {keyof LASTS_MS} */ (toast.dataset.tone ?? "neutral")] ?? 5000;
  if (!lasts) return;
  let timer = setTimeout(() => toast.remove(), lasts);
  toast.addEventListener("mouseenter", () => clearTimeout(timer));
  toast.addEventListener("focusin", () => clearTimeout(timer));
  toast.addEventListener("mouseleave", () => (timer = setTimeout(() => toast.remove(), lasts)));
}

/** @param {{ words: string, tone?: string }} message */
function show({ words, tone = "neutral" }) {
  const toast = /** @type {HTMLElement} */ (pattern.content.querySelector(`[data-tone="${tone}"]`)?.cloneNode(true));
  const text = toast?.querySelector("p");
  if (!toast || !text) return;
  text.textContent = words;
  region.append(toast);
  region.hidePopover(); // entering the top layer anew puts it above a dialog that was opened meanwhile
  region.showPopover();
  start(toast);
}

for (const toast of region.querySelectorAll("[data-tone]")) start(/** @type {HTMLElement} */ (toast));
document.addEventListener("hitl:toast", (event) => show(/** @type {CustomEvent} */ (event).detail));
document.addEventListener("htmx:sendError", () => show({ words: gettext("The service cannot be reached. Try again in a moment."), tone: "bad" }));
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = /** @type {CustomEvent} */ (event).detail;
  if (!xhr.getResponseHeader("HX-Trigger")) show({ words: gettext("That did not work (%(status)s). Load the page again and try once more.", { status: xhr.status }), tone: "bad" });
});
region.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  if (target.closest("[data-dismiss]")) target.closest("[data-tone]")?.remove();
});
