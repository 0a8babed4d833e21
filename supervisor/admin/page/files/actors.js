import { get } from "./api.js";
import { ago, bytes, h, number, show } from "./dom.js";

function line(a) {
  return [h("strong", {}, a.name), a.count > 1 ? ` × ${number(a.count)}` : "", " ", h("span", { class: "soft" }, a.kind), " ",
    a.mailbox > 0 ? h("span", { class: "tag " + (a.mailbox > 1000 ? "bad" : "soft") }, `mailbox ${number(a.mailbox)} `) : null,
    a.restarts > 0 ? h("span", { class: "tag bad" }, `${number(a.restarts)} restarts${a.last_failure ? `, ${ago(a.last_failure)} ago` : ""}`) : null];
}

function tree(a, depth = 0) {
  if (!a.children?.length) return h("li", {}, line(a));
  return h("li", {}, h("details", { open: depth < 2 && a.children.length <= 40 }, h("summary", {}, line(a)), h("ul", { class: "tree" }, a.children.map(c => tree(c, depth + 1)))));
}

export function actors(main) {
  const totals = h("div", { class: "cards" }), nodes = h("ul", { class: "tree" }), backends = h("div", {});
  const again = h("button", { type: "button", class: "quiet", onclick: load }, "Refresh");
  show(main, h("h1", {}, "Actors"), h("div", { class: "bar" }, again), totals, h("h2", {}, "Supervision tree"), h("div", { class: "card" }, nodes), backends);
  const figure = (text, n) => h("div", { class: "card figure" }, h("b", { class: n > 0 ? "bad" : null }, number(n)), h("span", {}, text));
  async function load() {
    try {
      const [a, b] = await Promise.all([get("/actors"), get("/backends")]);
      show(totals, figure("restarts", a.restarts), Object.entries(a.panics).map(([where, n]) => figure(`panics: ${where}`, n)), figure("messages to actors that had gone", a.dead_letters));
      show(nodes, tree(a.root));
      show(backends, b.backends.length + b.waiting_requests + b.backlog_events === 0 ? null : [h("h2", {}, "Backends of PyStrands"),
        h("p", { class: "soft" }, `${number(b.waiting_requests)} clients wait to be let in, ${number(b.backlog_events)} events (${bytes(b.backlog_bytes)}) wait for a backend`),
        h("div", { class: "scroll" }, h("table", {}, h("tbody", {}, b.backends.map(one => h("tr", {}, Object.entries(one).map(([name, value]) =>
          h("td", {}, h("span", { class: "soft" }, name.replaceAll("_", " ") + " "), String(value))))))))]);
    } catch (err) { show(nodes, h("li", {}, err.message)); }
  }
  load();
}
