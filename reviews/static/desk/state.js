// Says where the answers are: saved, on their way, or kept here until the service can be reached.

import { gettext } from "../hitl/js/words.js";
import { askToSignIn, asksAboutLost, banner, find } from "./page.js";

const WORDS = { idle: gettext("Saved"), sending: gettext("Saving"), retrying: gettext("Not saved yet"), "signed-out": gettext("Signed out") };

/**
 * @param {"idle" | "sending" | "retrying" | "signed-out"} state
 * @param {import("./store.js").Act[]} waiting
 */
export function tellState(state, waiting) {
  const mark = find("[data-saving]");
  mark.dataset.saving = state;
  find("[data-saving-words]").textContent = WORDS[state];
  if (state === "signed-out") return askToSignIn();
  if (state === "retrying") banner(notSaved(waiting));
  else if (state === "idle" && !asksAboutLost()) banner("");
}

/** @param {import("./store.js").Act[]} waiting */
function notSaved(waiting) {
  const words = waiting.map((act) => gettext('"%(label)s"', { label: act.words }));
  const [labels, last] = [words.slice(0, -1).join(", "), words.at(-1) ?? ""];
  return words.length === 1
    ? gettext("Not saved yet: the service cannot be reached. Your answer %(label)s is kept here and sent as soon as it can.", { label: last })
    : gettext("Not saved yet: the service cannot be reached. Your %(n)s answers %(labels)s and %(last)s are kept here and sent as soon as it can.", { n: words.length, labels, last });
}
