// Light, dark or as the system says. A classic script in the head, so that the first paint is right.
// The admin's own switch keeps its choice under the same name in the same words.
(() => {
  const root = document.documentElement;

  /** @returns {"auto" | "light" | "dark"} */
  function chosen() {
    try {
      const kept = localStorage.getItem("theme");
      return kept === "light" || kept === "dark" ? kept : "auto";
    } catch {
      return "auto"; // storage is off: follow the system
    }
  }

  function show() {
    root.dataset.theme = chosen();
    for (const button of document.querySelectorAll("[data-sets-theme]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-sets-theme") === chosen()));
    }
  }

  /** Plots hold the colours that they were drawn in. */
  function tell() {
    document.dispatchEvent(new CustomEvent("hitl:theme"));
  }

  show();
  document.addEventListener("DOMContentLoaded", show);
  addEventListener("beforeprint", () => {
    root.dataset.theme = "light"; // dark ink on white paper
    tell();
  });
  addEventListener("afterprint", () => {
    show();
    tell();
  });
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-sets-theme]");
    if (!button) return;
    try {
      localStorage.setItem("theme", button.getAttribute("data-sets-theme") ?? "auto");
    } catch {
      root.dataset.theme = button.getAttribute("data-sets-theme") ?? "auto";
      return;
    }
    show();
    tell();
  });
})();
