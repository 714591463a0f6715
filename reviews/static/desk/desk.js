// The desk: shows one case after another, sends what the person says, and loses none of it. Each module beside this
// one is one behaviour; this one binds the keys and begins.

import { answer, deliverLeftOver } from "./answer.js";
import { perform } from "./deeds.js";
import "./dialogs.js";
import { openComment } from "./drafts.js";
import "./hold.js";
import { listen } from "./keys.js";
import "./moves.js";
import { desk, isCase, place } from "./page.js";
import "./quiet.js";
import { begin, isGuarded } from "./stage.js";
import { suggested } from "./suggestion.js";

/** @type {Record<string, string>} */
const KEYS = { s: "skip", p: "policy", m: "toggle-suggestion" };

/** @param {string} key @returns {boolean} whether it did something */
function act(key) {
  if (key === "?") return perform("keys");
  if (key === "u") return perform("undo");
  if (!isCase()) {
    const go = place.querySelector("[data-does=next]");
    return key === "Enter" && !!go && !go.closest("[hidden]") && perform("next");
  }
  const chosen = place.querySelector(`[data-answer] [data-key="${CSS.escape(key)}"]`);
  if (chosen instanceof HTMLButtonElement) return answer(chosen.value), true;
  if (key === "Enter") {
    const label = suggested();
    return label !== null && (answer(label), true);
  }
  if (key === "c") return openComment() !== false;
  return key in KEYS && perform(KEYS[key]);
}

listen({
  isGuarded,
  inDialog(key, open) {
    const button = open.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!(button instanceof HTMLButtonElement)) return false;
    button.click();
    return true;
  },
  act,
});

document.addEventListener("click", (event) => {
  const picture = /** @type {Element} */ (event.target).closest("[data-zooms]");
  picture?.setAttribute("aria-pressed", String(picture.getAttribute("aria-pressed") !== "true"));
});

desk.addEventListener("change", (event) => {
  const choice = /** @type {Element} */ (event.target).closest("[data-choice]");
  if (!(choice instanceof HTMLFormElement)) return;
  const chosen = String(new FormData(choice).get("workflow") ?? "");
  location.assign(chosen ? `?workflow=${encodeURIComponent(chosen)}` : location.pathname);
});

begin();
deliverLeftOver();
