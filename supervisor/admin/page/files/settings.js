import { call, get, may } from "./api.js";
import { button, say } from "./actions.js";
import { cut, dialog, field, h, show, toast } from "./dom.js";

const levels = ["debug", "info", "warn", "error", "none"];
const text = v => v === undefined ? "(secret)" : Array.isArray(v) ? v.join(", ") : typeof v === "object" ? JSON.stringify(v) : String(v);

function input(s) {
  switch (s.type) {
    case "boolean": return h("select", { name: "value" }, ["true", "false"].map(v => h("option", { selected: String(s.value) === v }, v)));
    case "level": return h("select", { name: "value" }, levels.map(v => h("option", { selected: s.value === v }, v)));
    case "integer": return h("input", { name: "value", type: "number", step: "1", required: true, value: text(s.value) });
    case "number": return h("input", { name: "value", type: "number", step: "any", min: "0", required: true, value: text(s.value) });
    case "list": return h("textarea", { name: "value" }, (s.value ?? []).join("\n"));
  }
  return h("textarea", { name: "value" }, text(s.value));
}

function parse(s, value) {
  switch (s.type) {
    case "boolean": return value === "true";
    case "integer": case "number": return Number(value);
    case "list": return value.split(/[\n,]/).map(v => v.trim()).filter(v => v);
  }
  return value;
}

const key = s => s.name.replaceAll("-", "_");

export function settings(main) {
  const now = h("tbody", {}), fixed = h("tbody", {});
  const edit = s => dialog(s.name, [field(s.help, input(s))], "Change", async f => {
    await call("PUT", "/settings", { [key(s)]: parse(s, f.value) });
    toast(`${s.name} was changed`);
    load();
  });
  const reset = async s => {
    try {
      await call("PUT", "/settings", { [key(s)]: null });
      toast(`${s.name} is what the configuration says`);
    } catch (err) { toast(err.message, true); }
    load();
  };
  const reload = async () => {
    try { await call("POST", "/reload"); toast("certificates and lists were read again"); } catch (err) { toast(err.message, true); }
  };
  const drain = () => dialog("End the server?", [h("p", {}, "Nobody new is let in, the clients are closed in batches, and the process ends.")], "End it", async () => {
    await call("POST", "/drain", {});
    toast("the server is ending");
  }, true);
  const head = columns => h("thead", {}, h("tr", {}, columns.map(t => h("th", { scope: "col" }, t))));
  const named = s => h("td", { class: "w" }, h("strong", {}, s.name), h("br"), h("span", { class: "soft" }, s.help));
  show(main, h("h1", {}, "Settings"),
    may("admin") ? null : h("p", { class: "notice" }, "Changing them needs a token with the scope admin."),
    h("div", { class: "bar" }, button("Send everybody a message", "operate", () => say("To all CL4 clients", "/broadcast")),
      button("Read certificates and lists again", "admin", reload), button("End the server", "admin", drain, "danger")),
    h("h2", {}, "While it runs"), h("div", { class: "scroll" }, h("table", {}, head(["Setting", "Value", ""]), now)),
    h("h2", {}, "With a restart"), h("div", { class: "scroll" }, h("table", {}, head(["Setting", "Value"]), fixed)));
  async function load() {
    let all;
    try { all = (await get("/settings")).settings; } catch (err) {
      show(now, h("tr", {}, h("td", { class: "empty" }, err.message)));
      return;
    }
    show(now, all.filter(s => !s.restart).map(s => h("tr", {},
      named(s),
      h("td", { class: "w mono" }, cut(text(s.value), 300) || "–", s.changed ? h("div", { class: "soft" }, "configured: " + (text(s.default) || "–")) : null),
      h("td", { class: "act" }, button("Change", "admin", () => edit(s)), " ", s.changed ? button("Reset", "admin", () => reset(s)) : null))));
    show(fixed, all.filter(s => s.restart).map(s => h("tr", {}, named(s), h("td", { class: "w mono" }, cut(text(s.value), 300) || "–"))));
  }
  load();
}
