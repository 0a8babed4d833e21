package transport

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/codec"
)

func TestUpgradeResponse(t *testing.T) {
	_, addr := start(t, Options{}, EchoHandler{})
	c := dialRaw(t, addr)
	r := c.upgrade("Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n")
	sum := sha1.Sum([]byte(testKey + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	if got, want := r.Header.Get("Sec-WebSocket-Accept"), base64.StdEncoding.EncodeToString(sum[:]); got != want {
		t.Errorf("accept %q, want %q", got, want)
	}
	for _, h := range []string{"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"} {
		if r.Header.Values(h) != nil {
			t.Errorf("%s: %q", h, r.Header.Values(h))
		}
	}
}

func TestUpgradeVariants(t *testing.T) {
	_, addr := start(t, Options{AllowedOrigins: []string{"https://*.example.org"}}, EchoHandler{})
	for name, req := range map[string]string{
		"any path":            strings.Replace(request(""), "GET / ", "GET /a/b%20c?d=e ", 1),
		"absolute target":     strings.Replace(request(""), "GET / ", "GET http://example/x ", 1),
		"lower case":          strings.ToLower(request("")[len("GET / HTTP/1.1\r\n"):]),
		"bare LF":             strings.ReplaceAll(request(""), "\r\n", "\n"),
		"connection list":     strings.Replace(request(""), "Connection: Upgrade", "Connection: keep-alive, upgrade", 1),
		"connection twice":    request("Connection: keep-alive\r\n"),
		"connection twice, 2": strings.Replace(request("Connection: upgrade\r\n"), "Connection: Upgrade", "Connection: close", 1),
		"empty body":          request("Content-Length: 0\r\n"),
		"origin":              request("Origin: https://Sub.Example.org\r\n"),
		"no blank":            strings.ReplaceAll(request("X:y\r\n"), ": ", ":"),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "lower case" {
				// All but the key's value, which depends on case.
				req = "GET / HTTP/1.1\r\n" + strings.Replace(req, strings.ToLower(testKey), testKey, 1)
			}
			c := dialRaw(t, addr)
			c.write([]byte(req))
			if r := c.response(); r.StatusCode != 101 {
				t.Fatal(r.Status)
			}
			c.send(opText, "x")
			c.expect(opText, "x")
		})
	}
}

