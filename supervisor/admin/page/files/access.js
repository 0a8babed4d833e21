import { call, get, may, part } from "./api.js";
import { button } from "./actions.js";
import { ago, dialog, field, h, moment, show, toast } from "./dom.js";
import { choice } from "./table.js";

export function access(main) {
  const tokens = h("tbody", {}), users = h("tbody", {});
  if (!may("admin")) {
    show(main, h("h1", {}, "Access"), h("p", { class: "notice" }, "Tokens and users are shown to tokens with the scope admin."));
    return;
  }
  const make = () => dialog("New token", [
    field("Name", h("input", { name: "name", maxlength: "64", required: true }), "who or what it is for; it stands in the audit log"),
    field("Scope", choice("scope", "Scope", [["read", "read: look"], ["operate", "operate: close, ban, send, set variables"], ["admin", "admin: everything"]])),
    field("Ends", choice("for", "Ends", [["7776000", "in 90 days"], ["86400", "in a day"], ["2592000", "in 30 days"], ["31536000", "in a year"], ["", "never"]])),
  ], "Make it", async f => {
    const body = { name: f.name, scope: f.scope };
    if (f.for) body.expires_seconds = Number(f.for);
    const made = await call("POST", "/tokens", body);
    load();
    dialog("The token", [h("p", {}, "It is shown this once:"), h("input", { readonly: "", value: made.token, class: "mono", "aria-label": "Token", onfocus: e => e.target.select() })], "I have it", async () => {});
  });
  const revoke = t => dialog(`Revoke ${t.name || t.id}?`, [], "Revoke it", async () => {
    await call("DELETE", `/tokens/${part(t.id)}`);
    toast("revoked");
    load();
  }, true);
  const edit = u => dialog(u ? u.username : "New user", [
    u ? null : field("Username", h("input", { name: "username", required: true })),
    field("Password", h("input", { name: "password", type: "password", autocomplete: "new-password", required: !u }), u ? "empty: it stays as it is" : null),
    field("Permissions", h("textarea", { name: "permissions" }, (u?.permissions ?? []).join("\n")), "one a line, such as close_connections"),
    field("Addresses", h("textarea", { name: "addresses" }, (u?.addresses ?? ["127.0.0.0/8", "::1"]).join("\n")), "from which it may log in"),
  ], "Save", async f => {
    const lines = v => v.split("\n").map(l => l.trim()).filter(l => l);
    const body = { permissions: lines(f.permissions), addresses: lines(f.addresses) };
    if (f.password) body.password = f.password;
    await call("PUT", `/users/${part(u?.username ?? f.username)}`, body);
    toast("saved");
    load();
  });
  const drop = u => dialog(`Delete ${u.username}?`, [], "Delete", async () => { await call("DELETE", `/users/${part(u.username)}`); load(); }, true);
  const headings = (names, ...wide) => h("thead", {}, h("tr", {}, names.map(n => h("th", { scope: "col", class: wide.includes(n) ? "wide" : null }, n))));
  show(main, h("h1", {}, "Access"), h("div", { class: "bar" }, h("h2", {}, "Tokens"), h("span", { class: "grow" }), button("New token", "admin", make)),
    h("div", { class: "scroll" }, h("table", {}, headings(["Name", "Made", "Ends", "Last used", ""], "Made", "Last used"), tokens)),
    h("div", { class: "bar" }, h("h2", {}, "Users of in-band administration"), h("span", { class: "grow" }), button("New user", "admin", () => edit(null))),
    h("div", { class: "scroll" }, h("table", {}, headings(["Username", "Permissions", "Addresses", ""], "Addresses"), users)));
  const none = (columns, text) => h("tr", {}, h("td", { class: "empty", colspan: String(columns) }, text));
  async function load() {
    try {
      const [t, u] = await Promise.all([get("/tokens"), get("/users")]);
      show(tokens, t.tokens.length ? t.tokens.map(one => h("tr", {}, h("td", { class: "w" }, one.name || one.id, h("div", { class: "soft" }, one.scope)), h("td", { class: "w wide" }, moment(one.created), h("div", { class: "soft" }, `by ${one.by}`)),
        h("td", { class: "t" }, one.expires ? moment(one.expires) : "never"), h("td", { class: "t wide" }, one.last_used ? ago(one.last_used) + " ago" : "–"), h("td", { class: "act" }, button("Revoke", "admin", () => revoke(one), "danger")))) : none(5, "No tokens."));
      show(users, u.users.length ? u.users.map(one => h("tr", {}, h("td", { class: "w" }, one.username), h("td", { class: "w" }, one.permissions.join(", ")), h("td", { class: "w mono wide" }, one.addresses.join(", ")),
        h("td", { class: "act" }, button("Edit", "admin", () => edit(one)), " ", button("Delete", "admin", () => drop(one), "danger")))) : none(4, "Nobody."));
    } catch (err) { toast(err.message, true); }
  }
  load();
}
