import { cut, h, moment, show } from "./dom.js";
import { table } from "./table.js";

const text = v => v === undefined ? "" : typeof v === "string" ? v : JSON.stringify(v);

export function audit(main) {
  const action = h("input", { name: "action", placeholder: "Action, such as ban", "aria-label": "Start of the action" });
  const who = h("input", { name: "who", placeholder: "Who, exactly", "aria-label": "Who" });
  const t = table({
    path: "/audit", rows: "entries", key: e => e.id, filters: [action, who], empty: "Nothing was changed yet.",
    columns: [
      { name: "When and who", class: "w", cell: e => [h("div", { class: "t" }, moment(e.time)), h("div", { class: "soft" }, cut(e.who, 40), e.address ? `, ${e.address}` : "")] },
      { name: "What", class: "w", cell: e => [h("strong", {}, e.action), h("div", {}, cut(e.target))] },
      { name: "Before", class: "w mono wide", cell: e => cut(text(e.before), 160) },
      { name: "After", class: "w mono wide", cell: e => cut(text(e.after), 160) },
    ],
  });
  show(main, h("h1", {}, "Audit log"), t.node);
  t.load();
}