func TestRefusals(t *testing.T) {
	h := newTestHandler()
	h.admit = func(r *Request) *Refusal {
		if r.Get("X-Ban") != "" {
			return &Refusal{429, "Too many of you.", "per_ip"}
		}
		return nil
	}
	replace := func(old, new string) string { return strings.Replace(request(""), old, new, 1) }
	without := func(name string) string {
		before, after, _ := strings.Cut(request(""), name+":")
		_, after, _ = strings.Cut(after, "\r\n")
		return before + after
	}
	tests := []struct {
		name, request string
		status        int
		cause         string
	}{
		{"not HTTP", "hello\r\n\r\n", 400, "not_http"},
		{"binary", "\x00\x01\x02", 400, "not_http"},
		{"redis", "*1\r\n$4\r\nPING\r\n", 400, "not_http"},
		{"no version", "GET /\r\n\r\n", 400, "not_http"},
		{"bad version", "GET / HTTP/x.y\r\n\r\n", 400, "not_http"},
		{"no target", "GET  HTTP/1.1\r\n\r\n", 400, "not_http"},
		{"control character in target", "GET /\x01 HTTP/1.1\r\n\r\n", 400, "not_http"},
		{"header without colon", request("nonsense\r\n"), 400, "bad_header"},
		{"blank before colon", request("A : b\r\n"), 400, "bad_header"},
		{"folded header", request("A: b\r\n c\r\n"), 400, "bad_header"},
		{"NUL in header", request("A: \x00\r\n"), 400, "bad_header"},
		{"two hosts", request("Host: other\r\n"), 400, "duplicate_header"},
		{"two keys", request("Sec-WebSocket-Key: " + testKey + "\r\n"), 400, "duplicate_header"},
		{"no host", without("Host"), 400, "no_host"},
		{"no key", without("Sec-WebSocket-Key"), 400, "bad_key"},
		{"short key", replace(testKey, "dGhlIHNhbXBsZSBub25j"), 400, "bad_key"},
		{"long key", replace(testKey, "dGhlIHNhbXBsZSBub25jZTE="), 400, "bad_key"},
		{"key not base64", replace(testKey, "?GhlIHNhbXBsZSBub25jZQ=="), 400, "bad_key"},
		{"body", request("Content-Length: 5\r\n") + "hello", 400, "body"},
		{"chunked body", request("Transfer-Encoding: chunked\r\n"), 400, "body"},
		{"POST", replace("GET", "POST"), 405, "method"},
		{"HTTP/1.0", replace("HTTP/1.1", "HTTP/1.0"), 505, "http_version"},
		{"plain GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426, "not_websocket"},
		{"plain GET 1.0", "GET / HTTP/1.0\r\n\r\n", 426, "not_websocket"},
		{"other upgrade", replace("Upgrade: websocket", "Upgrade: h2c"), 426, "not_websocket"},
		{"connection does not upgrade", replace("Connection: Upgrade", "Connection: close"), 426, "not_websocket"},
		{"missing version", without("Sec-WebSocket-Version"), 426, "version"},
		{"wrong version", replace("Version: 13", "Version: 8"), 426, "version"},
		{"origin", request("Origin: https://example.org.evil.com\r\n"), 403, "origin"},
		{"origin null", request("Origin: null\r\n"), 403, "origin"},
		{"handler", request("X-Ban: 1\r\n"), 429, "per_ip"},
		{"long URI", replace("GET / ", "GET /"+strings.Repeat("a", 4096)+" "), 414, "uri_too_long"},
		{"endless URI", "GET /" + strings.Repeat("a", 100<<10), 414, "uri_too_long"},
		{"large head", request("A: " + strings.Repeat("a", 8<<10) + "\r\n"), 431, "head_too_large"},
		{"endless head", strings.TrimSuffix(request(""), "\r\n") + strings.Repeat("a: b\r\n", 50_000), 431, "head_too_large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, addr := start(t, Options{AllowedOrigins: []string{"https://example.org", "http://localhost:*"}}, h)
			c := dialRaw(t, addr)
			go c.nc.Write([]byte(tt.request)) // not everybody is read to the end
			r, body := c.refused()
			if r.StatusCode != tt.status {
				t.Errorf("status %d, want %d: %s", r.StatusCode, tt.status, body)
			}
			if tt.status == 426 && (r.Header.Get("Sec-WebSocket-Version") != "13" || r.Header.Get("Upgrade") != "websocket") {
				t.Errorf("426 with %v", r.Header)
			}
			if n := s.Stats().Refused[tt.cause]; n != 1 {
				t.Errorf("refused %v", s.Stats().Refused)
			}
			c.nc.Close()
			if err := s.Wait(patient(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPlainGetText(t *testing.T) {
	_, addr := start(t, Options{}, EchoHandler{})
	c := dialRaw(t, addr)
	c.write([]byte("GET / HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n"))
	if _, body := c.refused(); !strings.Contains(body, "You need a WebSocket client.") {
		t.Errorf("body %q", body)
	}
	c = dialRaw(t, addr)
	c.write([]byte("GET / HTTP/1.1\r\nHost: x\r\nAccept: text/html,application/xhtml+xml\r\n\r\n"))
	r, body := c.refused()
	if r.StatusCode != 426 || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") || !strings.Contains(body, "<html") {
		t.Errorf("%s %q", r.Status, body)
	}
}

// The limits are exact: one byte less passes.
func TestHeadLimits(t *testing.T) {
	_, addr := start(t, Options{}, EchoHandler{})
	pad := DefaultMaxHead - len(request("A: \r\n"))
	for _, tt := range []struct {
		req    string
		status int
	}{
		{request("A: " + strings.Repeat("a", pad) + "\r\n"), 101},
		{request("A: " + strings.Repeat("a", pad+1) + "\r\n"), 431},
		{strings.Replace(request(""), "GET / ", "GET /"+strings.Repeat("a", DefaultMaxURI-1)+" ", 1), 101},
		{strings.Replace(request(""), "GET / ", "GET /"+strings.Repeat("a", DefaultMaxURI)+" ", 1), 414},
	} {
		c := dialRaw(t, addr)
		c.write([]byte(tt.req))
		if r := c.response(); r.StatusCode != tt.status {
			t.Errorf("%d bytes: %s, want %d", len(tt.req), r.Status, tt.status)
		}
	}
}

func TestByteAtATime(t *testing.T) {
	_, addr := start(t, Options{}, EchoHandler{})
	c := dialRaw(t, addr)
	c.nc.(*net.TCPConn).SetNoDelay(true)
	for _, b := range []byte(request("")) {
		c.write([]byte{b})
	}
	if r := c.response(); r.StatusCode != 101 {
		t.Fatal(r.Status)
	}
	for _, b := range frame(fin|opText, []byte("slowly")) {
		c.write([]byte{b})
	}
	c.expect(opText, "slowly")
}

func TestHandshakeTimeout(t *testing.T) {
	for name, req := range map[string]string{"silent": "", "half": "GET / HTTP/1.1\r\nHost: x\r\n"} {
		t.Run(name, func(t *testing.T) {
			s, addr := start(t, Options{HandshakeTimeout: 50 * time.Millisecond}, EchoHandler{})
			c := dialRaw(t, addr)
			c.write([]byte(req))
			if r, _ := c.refused(); r.StatusCode != 408 {
				t.Error(r.Status)
			}
			if n := s.Stats().Refused["timeout"]; n != 1 {
				t.Errorf("refused %v", s.Stats().Refused)
			}
		})
	}
}

// A client that drips header bytes is stopped by the clock all the same.
func TestDrippingHeaders(t *testing.T) {
	_, addr := start(t, Options{HandshakeTimeout: 100 * time.Millisecond}, EchoHandler{})
	c := dialRaw(t, addr)
	c.write([]byte("GET / HTTP/1.1\r\n"))
	answered := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-answered:
				tick.Stop()
				return
			case <-tick.C:
				if _, err := c.nc.Write([]byte("a")); err != nil {
					return
				}
			}
		}
	}()
	if r := c.response(); r.StatusCode != 408 {
		t.Error(r.Status)
	}
	close(answered)
	<-done
}

func TestHangUpDuringHandshake(t *testing.T) {
	s, addr := start(t, Options{}, EchoHandler{})
	dialRaw(t, addr).nc.Close()
	eventually(t, "the refusal", func() bool { return s.Stats().Refused["eof"] == 1 })

	c := dialRaw(t, addr)
	c.write([]byte("GET / HT"))
	c.nc.(*net.TCPConn).CloseWrite()
	if r, _ := c.refused(); r.StatusCode != 400 {
		t.Error(r.Status)
	}
}

// What comes in the same segment as the handshake belongs to the connection.
func TestEarlyFrames(t *testing.T) {
	_, addr := start(t, Options{}, EchoHandler{})
	c := dialRaw(t, addr)
	whole := append([]byte(request("")), frame(fin|opText, []byte("early"))...)
	second := frame(fin|opText, []byte("cut in half"))
	c.write(append(whole, second[:9]...))
	if r := c.response(); r.StatusCode != 101 {
		t.Fatal(r.Status)
	}
	c.expect(opText, "early")
	c.write(second[9:])
	c.expect(opText, "cut in half")

	// More than the head buffer holds.
	c = dialRaw(t, addr)
	big := strings.Repeat("b", 100_000)
	c.write(append([]byte(request("")), frame(fin|opText, []byte(big))...))
	if r := c.response(); r.StatusCode != 101 {
		t.Fatal(r.Status)
	}
	c.expect(opText, big)
}

func TestRequest(t *testing.T) {
	h := newTestHandler()
	admitted := make(chan Request, 1)
	h.admit = func(r *Request) *Refusal {
		r.Note = r.Get("x-forwarded-for")
		admitted <- *r
		return nil
	}
	_, addr := start(t, Options{RealIPHeader: "x-forwarded-for"}, h)
	c := dialRaw(t, addr)
	c.write([]byte(strings.Replace(request("X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n"), "GET / ", "GET /p?q=1 ", 1)))
	r := h.conn(t).Request()
	if a := <-admitted; a.Header != nil || r.Header != nil || r.Get("x-forwarded-for") != "" {
		t.Errorf("headers %v, %v", a.Header, r.Header)
	}
	if r.URI != "/p?q=1" || r.TLS || r.Note != "1.2.3.4" || r.Addr.String() != c.nc.LocalAddr().String() ||
		r.ClientIP != "1.2.3.4, 5.6.7.8" || r.IP.String() != "5.6.7.8" || r.Listener != "127.0.0.1:0" {
		t.Errorf("%+v", r)
	}

	_, addr = start(t, Options{KeepHeaders: true}, h)
	dial(t, addr)
	if r := h.conn(t).Request(); r.Get("upgrade") != "websocket" || r.ClientIP != "127.0.0.1" {
		t.Errorf("%+v", r)
	}
}

func TestClientAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		peer, header string
		trusted      []netip.Prefix
		ip, text     string
	}{
		{"9.9.9.9", "", nil, "9.9.9.9", "9.9.9.9"},
		{"9.9.9.9", "1.1.1.1", nil, "1.1.1.1", "1.1.1.1"},
		{"9.9.9.9", "6.6.6.6, 1.1.1.1", nil, "1.1.1.1", "6.6.6.6, 1.1.1.1"},
		{"9.9.9.9", "1.1.1.1", proxies, "9.9.9.9", "9.9.9.9"},
		{"10.1.1.1", "1.1.1.1", proxies, "1.1.1.1", "1.1.1.1"},
		{"10.1.1.1", "6.6.6.6, 1.1.1.1, 10.2.2.2", proxies, "1.1.1.1", "6.6.6.6, 1.1.1.1, 10.2.2.2"},
		{"10.1.1.1", "10.3.3.3, 10.2.2.2", proxies, "10.3.3.3", "10.3.3.3, 10.2.2.2"},
		{"10.1.1.1", "1.1.1.1, unknown", proxies, "10.1.1.1", "1.1.1.1, unknown"},
		{"10.1.1.1", "1.1.1.1:4711", proxies, "1.1.1.1", "1.1.1.1:4711"},
		{"fd00::1", "[2001:db8::1]:99", proxies, "2001:db8::1", "[2001:db8::1]:99"},
		{"fd00::1", "::ffff:1.1.1.1", proxies, "1.1.1.1", "::ffff:1.1.1.1"},
		{"10.1.1.1", "", proxies, "10.1.1.1", "10.1.1.1"},
		{"", "1.1.1.1", proxies, "1.1.1.1", "1.1.1.1"}, // unix socket
	} {
		var peer netip.Addr
		if tt.peer != "" {
			peer = netip.MustParseAddr(tt.peer)
		}
		if ip, text := clientAddress(peer, tt.header, tt.trusted); ip.String() != tt.ip || text != tt.text {
			t.Errorf("%+v: got %v, %q", tt, ip, text)
		}
	}
}

