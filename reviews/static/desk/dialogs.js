// What can be read beside the case: the policy, the keys, the person's last answers.

import { can } from "./deeds.js";
import { dialog, find, place, toast, url } from "./page.js";
import { ask } from "./server.js";

can({
  keys: () => dialog("keys").showModal(),
  policy() {
    const text = /** @type {HTMLTemplateElement | null} */ (place.querySelector("[data-guidelines]"));
    const body = find("[data-policy]");
    body.replaceChildren(text ? text.content.cloneNode(true) : "");
    if (!body.textContent?.trim()) body.textContent = "No policy is written down for this workflow yet.";
    dialog("policy").showModal();
  },
  async recent() {
    const reply = await ask(url.recentUrl ?? "");
    if (reply.kind !== "ok") return toast("Your last answers cannot be shown just now.", "warn");
    const pattern = document.createElement("template");
    pattern.innerHTML = reply.html;
    find("[data-recent-list]").replaceChildren(pattern.content);
    dialog("recent").showModal();
  },
});
