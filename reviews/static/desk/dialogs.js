// What can be read beside the case: the policy and the keys.

import { gettext } from "../hitl/js/words.js";
import { can } from "./deeds.js";
import { dialog, find, place } from "./page.js";

can({
  keys: () => dialog("keys").showModal(),
  policy() {
    const text = /** @type {HTMLTemplateElement | null} */ (place.querySelector("[data-review-policy]"));
    const body = find("[data-policy]");
    body.replaceChildren(text ? text.content.cloneNode(true) : "");
    if (!body.textContent?.trim()) body.textContent = gettext("No policy is written down for this workflow yet.");
    dialog("policy").showModal();
  },
});
