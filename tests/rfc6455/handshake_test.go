package rfc6455

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/tests/harness"
)

const goodOrigin = "https://good.example"

// strictServer is an echo server with small limits. Tests that look at its memory or change its settings start
// their own.
func strictServer(t *testing.T, extra ...string) *harness.Server {
	args := []string{"echo", "--listen", "127.0.0.1:0", "--max-message", "64KiB", "--allowed-origins", goodOrigin}
	return harness.Start(t, append(args, extra...)...)
}

func hostOf(t *testing.T, target string) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// TestHandshakeRefused: each request gets one HTTP answer with the right status, and then the connection ends in
// an orderly way.
func TestHandshakeRefused(t *testing.T) {
	server := strictServer(t, "--handshake-timeout", "10s")
	host := hostOf(t, server.URL)
	get := func(headers ...string) string {
		return "GET / HTTP/1.1\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"
	}
	const (
		upgrade    = "Upgrade: websocket"
		connection = "Connection: Upgrade"
		version    = "Sec-WebSocket-Version: 13"
		key        = "Sec-WebSocket-Key: " + sampleKey
	)
	hostLine := "Host: " + host
	with := func(line, instead string) string {
		return strings.Replace(request(host, "/"), line+"\r\n", instead, 1)
	}
	long := strings.Repeat("x", 5<<10)
	tests := []struct {
		name, request string
		status        []int
	}{
		{"not HTTP", "hello there, server\r\n\r\n", []int{400}},
		{"not HTTP, binary", "\x00\x01\x02\x03\xff\xfe\r\n\r\n", []int{400}},
		{"not HTTP, blank lines", "\r\n\r\n\r\n\r\n", []int{400}},
		{"a frame instead of a request", string(text("hello")) + "\r\n\r\n", []int{400}},
		{"SIP", "GET / SIP/2.0\r\n\r\n", []int{400, 505}},
		{"HTTP/1.0", strings.Replace(request(host, "/"), "HTTP/1.1", "HTTP/1.0", 1), []int{400, 426, 505}},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{400, 405, 426, 505}},
		{"POST", strings.Replace(request(host, "/"), "GET", "POST", 1), []int{400, 405}},
		{"header without a colon", get(hostLine, upgrade, connection, version, key, "nonsense"), []int{400}},
		{"blank before the colon", get(hostLine, upgrade, connection, version, key, "X-A : b"), []int{400}},
		{"control character in a header", get(hostLine, upgrade, connection, version, key, "X-A: a\x00b"), []int{400}},
		{"no Host", get(upgrade, connection, version, key), []int{400}},
		{"two Hosts", get(hostLine, hostLine, upgrade, connection, version, key), []int{400}},
		{"plain request", get(hostLine), []int{426}},
		{"no Upgrade", get(hostLine, connection, version, key), []int{426}},
		{"another Upgrade", get(hostLine, "Upgrade: h2c", connection, version, key), []int{400, 426}},
		{"no Connection", get(hostLine, upgrade, version, key), []int{400, 426}},
		{"Connection without upgrade", get(hostLine, upgrade, "Connection: keep-alive", version, key), []int{400, 426}},
		{"no key", with(key, ""), []int{400}},
		{"empty key", with(key, "Sec-WebSocket-Key:\r\n"), []int{400}},
		{"key of 15 bytes", with(key, "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1\r\n"), []int{400}},
		{"key of 17 bytes", with(key, "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Njc=\r\n"), []int{400}},
		{"key that is not base64", with(key, "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\r\n"), []int{400}},
		{"key of 18 bytes", with(key, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQaa\r\n"), []int{400}},
		{"two keys", with(key, key+"\r\n"+key+"\r\n"), []int{400}},
		{"no version", with(version, ""), []int{426}},
		{"version 12", with(version, "Sec-WebSocket-Version: 12\r\n"), []int{426}},
		{"version 8", with(version, "Sec-WebSocket-Version: 8\r\n"), []int{426}},
		{"version that is no number", with(version, "Sec-WebSocket-Version: x\r\n"), []int{400, 426}},
		{"another Origin", request(host, "/", "Origin: https://bad.example"), []int{403}},
		{"an Origin that begins like the good one", request(host, "/", "Origin: "+goodOrigin+".evil.example"), []int{403}},
		{"the good Origin with another scheme", request(host, "/", "Origin: http://good.example"), []int{403}},
		{"an opaque Origin", request(host, "/", "Origin: null"), []int{403}},
		{"URL of 5 KiB", request(host, "/"+long), []int{414}},
		{"URL of 64 KiB", request(host, "/"+strings.Repeat("x", 64<<10)), []int{414, 431}},
		{"header of 9 KiB", request(host, "/", "X-Long: "+strings.Repeat("x", 9<<10)), []int{431}},
		{"9 KiB in many headers", request(host, "/", strings.Repeat("X-A: 1234567890\r\n", 600)+"X-B: c"), []int{431}},
		{"a megabyte of headers", request(host, "/", strings.Repeat("X-A: 1234567890\r\n", 60_000)+"X-B: c"), []int{431}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, err := dialTCP(host)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			go func() { _, _ = io.WriteString(w, tt.request) }() // the server need not read it all
			checkRefusal(t, w, tt.status)
		})
	}
}

