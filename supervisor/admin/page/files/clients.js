import { get, part } from "./api.js";
import { ban, button, kick, nameOf, say } from "./actions.js";
import { ago, bytes, cut, h, moment, number, show } from "./dom.js";
import { choice, table } from "./table.js";

export const roomLink = (protocol, name) => h("a", { href: `#/rooms/${part(protocol)}/${part(name)}` }, cut(name, 40));

const columns = after => [
  { name: "Name", sort: "username", class: "w", cell: c => h("a", { href: `#/clients/${part(c.id)}` }, c.username ? cut(c.username, 40) : h("span", { class: "soft" }, "without a name")) },
  { name: "Speaks", class: "mid", cell: c => c.protocol === "none" ? "–" : c.protocol },
  { name: "Address", sort: "address", class: "t", cell: c => c.address || "–" },
  { name: "Rooms", class: "w wide", cell: c => c.rooms.slice(0, 3).flatMap((r, i) => [i ? ", " : "", c.protocol === "cl4" || c.protocol === "scratch" ? roomLink(c.protocol, r) : r]).concat(c.room_count > 3 ? ` and ${c.room_count - 3} more` : "") },
  { name: "Since", sort: "id", class: "t wide", cell: c => h("span", { title: moment(c.connected) }, ago(c.connected)) },
  { name: "Messages", sort: "messages", class: "n wide", cell: c => number(c.messages) },
  { name: "per s", class: "n wide", cell: c => number(c.messages_per_second) },
  { name: "Queued", sort: "queued_bytes", class: "n wide", cell: c => bytes(c.queued_bytes) },
  { name: "", class: "act", cell: c => button("Kick", "operate", () => kick(c, after), "danger") },
];

/** clientTable is the table of clients, of a room where one is given. */
export function clientTable(fixed = {}) {
  const t = table({
    path: "/clients", rows: "clients", key: c => c.id, fixed, search: "Name, or start of an id or address", columns: columns(() => t.load()), empty: "Nobody is connected.",
    filters: fixed.protocol ? [] : [choice("protocol", "Protocol", [["", "all protocols"], ["cl4", "cl4"], ["scratch", "scratch"], ["pystrands", "pystrands"], ["simpleserver", "simpleserver"], ["none", "not identified"]])],
  });
  return t;
}

export function clients(main) {
  const t = clientTable();
  show(main, h("h1", {}, "Clients"), t.node);
  t.load();
  const timer = setInterval(t.refresh, 3000);
  return () => clearInterval(timer);
}

export function client(main, id) {
  const body = h("div", { class: "card" }, "…");
  const title = h("h1", {}, id);
  const acts = h("div", { class: "bar" });
  show(main, h("p", {}, h("a", { href: "#/clients" }, "Clients")), title, acts, body);
  let gone = false;
  async function load() {
    let c;
    try { c = await get(`/clients/${part(id)}`); } catch (err) {
      gone = true;
      show(acts);
      show(body, err.status === 404 ? "This client has gone." : err.message);
      return;
    }
    title.textContent = nameOf(c);
    if (!acts.hasChildNodes()) {
      show(acts, c.protocol === "cl4" ? button("Send a message", "operate", () => say(`To ${nameOf(c)}`, `/clients/${part(id)}/message`)) : null,
        button("Ban its address", "operate", () => ban({ kind: "ip", pattern: c.address.replace(/:\d+$/, "").replace(/^\[|\]$/g, "") }, load), "danger"),
        c.username ? button("Ban its name", "operate", () => ban({ kind: "name", pattern: c.username }, load), "danger") : null,
        button("Kick", "operate", () => kick(c, load), "danger"));
    }
    const row = (name, value) => [h("dt", {}, name), h("dd", {}, value)];
    show(body, h("dl", {},
      row("Id", [h("code", {}, c.id), h("br"), h("code", {}, c.uuid)]), row("Speaks", c.protocol + (c.protocol === "cl4" ? c.handshaken ? ", after the handshake" : ", without handshake" : "")),
      row("Address", c.address || "–"), row("Came in on", c.listener), row("Connected", `${moment(c.connected)} (${ago(c.connected)})`),
      row("Rooms", c.rooms.length ? c.rooms.flatMap((r, i) => [i ? ", " : "", c.protocol === "cl4" || c.protocol === "scratch" ? roomLink(c.protocol, r) : r]) : "none"),
      row("Messages", `${number(c.messages)}, ${number(c.messages_per_second)} per second`), row("Waits to be sent", bytes(c.queued_bytes)),
      c.user_agent ? row("User agent", c.user_agent) : null));
  }
  load();
  const timer = setInterval(() => { if (!gone && !document.hidden) load(); }, 3000);
  return () => clearInterval(timer);
}
