import { gettext } from "../hitl/js/words.js";

// Draws the API's reference. What is tried goes to this service only: the content policy allows nothing else.

const system = matchMedia("(prefers-color-scheme: dark)");

function followTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme === "dark" || (root.dataset.theme !== "light" && system.matches);
  root.classList.toggle("dark-mode", isDark); // the name that Swagger UI's style knows
}

followTheme();
system.addEventListener("change", followTheme);
document.addEventListener("hitl:theme", followTheme);

addEventListener("DOMContentLoaded", () => {
  const place = /** @type {HTMLElement} */ (document.getElementById("api-reference"));
  // @ts-ignore: a global of the bundle
  SwaggerUIBundle({
    url: place.dataset.openapi,
    domNode: place,
    deepLinking: false, // its links would stand inside of buttons
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    tryItOutEnabled: false,
    validatorUrl: null,
    onComplete: name,
  });

  /** Give a name to what Swagger UI leaves without one. */
  function name() {
    place.querySelector("#servers")?.setAttribute("aria-label", gettext("Server"));
    const choice = place.querySelector(".scheme-container");
    choice?.setAttribute("role", "region");
    choice?.setAttribute("aria-label", gettext("Server and key"));
    place.querySelector(".models h4")?.setAttribute("aria-level", "3"); // it follows one of the second level
  }
});
