//go:build linux

package main

import (
	"bytes"
	"fmt"
	"testing"
)

func TestUpgradeHeaders(t *testing.T) {
	cfg := Config{URL: "ws://127.0.0.1:1/a/b?c=d", Dialect: "cl4", Headers: []string{"user-agent: me", "Cookie: a=b"}}
	target, err := newTarget(&cfg, webSocket)
	if err != nil {
		t.Fatal(err)
	}
	b := target.appendRequest(nil, "/ws/room")
	if !bytes.HasPrefix(b, []byte("GET /a/b?c=d HTTP/1.1\r\n")) || !bytes.Contains(b, []byte("\r\nUser-Agent: me\r\n")) || !bytes.Contains(b, []byte("\r\nCookie: a=b\r\n")) {
		t.Errorf("%s", b)
	}
	for url, path := range map[string]string{"ws://127.0.0.1:1": "/ws/room", "ws://127.0.0.1:1/ws/": "/ws/room", "ws://127.0.0.1:1/ws/x": "/ws/x"} {
		cfg := Config{URL: url, Dialect: "pystrands"}
		target, err := newTarget(&cfg, webSocket)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%.*s", len("GET  ")+len(path), target.appendRequest(nil, "/ws/room")); got != "GET "+path+" " {
			t.Errorf("%s: %q", url, got)
		}
	}
	for _, bad := range []Config{
		{URL: "wss://127.0.0.1:1/"}, {URL: "tcp://127.0.0.1:1"}, {URL: "ws://"}, {URL: "ws://127.0.0.1:1/", Headers: []string{"none"}}, {URL: "ws://127.0.0.1:1/", Headers: []string{"a: b\r\nc: d"}},
	} {
		if _, err := newTarget(&bad, webSocket); err == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}
