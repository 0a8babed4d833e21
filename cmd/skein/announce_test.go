package main

import (
	"bytes"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/skeinhq/skein/supervisor"
)

func TestURLs(t *testing.T) {
	lan := func() []netip.Addr { return []netip.Addr{netip.MustParseAddr("192.0.2.7")} }
	tests := []struct {
		addr string
		o    supervisor.Options
		want []string
	}{
		{addr: "127.0.0.1:3000", want: []string{"ws://127.0.0.1:3000/"}},
		{addr: "[::1]:3000", want: []string{"ws://[::1]:3000/"}},
		{addr: "[::]:3000", want: []string{"ws://127.0.0.1:3000/", "ws://192.0.2.7:3000/"}},
		{addr: "0.0.0.0:80", want: []string{"ws://127.0.0.1:80/", "ws://192.0.2.7:80/"}},
		{addr: "[::]:443", o: supervisor.Options{TLSCert: "none"}, want: []string{"wss://127.0.0.1:443/", "wss://192.0.2.7:443/"}},
		{
			addr: "127.0.0.1:443", o: supervisor.Options{TLSCert: "none", TLS: supervisor.TLSBoth},
			want: []string{"wss://127.0.0.1:443/", "ws://127.0.0.1:443/"},
		},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, urls(netip.MustParseAddrPort(tt.addr), tt.o, lan)); diff != "" {
			t.Errorf("%s: %s", tt.addr, diff)
		}
	}
}

func TestHints(t *testing.T) {
	lines := hints([]string{"ws://127.0.0.1:3000/", "ws://192.0.2.7:3000/"}, []string{"scratch"})
	want := []string{
		"listening on ws://127.0.0.1:3000/",
		"listening on ws://192.0.2.7:3000/",
		"Scratch in TurboWarp: open https://turbowarp.org/PROJECT_ID?cloud_host=ws://127.0.0.1:3000",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if n := len(hints([]string{"ws://a/"}, nil)); n != 3 {
		t.Errorf("%d lines without a list of protocols", n)
	}
}

func TestReachable(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1:1": "127.0.0.1:1", "0.0.0.0:1": "127.0.0.1:1", "[::]:1": "[::1]:1", "host:1": "host:1",
	} {
		if got := reachable(in); got != want {
			t.Errorf("reachable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLogFormat(t *testing.T) {
	const text, jsonLine = "INF hello", `"level":"INFO","msg":"hello"`
	tests := []struct {
		name     string
		terminal bool
		noColor  string
		log      config.Log
		want     string
		color    bool
	}{
		{name: "auto on a terminal", terminal: true, want: "hello", color: true},
		{name: "auto elsewhere", want: jsonLine},
		{name: "text elsewhere", log: config.Log{Format: config.FormatText}, want: text},
		{name: "json on a terminal", terminal: true, log: config.Log{Format: config.FormatJSON}, want: jsonLine},
		{name: "NO_COLOR", terminal: true, noColor: "1", want: text},
		{name: "below the level", log: config.Log{Level: slog.LevelWarn}},
		{name: "none", terminal: true, log: config.Log{Level: config.LevelNone}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", tt.noColor)
			t.Setenv("TERM", "xterm")
			var b bytes.Buffer
			newLogger(&b, tt.terminal, tt.log.Format, tt.log.Level).Info("hello")
			if out := b.String(); !strings.Contains(out, tt.want) || tt.want == "" && out != "" {
				t.Errorf("got %q, want %q", out, tt.want)
			}
			if got := slices.Contains(b.Bytes(), '\x1b'); got != tt.color {
				t.Errorf("color %v, want %v", got, tt.color)
			}
		})
	}
}
