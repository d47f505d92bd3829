"use strict";
// Only what makes the page easier to use; all of it can be read without this.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  for (const element of all("[hidden]")) element.hidden = false;

  // Theme: the system's unless one was chosen; a page opened from a file may have nowhere to remember it.
  const theme = document.getElementById("theme");
  const remembered = { get: () => null, set: () => {} };
  try {
    const storage = window.localStorage;
    remembered.get = () => storage.getItem("sagestep-theme");
    remembered.set = (value) => storage.setItem("sagestep-theme", value);
  } catch { /* not allowed here */ }
  const paint = (value) => {
    if (value === "light" || value === "dark") document.documentElement.dataset.theme = value;
    else delete document.documentElement.dataset.theme;
    theme.value = document.documentElement.dataset.theme ?? "";
  };
  theme.addEventListener("change", () => { paint(theme.value); remembered.set(theme.value); });
  paint(remembered.get());

  // Tables: a click on a header sorts, a second one the other way round; numbers as numbers.
  const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell ? (cell.dataset.value ?? cell.textContent.trim()) : "";
  };
  const sort = (table, column, direction) => {
    const rows = [...table.tBodies[0].rows];
    const keyed = rows.map((row) => [value(row, column), row]);
    const filled = keyed.filter(([key]) => key !== "");
    const numeric = filled.every(([key]) => Number.isFinite(Number(key)));
    const order = numeric ? (a, b) => Number(a) - Number(b) : (a, b) => words.compare(a, b);
    filled.sort(([a], [b]) => direction * order(a, b));
    const empty = keyed.filter(([key]) => key === "");
    table.tBodies[0].append(...[...filled, ...empty].map(([, row]) => row));
  };
  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = header.textContent;
      header.replaceChildren(button);
      button.addEventListener("click", () => {
        const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
        header.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
        sort(table, column, direction);
      });
    });
  }

  for (const input of all("[data-filter]")) {
    const table = document.getElementById(input.dataset.filter);
    const count = document.querySelector(`[data-count="${input.dataset.filter}"]`);
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let shown = 0;
      for (const row of table.tBodies[0].rows) {
        row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
        if (!row.hidden) shown += 1;
      }
      if (count) count.textContent = shown.toLocaleString("en");
    });
  }

  for (const button of all("[data-expand]")) {
    const section = document.getElementById(button.dataset.expand).closest("section");
    const details = all("details", section);
    const name = () => { button.textContent = details.every((one) => one.open) ? "Close all" : "Open all"; };
    button.hidden = details.length === 0;
    button.addEventListener("click", () => {
      const open = !details.every((one) => one.open);
      for (const one of details) one.open = open;
      name();
    });
    for (const one of details) one.addEventListener("toggle", name);
    name();
  }

  for (const button of all("[data-copy]")) {
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch {
        window.getSelection().selectAllChildren(source);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  // A graph that is wider than the screen is shown from where it begins: its first word.
  for (const frame of all(".drawing .scroll")) {
    const begin = () => {
      const first = frame.querySelector("text")?.getBoundingClientRect();
      if (first) frame.scrollLeft += first.x + first.width / 2 - frame.getBoundingClientRect().x - frame.clientWidth / 2;
    };
    frame.parentElement.addEventListener("toggle", begin, { once: true });
    begin();
  }

  // Paper shows what is folded, too.
  window.addEventListener("beforeprint", () => { for (const one of all("details")) one.open = true; });
})();
