// From case to case without an answer: the next one, a skip, the one that was lost.

import { gettext } from "../hitl/js/words.js";
import { commit, takesAnswers } from "./answering.js";
import { read } from "./cases.js";
import { can, perform } from "./deeds.js";
import { lose, lost } from "./leases.js";
import { askToSignIn, banner, busy, dialog, isCase, setBusy, toast, url, workflow } from "./page.js";
import { ask } from "./server.js";
import { show } from "./stage.js";

/** @param {string} to @param {Record<string, string>} fields */
export async function move(to, fields) {
  if (busy()) return "busy";
  setBusy(true);
  const reply = await ask(to, { ...fields, workflow: workflow() });
  if (reply.kind === "ok") {
    show(read(reply.html));
    return reply.kind;
  }
  setBusy(false);
  if (reply.kind === "signed-out") askToSignIn();
  else if (reply.kind === "unreachable") toast(gettext("The service cannot be reached. Try again in a moment."), "bad");
  else if (reply.code === "lease_expired" && isCase()) lose(reply.words);
  else toast(reply.words, "warn");
  return reply.kind;
}

can({
  skip: () => (takesAnswers() ? dialog("skip").showModal() : false),
  next: () => void move(url.nextUrl ?? "", {}),
  unskip: () => void move(url.nextUrl ?? "", { with_skipped: "yes" }),
  again() {
    banner("");
    move(url.againUrl ?? "", { case: lost() });
  },
});

document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-reason]");
  if (!button) return;
  dialog("skip").close();
  if (isCase() && !busy()) commit("skip", url.skipUrl ?? "", { reason: button.getAttribute("data-reason") ?? "" }, gettext("skip"));
});

// The lost dialog asks for one of two things: closing it otherwise means the next case.
dialog("lost").addEventListener("cancel", () => perform("next"));