// checkRefusal reads one HTTP answer and the end of the connection.
func checkRefusal(t *testing.T, w *wire, status []int) {
	t.Helper()
	response, err := http.ReadResponse(w.r, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Errorf("body: %v", err)
	}
	ok := false
	for _, s := range status {
		ok = ok || response.StatusCode == s
	}
	if !ok {
		t.Errorf("got %s %q, want %v", response.Status, body, status)
	}
	if response.StatusCode == http.StatusUpgradeRequired {
		if v := response.Header.Get("Sec-WebSocket-Version"); v != "13" {
			t.Errorf("426 with Sec-WebSocket-Version %q", v)
		}
	}
	if response.Close {
		if err := w.expectEOF(); err != nil {
			t.Error(err)
		}
	} else {
		t.Errorf("the answer does not say that the connection ends: %v", response.Header)
	}
}

// TestHandshakeAccepted: unusual requests that are right.
func TestHandshakeAccepted(t *testing.T) {
	server := strictServer(t)
	host := hostOf(t, server.URL)
	usual := request(host, "/")
	replace := func(old, with string) string { return strings.Replace(usual, old, with, 1) }
	tests := map[string]string{
		"usual":                     usual,
		"any path":                  request(host, "/some/where?x=1&y=%20"),
		"path of 3 KiB":             request(host, "/"+strings.Repeat("x", 3<<10)),
		"headers of 6 KiB":          request(host, "/", "X-Long: "+strings.Repeat("x", 6<<10)),
		"good Origin":               request(host, "/", "Origin: "+goodOrigin),
		"values in other case":      replace("Upgrade: websocket\r\nConnection: Upgrade", "Upgrade: WebSocket\r\nConnection: upgrade"),
		"names in other case":       strings.ReplaceAll(strings.ReplaceAll(usual, "Sec-WebSocket-", "SEC-websocket-"), "Upgrade:", "uPGRADE:"),
		"Connection with two words": replace("Connection: Upgrade", "Connection: keep-alive, Upgrade"),
		"no blank after the colon":  replace("Upgrade: websocket", "Upgrade:websocket"),
		"blanks around a value":     replace("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version:  \t13 \t"),
		"subprotocol":               request(host, "/", "Sec-WebSocket-Protocol: chat, superchat"),
		"unknown extension":         request(host, "/", "Sec-WebSocket-Extensions: x-unknown; a=1"),
		"compression, which is off": request(host, "/", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
		"cookies":                   request(host, "/", "Cookie: a=b; c=d"),
		"User-Agent":                request(host, "/", "User-Agent: Mozilla/5.0", "Accept-Language: de"),
	}
	for name, req := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := dialTCP(host)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			response, err := w.upgrade(req)
			if err != nil {
				t.Fatal(err)
			}
			if ext := response.Header.Get("Sec-WebSocket-Extensions"); ext != "" {
				t.Errorf("the answer has Sec-WebSocket-Extensions %q", ext)
			}
			echoOnce(t, w, "hello")
		})
	}
}

// echoOnce checks that a connection works, and ends it.
func echoOnce(t *testing.T, w *wire, s string) {
	t.Helper()
	if _, err := w.Write(text(s)); err != nil {
		t.Fatal(err)
	}
	expectEcho(t, w, s)
}

func expectEcho(t *testing.T, w *wire, s string) {
	t.Helper()
	got, err := w.readEvent(false)
	if err != nil || got.opcode != opText || string(got.payload) != s {
		t.Fatalf("got %v, %v, want the echo of %q", got, err, s)
	}
	if _, err := w.Write(closeFrame(1000, "")); err != nil {
		t.Fatal(err)
	}
	if err := w.expectClose([]int{1000}); err != nil {
		t.Fatal(err)
	}
	if err := w.expectEOF(); err != nil {
		t.Fatal(err)
	}
}

