// What the server tells by itself: one stream for all views, and what was seen of it lately.

import { Refused, stream } from "./api.js";

const maxSamples = 300; // seconds of the charts
const maxEvents = 500;

export const live = { samples: [], events: [], connected: false, problem: "" };

const listeners = new Set();
let running = null;

/** listen calls f(type, data) for each event until the function that is returned is called. */
export function listen(f) {
  listeners.add(f);
  return () => listeners.delete(f);
}

function tell(type, data) {
  if (type === "counters") {
    const last = live.samples.at(-1);
    if (last && data.uptime_seconds < last.uptime_seconds) live.samples.length = 0; // the server was started again
    live.samples.push(data);
    if (live.samples.length > maxSamples) live.samples.shift();
  } else {
    live.events.push({ type, ...data });
    if (live.events.length > maxEvents) live.events.shift();
  }
  for (const f of [...listeners]) f(type, data);
}

/** start follows the stream, and again when it has broken off. */
export function start() {
  stop();
  const own = running = new AbortController();
  (async () => {
    for (let wait = 1000; !own.signal.aborted; wait = Math.min(wait * 2, 15000)) {
      try {
        await stream((type, data) => {
          wait = 1000;
          if (!live.connected) { live.connected = true; live.problem = ""; tell("link", {}); }
          tell(type, data);
        }, own.signal);
      } catch (err) {
        if (own.signal.aborted) return;
        live.problem = err instanceof Refused ? err.message : "The server does not answer.";
        if (err.status === 401) return;
      }
      live.connected = false;
      tell("link", {});
      await new Promise(done => setTimeout(done, wait));
    }
  })();
}

export function stop() {
  running?.abort();
  running = null;
  live.connected = false;
  live.samples.length = live.events.length = 0;
}

/** rate is how much a counter rises per second at the end of the samples. */
export function rate(name, at = live.samples.length - 1) {
  const now = live.samples[at], before = live.samples[at - 1];
  if (!before) return null;
  return (now[name] - before[name]) / Math.max(now.uptime_seconds - before.uptime_seconds, 0.001);
}
