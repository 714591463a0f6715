// The desk: shows one case after another, sends what the person says, and loses none of it. Each module beside this
// one is one behaviour; this one binds the keys and begins.

import { deliverLeftOver } from "./answering.js";
import { answer, enter } from "./answer.js";
import "./on_hold.js";
import { perform } from "./deeds.js";
import "./dialogs.js";
import "./drafts.js";
import "./leases.js";
import { listen } from "./keys.js";
import "./moves.js";
import "./notes.js";
import { desk, isCase, place, url } from "./page.js";
import "./player.js";
import "./quiet.js";
import "./recent.js";
import "./search.js";
import { begin, isGuarded } from "./stage.js";
import "./viewer.js";

/** The person's keys: which deed each does. @type {Record<string, string>} */
const KEYS = JSON.parse(url.keys ?? "{}");
const ANYWHERE = ["undo", "keys", "older", "newer"];

/** @param {string} key @returns {boolean} whether it did something */
function act(key) {
  if (key === "undo") return perform("undo"); // Ctrl Z is nobody's to change
  const deed = KEYS[key];
  if (!isCase()) {
    const go = place.querySelector("[data-does=next]");
    if (key === "Enter") return !!go && !go.closest("[hidden]") && perform("next");
    return ANYWHERE.includes(deed) && perform(deed);
  }
  const chosen = place.querySelector(`[data-answer] [data-key="${CSS.escape(key)}"]`);
  if (chosen instanceof HTMLButtonElement) return answer(chosen.value), true;
  if (key === "Enter") return enter();
  return !!deed && perform(deed);
}

listen({
  isGuarded,
  inDialog(key, open) {
    const button = open.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (button instanceof HTMLButtonElement) return button.click(), true;
    const deed = KEYS[key];
    return open.id === "recent" && (deed === "older" || deed === "newer") && perform(deed);
  },
  act,
});

desk.addEventListener("change", (event) => {
  const choice = /** @type {Element} */ (event.target).closest("[data-choice]");
  if (!(choice instanceof HTMLFormElement)) return;
  const chosen = String(new FormData(choice).get("workflow") ?? "");
  location.assign(chosen ? `?workflow=${encodeURIComponent(chosen)}` : location.pathname);
});

begin();
deliverLeftOver();
