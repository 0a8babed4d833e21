// A table that is fetched page by page, so that it may have any number of rows.

import { get, query } from "./api.js";
import { h, number, show } from "./dom.js";
import { rows } from "./rows.js";

/**
 * table returns a node with search field, filters, table and pager, and load(). Options: path, rows (the key of the
 * answer), key(row), columns [{name, sort, class, cell(row)}], search (a label, or nothing), filters (nodes with name and
 * value), fixed (values for the query), sort, empty (a sentence), actions (nodes beside the search field).
 */
export function table(options) {
  const state = { q: "", sort: options.sort ?? "", cursors: [""] };
  const body = h("tbody", {});
  const headings = options.columns.map(c => {
    const th = h("th", { scope: "col", class: c.class });
    if (!c.sort) return show(th, c.name);
    return show(th, h("button", { type: "button", class: "link", onclick: () => {
      state.sort = state.sort === c.sort ? "-" + c.sort : c.sort;
      first();
    } }, c.name));
  });
  const note = h("span", { role: "status" });
  const back = h("button", { type: "button", class: "quiet", onclick: () => { state.cursors.pop(); load(); } }, "Back");
  const next = h("button", { type: "button", class: "quiet", onclick: () => { state.cursors.push(state.next); load(); } }, "Next");
  const update = rows(body, options.columns, options.key, () => state.q ? "Nothing fits." : options.empty ?? "Nothing.");
  let typing;
  const search = options.search && h("input", { type: "search", placeholder: options.search, "aria-label": options.search, oninput: () => {
    clearTimeout(typing);
    typing = setTimeout(() => { state.q = search.value.trim(); first(); }, 250);
  } });
  for (const f of options.filters ?? []) f.addEventListener("change", first);
  const grid = h("table", {}, h("thead", {}, h("tr", {}, headings)), body);
  const node = h("div", {}, h("div", { class: "bar" }, search, options.filters, h("span", { class: "grow" }), options.actions),
    h("div", { class: "scroll" }, grid), h("div", { class: "pager" }, back, next, note));

  function first() {
    state.cursors = [""];
    return load();
  }

  let latest = 0;
  async function load() {
    const own = ++latest;
    const values = { ...options.fixed, q: state.q, sort: state.sort, cursor: state.cursors.at(-1), limit: options.limit ?? 50 };
    for (const f of options.filters ?? []) values[f.name] = f.value;
    let answer;
    try {
      answer = await get(options.path + query(values));
    } catch (err) {
      if (own === latest) note.textContent = err.message;
      return;
    }
    if (own !== latest) return; // a later request has been sent meanwhile
    const list = answer[options.rows];
    state.next = answer.next;
    update(list);
    headings.forEach((th, i) => {
      const c = options.columns[i];
      if (c.sort) th.setAttribute("aria-sort", state.sort === c.sort ? "ascending" : state.sort === "-" + c.sort ? "descending" : "none");
    });
    back.disabled = state.cursors.length === 1;
    next.disabled = !answer.next;
    const from = (state.cursors.length - 1) * (options.limit ?? 50);
    note.textContent = list.length === 0 ? "" : `${number(from + 1)}–${number(from + list.length)}` + (answer.total === undefined ? "" : ` of ${number(answer.total)}`);
  }

  /** refresh loads the page again unless nobody looks at it. */
  function refresh() {
    if (document.hidden || document.querySelector("dialog[open]")) return;
    return load();
  }

  return { node, load, first, refresh };
}

/** choice is a select for filters; options are [value, text] pairs. */
export function choice(name, label, options) {
  return h("select", { name, "aria-label": label }, options.map(([value, text]) => h("option", { value }, text)));
}
