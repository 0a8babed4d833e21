// What operators do to clients, in several views.

import { call, may, part, query } from "./api.js";
import { count, dialog, field, h, number, toast } from "./dom.js";
import { choice } from "./table.js";

/** button is one that is disabled for those who may not. */
export function button(text, scope, onclick, kind = "quiet") {
  const allowed = may(scope);
  return h("button", { type: "button", class: kind, disabled: !allowed, title: allowed ? null : `needs a token with the scope ${scope}`, onclick }, text);
}

export const nameOf = c => c.username || c.address || c.id;

export function kick(c, after) {
  return dialog(`Close the connection of ${nameOf(c)}?`, [
    field("Reason", h("input", { name: "reason", maxlength: "123", value: "" }), "the client is told"),
    field("Close code", h("input", { name: "code", type: "number", value: "1000", min: "1000", max: "4999" })),
  ], "Close it", async f => {
    await call("DELETE", `/clients/${part(c.id)}` + query({ code: f.code, reason: f.reason }));
    toast(`${nameOf(c)} was closed`);
    after?.();
  }, true);
}

export function ban(preset, after) {
  const kind = choice("kind", "Kind", [["ip", "address or CIDR"], ["name", "username (* allowed)"], ["agent", "user agent (* allowed)"]]);
  kind.value = preset.kind ?? "ip";
  return dialog("Ban", [
    field("What", kind),
    field("Pattern", h("input", { name: "pattern", required: true, value: preset.pattern ?? "" })),
    field("Reason", h("input", { name: "reason", maxlength: "123" }), "told to those who are refused"),
    field("For", choice("for", "For", [["", "ever"], ["3600", "an hour"], ["86400", "a day"], ["604800", "a week"], ["2592000", "30 days"]])),
    h("label", { class: "check" }, h("input", { type: "checkbox", name: "force" }), "also when it bans my own address"),
  ], "Ban", async f => {
    const body = { kind: f.kind, pattern: f.pattern.trim(), reason: f.reason, force: f.force === "on" };
    if (f.for) body.for_seconds = Number(f.for);
    const { disconnected } = await call("POST", "/bans", body);
    toast(`${body.pattern} is banned; ${count(disconnected, "connected client was", "connected clients were")} closed`);
    after?.();
  }, true);
}

/** say sends a message to whatever the path names. */
export function say(title, path) {
  return dialog(title, [field("Message", h("textarea", { name: "val", required: true }), "text, or JSON that is sent as it is")], "Send", async f => {
    let val = f.val;
    try { val = JSON.parse(f.val); } catch { /* text */ }
    const { recipients } = await call("POST", path, { val });
    toast(`sent to ${number(recipients)}`);
  });
}
