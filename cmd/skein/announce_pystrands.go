package main

import (
	"log/slog"
	"net"
	"net/netip"
	"slices"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/transport"
)

// announcePyStrands logs what to paste into clients and backends of the broker, if there is one.
func announcePyStrands(log *slog.Logger, srv *supervisor.Server, o supervisor.PyStrandsOptions) {
	var said []string
	say := func(l *transport.Listener, lines []string) {
		for _, line := range lines {
			if !slices.Contains(said, line) { // localhost is two listeners
				log.Info(line, "listener", l.Addr().String())
				said = append(said, line)
			}
		}
	}
	for _, l := range srv.PyStrandsListeners() {
		if addr, ok := l.Addr().(*net.TCPAddr); ok {
			say(l, strandsClientHints(addr.AddrPort(), o, interfaceAddresses))
		} else {
			say(l, []string{"PyStrands: listening on " + l.URL()})
		}
	}
	for _, l := range srv.BackendListeners() {
		if addr, ok := l.Addr().(*net.TCPAddr); ok {
			say(l, strandsBackendHints(addr.AddrPort(), o, interfaceAddresses))
		} else {
			say(l, []string{"PyStrands: listening for backends on " + l.URL()})
		}
	}
}

// strandsClientHints are the lines for WebSocket clients. lan is that of urls.
func strandsClientHints(addr netip.AddrPort, o supervisor.PyStrandsOptions, lan func() []netip.Addr) (lines []string) {
	open := urls(addr, supervisor.Options{TLSCert: o.TLSCert, TLSKey: o.TLSKey}, lan)
	for i := range open {
		open[i] += "ws/"
		lines = append(lines, "PyStrands: listening on "+open[i])
	}
	paste := open[0]
	if here(addr.Addr()) && o.TLSCert == "" {
		paste = "ws://" + net.JoinHostPort("localhost", portOf(addr)) + "/ws/"
	}
	return append(lines, "PyStrands in a browser: connect to "+paste)
}

// strandsBackendHints are the lines for backends.
func strandsBackendHints(addr netip.AddrPort, o supervisor.PyStrandsOptions, lan func() []netip.Addr) []string {
	with := ""
	if o.BackendTLSCert != "" {
		with = " with TLS"
	}
	hosts := []string{addr.Addr().Unmap().String()}
	if here(addr.Addr()) {
		hosts = []string{"localhost"}
	}
	if addr.Addr().Unmap().IsUnspecified() {
		for _, a := range lan() {
			hosts = append(hosts, a.String())
		}
	}
	lines := []string{"PyStrands: listening for backends on " + addr.String()}
	for _, h := range hosts {
		lines = append(lines, "PyStrands in Python: connect to "+net.JoinHostPort(h, portOf(addr))+with)
	}
	return lines
}

// here tells whether localhost reaches an address.
func here(a netip.Addr) bool { return a.Unmap().IsUnspecified() || a.Unmap().IsLoopback() }
