// The page as a whole: who is logged in, which view is shown.

import { get, session } from "./api.js";
import { access } from "./access.js";
import { actors } from "./actors.js";
import { audit } from "./audit.js";
import { bans } from "./bans.js";
import { client, clients } from "./clients.js";
import { field, h, show } from "./dom.js";
import { events } from "./events.js";
import { listen, live, start, stop } from "./live.js";
import { overview } from "./overview.js";
import { room, rooms } from "./rooms.js";
import { settings } from "./settings.js";

const views = [["", "Overview", overview], ["clients", "Clients", clients, client], ["rooms", "Rooms", rooms, room], ["bans", "Bans", bans], ["settings", "Settings", settings],
  ["actors", "Actors", actors], ["audit", "Audit log", audit], ["events", "Events", events], ["access", "Access", access]];

const $ = id => document.getElementById(id);
let leave = null;

function unescape(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function route() {
  leave?.();
  leave = null;
  if (!session.info) return;
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(unescape);
  const view = views.find(v => v[0] === name) ?? views[0];
  show($("nav"), views.map(([path, title]) => h("a", { href: "#/" + path, "aria-current": path === view[0] ? "page" : null }, title)));
  $("nav").querySelector("[aria-current]").scrollIntoView({ block: "nearest", inline: "center" }); // it is a strip on a phone
  document.title = `${view[1]} · Skein`;
  leave = (rest.length && view[3] ? view[3]($("main"), ...rest) : view[2]($("main"))) ?? null;
}

function state() {
  const pill = $("state");
  const info = session.info;
  pill.hidden = !info;
  if (!info) return;
  const [text, tone] = !live.connected ? [live.problem || "connecting", "warn"] : [info.state, info.ready ? "good" : "warn"];
  pill.textContent = text;
  pill.className = "pill " + tone;
}

function login(problem) {
  session.info = null;
  stop();
  leave?.();
  leave = null;
  document.body.classList.add("alone");
  $("nav").hidden = true;
  $("session").hidden = true;
  $("who").textContent = "";
  state();
  const token = h("input", { name: "token", type: "password", required: true, autocomplete: "current-password", spellcheck: "false" });
  const alert = h("p", { class: "bad", role: "alert" }, problem ?? "");
  show($("main"), h("div", { class: "card" }, h("h1", {}, "Log in"),
    h("form", { class: "stack", onsubmit: async e => {
      e.preventDefault();
      session.token = token.value.trim();
      await enter(true);
    } }, field("Token", token, ["made with ", h("code", {}, "skein admin token create")]), alert, h("div", { class: "row" }, h("button", { type: "submit" }, "Log in")))));
  token.focus();
}

async function enter(asked) {
  const token = session.token;
  try {
    session.info = await get("/info");
  } catch (err) {
    if (err.status === 401 && session.token === token) session.token = "";
    login(err.status === 401 && !token && !asked ? "" : err.message);
    return;
  }
  document.body.classList.remove("alone");
  $("nav").hidden = false;
  const { name, scope } = session.info.you;
  $("who").textContent = name ? `${name} (${scope})` : `without a token (${scope})`;
  const button = $("session");
  button.hidden = false;
  button.textContent = session.token ? "Log out" : "Log in";
  button.onclick = () => {
    session.token = "";
    login("");
  };
  start();
  state();
  route();
}

let asking = 0;
listen(async type => {
  if (type === "link") state();
  if (type !== "counters" || Date.now() - asking < 10000 || document.hidden || !session.info) return;
  asking = Date.now();
  try { session.info = await get("/info"); } catch { /* the stream tells */ }
  state();
});
window.addEventListener("hashchange", () => { route(); $("main").focus({ preventScroll: true }); window.scrollTo(0, 0); });
document.querySelector(".skip").addEventListener("click", e => {
  e.preventDefault(); // the fragment is the view
  $("main").focus();
});
window.addEventListener("logged-out", e => { if (session.info) { session.token = ""; login(e.detail); } });
enter(false);
