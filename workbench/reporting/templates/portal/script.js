"use strict";
(() => {
  const table = document.getElementById("partners");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const names = rows.map((row) => row.cells[0].textContent.toLowerCase());
  const search = document.getElementById("search");
  const found = document.querySelector(".found");
  const count = () => {
    const kind = document.querySelector("[name=show]:checked").value;
    const shown = rows.filter((row) => !row.hidden && (kind === "all" || row.classList.contains(kind)));
    found.querySelector("b").textContent = shown.length;
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row, place) => { row.hidden = !words.every((word) => names[place].includes(word)); });
    count();
  };
  search.addEventListener("input", filter);
  document.querySelectorAll("[name=show]").forEach((radio) => radio.addEventListener("change", count));
  search.closest("p").hidden = found.hidden = false;
  table.querySelectorAll("[data-sort]").forEach((head) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    const place = head.cellIndex;
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      table.querySelectorAll("[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => row.cells[place].dataset.value;
      const order = (one, two) => value(one) === undefined
        ? one.cells[place].textContent.localeCompare(two.cells[place].textContent)
        : value(one) - value(two);
      body.append(...rows.sort((one, two) => (up ? 1 : -1) * order(one, two)));
    });
  });
  filter();
})();
