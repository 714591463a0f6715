// Opens and closes native dialogs: `data-opens="id"` on any element, `data-closes` on one inside a dialog.
// A click on the backdrop closes too; Escape, focus and the background are the browser's.

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const opener = target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.getAttribute("data-opens") ?? "");
    if (dialog instanceof HTMLDialogElement) {
      event.preventDefault();
      dialog.showModal();
    }
    return;
  }
  const dialog = target.closest("dialog");
  if (dialog && (target === dialog || target.closest("[data-closes]"))) dialog.close();
});
