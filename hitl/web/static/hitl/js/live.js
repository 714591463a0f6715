// An element with `data-live="5"` and `hx-trigger="live"` is fetched again every 5 seconds, but only while the page
// is visible and the person is not in the middle of it (focus inside, text selected, a dialog open).

/** @param {Element} element */
function isBusy(element) {
  const selection = getSelection();
  const isSelecting = selection && !selection.isCollapsed && element.contains(selection.anchorNode);
  return document.hidden || isSelecting || element.contains(document.activeElement) || document.querySelector("dialog[open]");
}

for (const element of document.querySelectorAll("[data-live]")) {
  const seconds = Number(element.getAttribute("data-live")) || 5;
  setInterval(() => {
    if (!isBusy(element)) element.dispatchEvent(new CustomEvent("live"));
  }, seconds * 1000);
}
