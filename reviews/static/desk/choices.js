// How many cases wait in each workflow to choose from: counted anew when somebody looks, and now and then after answers.

import { desk, url } from "./page.js";
import { ask } from "./server.js";

const EVERY_MS = 20_000;

const picker = desk.querySelector("[data-choice] select");
let asked = Date.now();

/** @param {boolean} isLookedAt whether somebody looks at the counts now */
export async function recount(isLookedAt = false) {
  if (!(picker instanceof HTMLSelectElement) || document.hidden) return;
  if (Date.now() - asked < (isLookedAt ? 1_000 : EVERY_MS)) return;
  asked = Date.now();
  const reply = await ask(url.countsUrl ?? "");
  if (reply.kind !== "ok" || !reply.data) return;
  for (const option of picker.options) {
    const count = reply.data.counts[option.value];
    if (count !== undefined && option.dataset.name) option.textContent = `${option.dataset.name} (${count})`;
  }
}

picker?.addEventListener("pointerenter", () => recount(true));
picker?.addEventListener("focus", () => recount(true));