func TestEarlyFrame(t *testing.T) {
	server := strictServer(t)
	host := hostOf(t, server.URL)
	early := request(host, "/") + string(text("early"))
	for name, cut := range map[string][]string{
		"whole frame":         {early},
		"half a frame":        {early[:len(early)-4], early[len(early)-4:]},
		"one byte of it":      {early[:len(early)-len(text("early"))+1], early[len(early)-len(text("early"))+1:]},
		"with a second one":   {early + string(part(opText, false, "x")), string(part(opContinuation, true, "y"))},
		"large frame":         {request(host, "/") + string(text(strings.Repeat("early ", 10_000)))},
		"everything, chopped": strings.Split(early, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := dialTCP(host)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			for i, p := range cut {
				if _, err := io.WriteString(w, p); err != nil {
					t.Fatal(err)
				}
				if i == 0 && len(cut) == 2 {
					if _, err := w.accepted(); err != nil { // the rest comes when the server has seen the start
						t.Fatal(err)
					}
				}
			}
			if len(cut) != 2 {
				if _, err := w.accepted(); err != nil {
					t.Fatal(err)
				}
			}
			switch name {
			case "large frame":
				expectEcho(t, w, strings.Repeat("early ", 10_000))
			case "with a second one":
				if got, err := w.readEvent(false); err != nil || string(got.payload) != "early" {
					t.Fatalf("got %v, %v", got, err)
				}
				expectEcho(t, w, "xy")
			default:
				expectEcho(t, w, "early")
			}
		})
	}
}

// TestHandshakeTimeout: a client that does not finish its request is told so and let go.
func TestHandshakeTimeout(t *testing.T) {
	server := strictServer(t, "--handshake-timeout", "1s")
	host := hostOf(t, server.URL)
	whole := request(host, "/", "X-Slow: "+strings.Repeat("x", 4000))
	t.Run("half a request", func(t *testing.T) {
		t.Parallel()
		w, err := dialTCP(host)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if _, err := io.WriteString(w, whole[:60]); err != nil {
			t.Fatal(err)
		}
		checkRefusal(t, w, []int{408})
	})
	t.Run("byte by byte", func(t *testing.T) {
		t.Parallel()
		w, err := dialTCP(host)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		answered := make(chan struct{})
		defer close(answered)
		go drip(w, whole, answered)
		checkRefusal(t, w, []int{408})
	})
	t.Run("nothing at all", func(t *testing.T) {
		t.Parallel()
		w, err := dialTCP(host)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		rest, err := io.ReadAll(w.r) // an answer is not needed, an end is
		if err != nil {
			t.Fatal(err)
		}
		if len(rest) > 0 && !strings.HasPrefix(string(rest), "HTTP/1.1 408 ") {
			t.Errorf("got %q", rest)
		}
	})
}

// drip writes a byte every few milliseconds, which would take far longer than any handshake may.
func drip(w io.Writer, s string, stop <-chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := range s {
		select {
		case <-tick.C:
		case <-stop:
			return
		}
		if _, err := io.WriteString(w, s[i:i+1]); err != nil {
			return
		}
	}
}

// TestBadHandshakeDoesNoHarm: after each of many bad clients the server serves good ones.
func TestBadHandshakeDoesNoHarm(t *testing.T) {
	server := strictServer(t)
	host := hostOf(t, server.URL)
	for i := range 50 {
		w, err := dialTCP(host)
		if err != nil {
			t.Fatal(err)
		}
		req := request(host, "/")
		if _, err := fmt.Fprint(w, req[:i*len(req)/50]); err != nil {
			t.Fatal(err)
		}
		_ = w.Close()
	}
	good, _, err := open(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer good.Close()
	echoOnce(t, good, "still here")
}

// TestTLSOnPlainPort: a wss client on a ws port ends quickly and leaves a line in the log that says why.
func TestTLSOnPlainPort(t *testing.T) {
	server := strictServer(t)
	w, err := dialTCP(hostOf(t, server.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	hello := "\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + strings.Repeat("r", 194)
	if _, err := io.WriteString(w, hello); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, bufio.NewReader(w)); err != nil {
		t.Errorf("no orderly end: %v", err)
	}
	server.WaitLog("wss")
}
