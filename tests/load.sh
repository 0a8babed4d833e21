#!/bin/sh
# A short load test: starts servers of its own and drives them with skein-load in every dialect. CLIENTS and DURATION may
# be set; REPORTS names a folder for the reports, as JSON and as pages.
set -eu
cd "$(dirname "$0")/.."

pids=
trap 'for p in $pids; do kill "$p" 2>/dev/null || true; done; wait' EXIT

# start ARGS...: runs skein in the background; its process id is in $pid
start() {
	bin/skein "$@" >/dev/null &
	pid=$!
	pids="$pids $pid"
}

# load NAME ARGS...: drives the server that was started last
load() {
	name=$1
	shift
	if [ -n "${REPORTS:-}" ]; then
		mkdir -p "$REPORTS"
		set -- "$@" --json "$REPORTS/$name.json" --html "$REPORTS/$name.html"
	fi
	echo "== $name"
	bin/skein-load "$@" --pid "$pid" --wait 10s --duration "${DURATION:-5s}"
}

many="--clients ${CLIENTS:-1000}"
start serve --listen 127.0.0.1:3999 --data none --log-level warn
at="--url ws://127.0.0.1:3999/"
load cl4-fanout fanout $at $many
load cl4-fanout-16 fanout $at $many --window 16
load cl4-ping echo $at --clients 200
load cl4-mixed mixed $at $many
load scratch-fanout fanout $at $many --dialect scratch

start pystrands --ws-port 3998 --tcp-port 3997 --log-level warn
at="--dialect pystrands --url ws://127.0.0.1:3998/ --backend 127.0.0.1:3997"
load pystrands-echo echo $at --clients 200
load pystrands-fanout fanout $at $many

start simpleserver-demo --port 3996
at="--dialect simpleserver --url tcp://127.0.0.1:3996"
load simpleserver-echo echo $at --clients 200
load simpleserver-fanout fanout $at --clients 200
