//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
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
	addr    netip.AddrPort
	request []byte // the upgrade request
}

func newTarget(raw string) (*target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "ws" {
		return nil, fmt.Errorf("url %s: only ws:// can be driven", raw)
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	a, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	ap := a.AddrPort()
	path := u.RequestURI()
	req := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nOrigin: http://%s\r\nUser-Agent: skein-load\r\n\r\n", path, u.Host, upgradeKey, u.Host)
	return &target{addr: netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), request: []byte(req)}, nil
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
