import { get, session } from "./api.js";
import { binary, chart } from "./chart.js";
import { bytes, h, number, seconds, show, span } from "./dom.js";
import { listen, live, rate } from "./live.js";

const series = (name, value) => ({ name, values: () => live.samples.map((_, i) => value(live.samples[i], i)) });
const risen = (name, field) => series(name, (_, i) => rate(field, i));

export function overview(main) {
  const figures = h("div", { class: "cards" });
  const charts = [
    chart("Connections", [series("open", c => c.connections)], number),
    chart("Messages per second", [risen("in", "messages_in"), risen("out", "messages_out")], number),
    chart("Latency of commands", [series("now", c => c.latency_seconds)], seconds),
    chart("Memory", [series("resident", c => c.memory_bytes), series("heap", c => c.heap_bytes)], bytes, binary),
    chart("Processor", [series("cores busy", (_, i) => rate("cpu_seconds", i))], n => n.toFixed(n < 0.1 ? 3 : 2)),
    chart("Trouble per second", [risen("slow", "slow_consumers"), risen("refused", "refused"),
      risen("over rate", "rate_limited"), risen("lost", "frames_lost")], number),
  ];
  const about = h("dl", {});
  show(main, h("h1", {}, "Overview"), figures, h("div", { class: "charts" }, charts.map(c => c.node)), h("h2", {}, "About"),
    h("div", { class: "card" }, about),
    h("p", { class: "soft" }, "For programs: ", ["healthz", "readyz", "metrics", "debug/pprof/", "api/v1/openapi.json"].flatMap((p, i) => [i ? ", " : "", h("a", { href: p }, "/" + p)])));

  const figure = (text, value, tone) => h("div", { class: "card figure" }, h("b", { class: tone }, value), h("span", {}, text));

  function draw() {
    const c = live.samples.at(-1);
    if (!c) return;
    const per = (name, format = number) => { const r = rate(name); return r === null ? "–" : format(r); };
    show(figures,
      figure("connections", number(c.connections)),
      Object.entries(c.clients).filter(([, n]) => n > 0).map(([name, n]) => figure(name === "none" ? "not identified" : name, number(n))),
      figure("rooms", number(Object.values(c.rooms).reduce((a, b) => a + b, 0))),
      figure("cloud variables", number(c.variables)),
      figure("messages in / s", per("messages_in")),
      figure("messages out / s", per("messages_out")),
      figure("out / s", per("bytes_out", bytes)),
      figure("waits to be sent", bytes(c.outbox_bytes)),
      figure("slow consumers", number(c.slow_consumers), c.slow_consumers > 0 ? "warn" : null),
      figure("failures of actors", number(c.panics), c.panics > 0 ? "bad" : null));
    for (const one of charts) one.draw();
  }

  get("/info").then(info => {
    session.info = info;
    const row = (name, value) => [h("dt", {}, name), h("dd", {}, value)];
    show(about,
      row("Version", `${info.version}${info.commit ? ` (${info.commit})` : ""}, ${info.go}`),
      row("Node", info.node), row("Running for", span(info.uptime_seconds)),
      row("Listening", info.listeners.map(l => h("div", {}, h("code", {}, l.url), h("span", { class: "soft" }, ` ${l.port}`)))),
      row("Protocols", info.protocols.join(", ")),
      row("Limits", [`clients ${limit(info.limits.max_clients)}, per address ${limit(info.limits.max_clients_per_ip)}, message `,
        `${bytes(info.limits.max_message_bytes)}, outbox ${bytes(info.limits.outbox_bytes)}`,
        info.limits.open_files ? `, open files ${number(info.limits.open_files)}` : ""]),
      row("Data", info.data === "none" ? "kept in memory only" : h("code", {}, info.data)));
  }).catch(err => show(about, h("dt", {}, "Problem"), h("dd", {}, err.message)));
  draw();
  return listen(type => { if (type === "counters") draw(); });
}

const limit = n => n < 0 ? "unlimited" : number(n);
