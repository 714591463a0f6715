// Cases that are not answered now: kept for later (hold), or given to an adjudicator (escalate).

import { gettext } from "../hitl/js/words.js";
import { commit, takesAnswers } from "./answering.js";
import { can } from "./deeds.js";
import { busy, dialog, find, isCase, place, toast, url } from "./page.js";
import { move } from "./moves.js";
import { ask } from "./server.js";

can({
  hold: () => (takesAnswers() ? dialog("hold").showModal() : false),
  escalate: () => (takesAnswers() && place.querySelector("[data-does=escalate]") ? dialog("escalate").showModal() : false),
  async held() {
    const reply = await ask(url.heldUrl ?? "");
    if (reply.kind !== "ok") return toast(gettext("Your cases on hold cannot be shown just now."), "warn");
    const pattern = document.createElement("template");
    pattern.innerHTML = reply.html;
    find("[data-held-list]").replaceChildren(pattern.content);
    dialog("held").showModal();
  },
  /** Go on with a case that is on hold. */
  resume(button) {
    dialog("held").close();
    move(url.resumeUrl ?? "", { task: button?.dataset.task ?? "" });
  },
});

document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-hold-hours]");
  if (!button) return;
  dialog("hold").close();
  if (isCase() && !busy()) commit("hold", url.holdUrl ?? "", { hours: button.getAttribute("data-hold-hours") ?? "" }, gettext("on hold"));
});

dialog("escalate").addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const reason = String(fields.get("reason") ?? "").trim();
  dialog("escalate").close();
  /** @type {HTMLFormElement} */ (event.target).reset();
  if (isCase() && !busy()) commit("escalate", url.escalateUrl ?? "", { reason }, gettext("escalated"));
});
