import { call, get, part } from "./api.js";
import { button, say } from "./actions.js";
import { clientTable, roomLink } from "./clients.js";
import { count, cut, dialog, field, h, number, show, toast } from "./dom.js";
import { rows } from "./rows.js";
import { choice, table } from "./table.js";

export function rooms(main) {
  const t = table({
    path: "/rooms", rows: "rooms", key: r => `${r.dialect}/${r.name}`, search: "Part of the name", sort: "-members", empty: "There are no rooms.",
    filters: [choice("dialect", "Dialect", [["", "all dialects"], ["cl4", "cl4"], ["scratch", "scratch"]])],
    columns: [
      { name: "Room", sort: "name", class: "w", cell: r => roomLink(r.dialect, r.name) },
      { name: "Dialect", cell: r => r.dialect },
      { name: "Members", sort: "members", class: "n", cell: r => number(r.members) },
      { name: "Variables", class: "n wide", cell: r => r.dialect === "scratch" ? number(r.variables) : "–" },
      { name: "Messages", sort: "messages", class: "n wide", cell: r => number(r.messages) },
      { name: "per s", class: "n", cell: r => number(r.messages_per_second) },
    ],
  });
  show(main, h("h1", {}, "Rooms"), t.node);
  t.load();
  const timer = setInterval(t.refresh, 3000);
  return () => clearInterval(timer);
}

const text = v => typeof v === "string" ? v : JSON.stringify(v);

export function room(main, dialect, name) {
  const path = `/rooms/${part(dialect)}/${part(name)}`;
  const facts = h("p", { class: "soft" }, "…");
  const variables = h("tbody", {});
  const members = clientTable({ room: name, protocol: dialect });
  const edit = v => dialog(v ? `Variable ${v.name}` : "New variable", [
    field("Name", h("input", { name: "name", required: true, value: v?.name ?? "☁ ", disabled: Boolean(v) })),
    field("Value", h("input", { name: "value", value: v ? text(v.value) : "", autofocus: true }), "everybody in the room gets it at once"),
  ], "Set", async f => {
    const target = v?.name ?? f.name;
    await call("PUT", `${path}/variables/${part(target)}`, { value: typeof v?.value === "number" && f.value.trim() !== "" && !Number.isNaN(Number(f.value)) ? Number(f.value) : f.value });
    toast(`${target} was set`);
    load();
  });
  const forget = v => dialog(`Delete ${v.name}?`, [h("p", {}, "Whoever comes from now on does not get it. Those in the room are told in the CloudLink dialect; TurboWarp's has no message for it.")], "Delete it", async () => {
    await call("DELETE", `${path}/variables/${part(v.name)}`);
    toast(`${v.name} was deleted`);
    load();
  }, true);
  const update = rows(variables, [
    { class: "w", cell: v => v.name },
    { class: "w mono", cell: v => cut(text(v.value), 200) },
    { class: "act", cell: v => [button("Edit", "operate", () => edit(v)), " ", button("Delete", "operate", () => forget(v), "danger")] },
  ], v => v.name, () => "No variables.");
  const close = () => dialog(`Close ${name}?`, [h("p", {}, dialect === "cl4" ? "All members leave the room; they stay connected." : "All of its clients are closed."),
    field("Reason", h("input", { name: "reason", maxlength: "123" }))], "Close it", async f => {
    const { removed } = await call("DELETE", path + (f.reason ? "?reason=" + part(f.reason) : ""));
    toast(`${count(removed, "member was", "members were")} taken out`);
    load();
  }, true);
  const card = h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Name"), h("th", { scope: "col" }, "Value"), h("th", {}, ""))), variables));
  show(main, h("p", {}, h("a", { href: "#/rooms" }, "Rooms")), h("h1", {}, name), facts,
    h("div", { class: "bar" }, dialect === "cl4" ? button("Send a message", "operate", () => say(`To ${name}`, path + "/message")) : button("Set a variable", "operate", () => edit(null)),
      button("Close the room", "operate", close, "danger")),
    dialect === "scratch" ? [h("h2", {}, "Variables"), card] : null, h("h2", {}, "Members"), members.node);
  async function load() {
    let r;
    try { r = await get(path); } catch (err) {
      facts.textContent = err.status === 404 ? "This room does not exist now: nobody is in it." : err.message;
      update([]);
      return;
    }
    facts.textContent = `${dialect}, ${count(r.members, "member")}, ${count(r.messages, dialect === "scratch" ? "change" : "message")}, ${number(r.messages_per_second)} per second`;
    update(r.variable_list);
  }
  load();
  members.load();
  const timer = setInterval(() => { if (!document.hidden && !document.querySelector("dialog[open]")) load(); members.refresh(); }, 2000);
  return () => clearInterval(timer);
}
