// A form with `data-filters` is sent as soon as a choice changes; text fields wait for Enter.
// Empty fields stay out of the address, so that it can be passed on.

document.addEventListener("change", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const form = target.closest("form[data-filters]");
  if (form instanceof HTMLFormElement && target.matches("select, input[type=date]")) form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-filters]")) return;
  for (const control of form.elements) {
    if ((control instanceof HTMLInputElement || control instanceof HTMLSelectElement) && !control.value) control.disabled = true;
  }
});

// Coming back by the browser's history must not find the fields disabled.
window.addEventListener("pageshow", () => {
  for (const control of document.querySelectorAll("form[data-filters] :disabled")) control.removeAttribute("disabled");
});
