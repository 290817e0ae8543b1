"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const down = before ? before === "ascending" : head.classList.contains("number");
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = row => {
        const cell = row.cells[column], text = cell.dataset.value ?? cell.textContent.trim();
        return head.classList.contains("number") ? (text === "" || isNaN(text) ? -Infinity : +text) : text;
      };
      const order = (a, b) => typeof a === "number" ? a - b || 0 : a.localeCompare(b, undefined, {numeric: true});
      const body = table.tBodies[0];
      const rows = [...body.rows].map(row => [value(row), row]);
      rows.sort(([a], [b]) => down ? order(b, a) : order(a, b));
      body.append(...rows.map(([, row]) => row));
    });
  });
}
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  target?.closest("details")?.setAttribute("open", "");
  target?.scrollIntoView();
}
addEventListener("hashchange", unfold);
if (location.hash) unfold();