func TestOriginPatterns(t *testing.T) {
	for _, tt := range []struct {
		pattern, origin string
		want            bool
	}{
		{"*", "https://a", true},
		{"https://a.org", "https://a.org", true},
		{"https://a.org", "https://A.org", true},
		{"https://a.org", "http://a.org", false},
		{"https://a.org", "https://a.org.b.com", false},
		{"https://*.a.org", "https://x.y.a.org", true},
		{"https://*.a.org", "https://a.org", false},
		{"*://localhost:*", "http://localhost:8000", true},
		{"*a*b*c", "xxaxbxbxc", true},
		{"*a*b*c", "xxaxbxbx", false},
		{"", "https://a", false},
	} {
		if got := originAllowed([]string{tt.pattern}, tt.origin); got != tt.want {
			t.Errorf("%q %q: %v", tt.pattern, tt.origin, got)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	h := newTestHandler()
	h.open = func(c *Conn) bool {
		c.Send(codec.TextFrameString("Server is full!"))
		c.Close(1000, "Server is full!")
		return false
	}
	s, addr := start(t, Options{}, h)
	c := dial(t, addr)
	c.expect(opText, "Server is full!")
	if r := c.expectClose(1000); r != "Server is full!" {
		t.Errorf("reason %q", r)
	}
	c.nc.Close()
	s.Wait(patient(t))
	if len(h.ends) != 0 {
		t.Error("Closed without a receiver")
	}
}

func FuzzHead(f *testing.F) {
	f.Add([]byte(request("A: b\r\n")))
	f.Add([]byte("GET / HTTP/1.1\n\n"))
	s := &Server{opt: Options{}.withDefaults()}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := headEnd(b, 0)
		if n < 0 {
			return
		}
		hb := &headBuffer{buf: bytes.Clone(b[:n])}
		var h head
		if h.parse(hb.buf[:n], hb.head.fields, DefaultMaxURI) != nil || s.check(&h) != nil {
			return
		}
		h.keepOneConnection()
		if _, err := s.answer(hb, n, ""); err != nil {
			t.Errorf("accepted here, refused there: %v: %q", err, b)
		}
	})
}
