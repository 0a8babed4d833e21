//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// The key is the RFC's example; the accept value belongs to it. A fixed key costs nothing per connection.
const (
	upgradeKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	upgradeAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// maxUpgradeAnswer bounds the server's answer to the upgrade request.
const maxUpgradeAnswer = 16 << 10

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

// upgradeHeaders is the upgrade request behind its path.
func upgradeHeaders(host string, own []string) (string, error) {
	headers := [][2]string{{"Host", host}, {"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Key", upgradeKey},
		{"Sec-WebSocket-Version", "13"}, {"Origin", "http://" + host}, {"User-Agent", "skein-load"}}
	for _, h := range own {
		name, value, ok := strings.Cut(h, ":")
		if name, value = strings.TrimSpace(name), strings.TrimSpace(value); !ok || name == "" || strings.ContainsAny(h, "\r\n") {
			return "", fmt.Errorf("--header %q: NAME: VALUE is expected", h)
		}
		given := false
		for i := range headers {
			if strings.EqualFold(headers[i][0], name) {
				headers[i][1], given = value, true
			}
		}
		if !given {
			headers = append(headers, [2]string{name, value})
		}
	}
	var b strings.Builder
	b.WriteString(" HTTP/1.1\r\n")
	for _, h := range headers {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	b.WriteString("\r\n")
	return b.String(), nil
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

// parseUpgrade reads the answer to an upgrade request and returns its size, 0 while bytes are missing.
func parseUpgrade(b []byte) (int, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		if len(b) > maxUpgradeAnswer {
			return 0, errors.New("upgrade: endless answer")
		}
		return 0, nil
	}
	if !bytes.HasPrefix(b, []byte("HTTP/1.1 101")) {
		line, _, _ := bytes.Cut(b, []byte("\r\n"))
		return 0, fmt.Errorf("upgrade refused: %s", clip(line))
	}
	if !bytes.Contains(b[:end], []byte(upgradeAccept)) {
		return 0, errors.New("upgrade: wrong Sec-WebSocket-Accept")
	}
	return end + 4, nil
}
