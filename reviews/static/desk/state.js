// Says where the answers are: saved, on their way, or kept here until the service can be reached.

import { askToSignIn, asksAboutLost, banner, find } from "./page.js";

const WORDS = { idle: "Saved", sending: "Saving", retrying: "Not saved yet", "signed-out": "Signed out" };

/**
 * @param {"idle" | "sending" | "retrying" | "signed-out"} state
 * @param {import("./store.js").Act[]} waiting
 */
export function tellState(state, waiting) {
  const mark = find("[data-saving]");
  mark.dataset.saving = state;
  find("[data-saving-words]").textContent = WORDS[state];
  if (state === "signed-out") return askToSignIn();
  if (state === "retrying") banner(`Not saved yet: the service cannot be reached. ${kept(waiting)} kept here and sent as soon as it can.`);
  else if (state === "idle" && !asksAboutLost()) banner("");
}

/** @param {import("./store.js").Act[]} waiting */
function kept(waiting) {
  const words = waiting.map((act) => `"${act.words}"`);
  if (words.length === 1) return `Your answer ${words[0]} is`;
  return `Your ${words.length} answers ${words.slice(0, -1).join(", ")} and ${words.at(-1)} are`;
}
