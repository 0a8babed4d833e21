// Rows of a table that change while somebody looks at them: what stays the same is not touched, so that focus,
// selected text and a click that has begun stay where they are.

import { h } from "./dom.js";

/**
 * rows returns update(list) for the body of a table. Columns are {class, cell(row)}; key(row) tells rows apart, and
 * empty() is what is said when there is none. Cells are made with an object that keeps being the row while it is shown.
 */
export function rows(body, columns, key, empty) {
  let shown = new Map();
  return list => {
    const now = new Map();
    for (const row of list) {
      const k = key(row);
      const old = shown.get(k);
      now.set(k, old ? renew(old, row, columns) : make(row, columns));
    }
    shown = now;
    const nodes = list.length ? [...now.values()].map(one => one.node) : [h("tr", {}, h("td", { class: "empty", colspan: String(columns.length) }, empty()))];
    const stay = new Set(nodes);
    for (const node of [...body.children]) if (!stay.has(node)) node.remove();
    nodes.forEach((node, i) => { if (body.children[i] !== node) body.insertBefore(node, body.children[i] ?? null); });
  };
}

const cells = (row, columns) => columns.map(c => h("td", { class: c.class }, c.cell(row)));

function make(row, columns) {
  const own = { ...row };
  return { row: own, node: h("tr", {}, cells(own, columns)) };
}

function renew(one, row, columns) {
  for (const name of Object.keys(one.row)) delete one.row[name];
  Object.assign(one.row, row);
  cells(one.row, columns).forEach((cell, i) => {
    const old = one.node.children[i];
    if (!old.isEqualNode(cell)) old.replaceWith(cell);
  });
  return one;
}
