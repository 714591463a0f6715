// `data-copies="text"` puts the text on the clipboard and says so.

import { gettext } from "./words.js";

document.addEventListener("click", async (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-copies]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.getAttribute("data-copies") ?? "");
    document.dispatchEvent(new CustomEvent("hitl:toast", { detail: { words: gettext("Copied"), tone: "good" } }));
  } catch {
    const words = gettext("The browser does not allow copying here. Select the text and copy it by hand.");
    document.dispatchEvent(new CustomEvent("hitl:toast", { detail: { words, tone: "warn" } }));
  }
});
