import { call, part } from "./api.js";
import { ban, button } from "./actions.js";
import { cut, dialog, h, moment, show, span, toast } from "./dom.js";
import { choice, table } from "./table.js";

const kinds = { ip: "address", name: "username", agent: "user agent" };

export function bans(main) {
  const lift = b => dialog(`Lift the ban of ${b.pattern}?`, [], "Lift it", async () => {
    await call("DELETE", `/bans/${part(b.id)}`);
    toast(`the ban of ${b.pattern} was lifted`);
    t.load();
  });
  const t = table({
    path: "/bans", rows: "bans", key: b => b.id, search: "Part of the pattern or reason", empty: "Nobody is banned.",
    filters: [choice("kind", "Kind", [["", "all kinds"], ...Object.entries(kinds)])],
    actions: button("Ban …", "operate", () => ban({}, () => t.load()), "danger"),
    columns: [
      { name: "What", class: "mid", cell: b => kinds[b.kind] ?? b.kind },
      { name: "Pattern", class: "w mono", cell: b => cut(b.pattern) },
      { name: "Reason", class: "w", cell: b => cut(b.reason) },
      { name: "By", class: "wide", cell: b => cut(b.by, 30) },
      { name: "Since", class: "t wide", cell: b => moment(b.created) },
      { name: "Ends", class: "t", cell: b => b.expires ? h("span", { title: moment(b.expires) }, "in " + span((Date.parse(b.expires) - Date.now()) / 1000)) : "never" },
      { name: "", class: "act", cell: b => button("Lift", "operate", () => lift(b)) },
    ],
  });
  show(main, h("h1", {}, "Bans"), t.node);
  t.load();
}
