//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// A target is where the clients connect to.
type target struct {
	framing framing
	addr    netip.AddrPort
	path    string // of all clients; empty: the dialect says
	rest    string // of the upgrade request, behind the path
}

// newTarget reads the URL of a server. Only plain connections can be driven: TLS costs clients more than all the rest.
func newTarget(cfg *Config, f framing) (*target, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != f.scheme() || u.Host == "" {
		return nil, fmt.Errorf("url %s: dialect %s is driven over %s://HOST:PORT", cfg.URL, cfg.Dialect, f.scheme())
	}
	port := u.Port()
	if port == "" && f == webSocket {
		port = "80"
	}
	a, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	ap := a.AddrPort()
	t := &target{framing: f, addr: netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())}
	if p := strings.TrimSuffix(u.Path, "/"); p != "" && p != "/ws" || u.RawQuery != "" {
		t.path = u.RequestURI()
	}
	if f == webSocket {
		t.rest, err = upgradeHeaders(u.Host, cfg.Headers)
	}
	return t, err
}

// awaitListener waits until somebody listens where the clients are to connect, if it is said for how long.
func awaitListener(ctx context.Context, cfg Config) error {
	if cfg.Wait == 0 {
		return nil
	}
	d, err := newDialect(&cfg)
	if err != nil {
		return err
	}
	t, err := newTarget(&cfg, d.Traits().framing)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Wait)
	defer cancel()
	for {
		var dialer net.Dialer
		c, err := dialer.DialContext(ctx, "tcp", t.addr.String())
		if err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nobody listens at %s after %s: %w", t.addr, cfg.Wait, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// appendRequest appends the upgrade request of a client that its dialect sends to path.
func (t *target) appendRequest(b []byte, path string) []byte {
	switch {
	case t.path != "":
		path = t.path
	case path == "":
		path = "/"
	}
	return append(append(append(b, "GET "...), path...), t.rest...)
}
