#!/bin/sh
# Installs what the tests need beside Go, git and make, where it is missing: a C compiler for the race detector,
# Chromium, Python's websockets, and Node with the packages of tests/e2e. Safe to run again.
set -eu
cd "$(dirname "$0")/.."

need=""
command -v cc >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 || need="$need gcc libc6-dev"
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
	command -v google-chrome >/dev/null 2>&1 || need="$need chromium"
/usr/bin/python3 -c 'import websockets' 2>/dev/null || need="$need python3 python3-websockets"
command -v npm >/dev/null 2>&1 || need="$need nodejs npm"

if [ -n "$need" ]; then
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "The tests need:$need. Install them with your package manager and try again." >&2
		exit 1
	fi
	sudo=""
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null 2>&1 || { echo "Run as root, or install sudo:$need" >&2; exit 1; }
		sudo=sudo
	fi
	$sudo apt-get update -qq
	# shellcheck disable=SC2086 # a list of packages
	DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $need >/dev/null
fi

if [ -f tests/e2e/package.json ] && ! cmp -s tests/e2e/package-lock.json tests/e2e/node_modules/.installed; then
	(cd tests/e2e && npm ci --no-audit --no-fund --loglevel=error)
	cp tests/e2e/package-lock.json tests/e2e/node_modules/.installed
fi
