// Opens and closes native dialogs: `data-opens="id"` on any element, `data-closes` on one inside a dialog.
// A click on the backdrop closes too; Escape, focus and the background are the browser's. One that the address
// names (#id) opens by itself: a link leads to it, and a form whose action ends in it is shown again.

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

function openNamed() {
  const dialog = document.getElementById(location.hash.slice(1));
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

addEventListener("hashchange", openNamed);
openNamed();
