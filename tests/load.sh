#!/bin/sh
# A short load test: starts a server of its own and drives it with skein-load. CLIENTS and DURATION may be set.
set -eu
cd "$(dirname "$0")/.."

url=ws://127.0.0.1:3999/
bin/skein serve --listen 127.0.0.1:3999 --admin 127.0.0.1:3998 --log-level warn &
pid=$!
trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null || true' EXIT
for _ in $(seq 100); do
	bin/skein healthcheck --admin 127.0.0.1:3998 >/dev/null 2>&1 && break
	sleep 0.1
done

set -- --url $url --pid $pid --duration "${DURATION:-5s}"
bin/skein-load fanout "$@" --clients "${CLIENTS:-1000}"
bin/skein-load fanout "$@" --clients "${CLIENTS:-1000}" --window 16
bin/skein-load ping "$@" --clients 200
