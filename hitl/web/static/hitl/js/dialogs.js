// Opens native dialogs where the browser does not by itself (`command="show-modal" commandfor="id"` on a button),
// and closes them: `data-closes` on an element inside one.
// A click on the backdrop closes too; Escape, focus and the background are the browser's. One that the address
// names (#id) opens by itself: a link leads to it, and a form whose action ends in it is shown again.

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const opener = target.closest('[command="show-modal"]');
  if (opener) {
    const dialog = document.getElementById(opener.getAttribute("commandfor") ?? "");
    if (dialog instanceof HTMLDialogElement && !dialog.open) {
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
