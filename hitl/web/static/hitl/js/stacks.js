// On a phone a stacking table shows no head, so every number carries the name of its column: `data-column`.
// Other cells ask for it by an empty `data-column`.

/** @param {ParentNode} part */
function nameNumbers(part) {
  for (const table of part.querySelectorAll("table.table-stack")) {
    const names = [...table.querySelectorAll("thead th")].map((head) => head.textContent?.trim() ?? "");
    for (const cell of /** @type {NodeListOf<HTMLTableCellElement>} */ (table.querySelectorAll("tbody td.number, tbody td[data-column]"))) {
      cell.dataset.column = names[cell.cellIndex] ?? "";
    }
  }
}

nameNumbers(document);
document.addEventListener("htmx:load", (event) => {
  const part = /** @type {Element} */ (event.target);
  nameNumbers(part.parentElement ?? part);
});
