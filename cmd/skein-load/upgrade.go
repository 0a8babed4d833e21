//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// The key is the RFC's example; the accept value belongs to it. A fixed key costs nothing per connection.
const (
	upgradeKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	upgradeAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// maxUpgradeAnswer bounds the server's answer to the upgrade request.
const maxUpgradeAnswer = 16 << 10

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
