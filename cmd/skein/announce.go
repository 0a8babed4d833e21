package main

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/transport"
)

// What to open in a browser to use the server from TurboWarp.
const (
	turboWarpExtension = "https://turbowarp.org/editor?extension=https://extensions.turbowarp.org/cloudlink.js"
	turboWarpScratch   = "https://turbowarp.org/PROJECT_ID?cloud_host="
)

// announce logs what to paste into a client to reach a listener.
func announce(log *slog.Logger, l *transport.Listener, o supervisor.Options) {
	log = log.With("listener", l.Addr().String())
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		log.Info("listening on " + l.URL())
		return
	}
	for _, line := range hints(urls(addr.AddrPort(), o, interfaceAddresses), o.Protocols) {
		log.Info(line)
	}
}

// hints are the lines that tell what to paste where. The first URL is the one to use on this machine.
func hints(urls []string, protocols []string) (lines []string) {
	for _, url := range urls {
		lines = append(lines, "listening on "+url)
	}
	if len(urls) == 0 {
		return lines
	}
	url := urls[0]
	speaks := func(p string) bool { return len(protocols) == 0 || slices.Contains(protocols, p) }
	if speaks(supervisor.ProtocolCL4) {
		lines = append(lines, "CloudLink in TurboWarp: open "+turboWarpExtension+" and connect to "+url)
	}
	if speaks(supervisor.ProtocolScratch) {
		lines = append(lines, "Scratch in TurboWarp: open "+turboWarpScratch+strings.TrimSuffix(url, "/"))
	}
	return lines
}

// urls are what clients connect to. lan returns the addresses of this machine, for a listener on all of them.
func urls(addr netip.AddrPort, o supervisor.Options, lan func() []netip.Addr) (out []string) {
	ip := addr.Addr().Unmap()
	hosts := []string{ip.String()}
	if ip.IsUnspecified() {
		hosts = []string{"127.0.0.1"}
		for _, a := range lan() {
			hosts = append(hosts, a.String())
		}
	}
	port := portOf(addr)
	if o.TLSCert != "" {
		names := certificateNames(o.TLSCert, o.TLSKey)
		if len(names) == 0 {
			names = hosts // what a browser will not trust, but other clients may
		}
		for _, name := range names {
			out = append(out, "wss://"+net.JoinHostPort(name, port)+"/")
		}
		if o.TLS != supervisor.TLSBoth {
			return out
		}
	}
	for _, host := range hosts {
		out = append(out, "ws://"+net.JoinHostPort(host, port)+"/")
	}
	return out
}

func portOf(addr netip.AddrPort) string {
	_, port, _ := net.SplitHostPort(addr.String())
	return port
}

// certificateNames are the names that a certificate is good for, without those with a star.
func certificateNames(cert, key string) (names []string) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil || pair.Leaf == nil {
		return nil // the server has reported it
	}
	for _, name := range pair.Leaf.DNSNames {
		if !strings.HasPrefix(name, "*") {
			names = append(names, name)
		}
	}
	return names
}

// interfaceAddresses are the IPv4 addresses by which other machines reach this one.
func interfaceAddresses() (out []netip.Addr) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(n.IP)
		if ip = ip.Unmap(); ok && ip.Is4() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			out = append(out, ip)
		}
	}
	return out
}
