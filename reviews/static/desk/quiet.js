// The empty desk looks for work by itself, and fills when somebody is there.

import { gettext } from "../hitl/js/words.js";
import { perform } from "./deeds.js";
import { busy, place, say, stage, url, workflow } from "./page.js";
import { wasHereWithin } from "./presence.js";
import { ask } from "./server.js";

const POLL_MS = 5_000;

setInterval(async () => {
  if (stage()?.dataset.stage !== "empty" || document.hidden || busy()) return;
  const reply = await ask(`${url.waitingUrl}?workflow=${encodeURIComponent(workflow())}`);
  if (reply.kind !== "ok" || !reply.data.has_work || stage()?.dataset.stage !== "empty") return;
  if (wasHereWithin(60)) return perform("next");
  const found = place.querySelector("[data-found]");
  if (found instanceof HTMLElement && found.hidden) {
    found.hidden = false;
    say(gettext("New cases are waiting."));
  }
}, POLL_MS);
