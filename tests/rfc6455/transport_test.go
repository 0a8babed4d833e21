package rfc6455

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skeinhq/skein/tests/harness"
)

// limit is --max-message of strictServer.
const limit = 64 * kib

// TestMessageLimit: RFC 6455, section 7.4.1, code 1009. A message is refused by its headers, before its bytes come.
func TestMessageLimit(t *testing.T) {
	target := strictServer(t).URL
	full := strings.Repeat("x", limit)
	header := func(opcode byte, declare uint64) []byte { // promises that many bytes and brings none
		return rawFrame{fin: true, opcode: opcode, declare: declare}.bytes()
	}
	var many [][]byte
	for i := range 65 {
		op := byte(opContinuation)
		if i == 0 {
			op = opBinary
		}
		many = append(many, part(op, false, full[:kib]))
	}
	for _, c := range []testCase{
		{"limit", "exactly at it", list(text(full)), wants(wantText(full)), clean},
		{"limit", "exactly at it in fragments", fragments(opText, []byte(full), 1000), wants(wantText(full)), clean},
		{"limit", "one byte over it", list(text(full + "x")), nil, tooBig},
		{"limit", "one byte over it, only promised", list(header(opText, limit+1)), nil, tooBig},
		{"limit", "one byte over it in two fragments", pieces(opText, full, "x"), nil, tooBig},
		{"limit", "one byte over it, second fragment only promised", list(part(opText, false, full), header(opContinuation, 1)), nil, tooBig},
		{"limit", "65 fragments of 1 KiB, never finished", many, nil, tooBig},
		{"limit", "a gigabyte promised", list(header(opBinary, 1<<30)), nil, tooBig},
		{"limit", "2^62 bytes promised", list(header(opBinary, 1<<62)), nil, tooBig},
		{"limit", "2^63-1 bytes promised", list(header(opBinary, 1<<63-1)), nil, tooBig},
		{"limit", "2^63-1 bytes promised after a fragment", list(part(opText, false, "x"), header(opContinuation, 1<<63-1)), nil, tooBig},
		{"limit", "2^63 bytes promised", list(header(opBinary, 1<<63)), nil, failed},
		{"limit", "a good message before", list(text("a"), header(opText, limit+1)), wants(wantText("a")), tooBig},
		{"limit", "a megabyte follows", list(joined(header(opText, mib), bytes.Repeat([]byte("x"), mib))), nil, tooBig},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := c.run(target); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCloseFrameSurvivesUnreadInput: a server that closes a socket with unread input resets the connection, and
// the Close frame is lost on the way.
func TestCloseFrameSurvivesUnreadInput(t *testing.T) {
	target := strictServer(t).URL
	noise := bytes.Repeat(text("more and more"), 20_000)
	for name, bad := range map[string][]byte{
		"protocol error": rawFrame{fin: true, rsv: 2, opcode: opText, payload: []byte("x")}.bytes(),
		"not UTF-8":      text("\xff"),
		"too large":      rawFrame{fin: true, opcode: opText, declare: 1 << 40, form: 8}.bytes(),
		"Close":          closeFrame(1000, ""),
	} {
		code := map[string]int{"protocol error": 1002, "not UTF-8": 1007, "too large": 1009, "Close": 1000}[name]
		for _, form := range []string{"in one Write", "in many"} {
			t.Run(name+", "+form, func(t *testing.T) {
				t.Parallel()
				send := list(joined(bad, noise))
				if form == "in many" {
					send = chop(send[0], 4*kib)
				}
				c := testCase{"lingering", name, send, nil, closes(code)}
				if err := c.run(target); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestTinyFragments: 100,000 fragments of a byte must not cost more memory than the message they make.
func TestTinyFragments(t *testing.T) {
	server := harness.Start(t, "echo", "--listen", "127.0.0.1:0")
	play := func(n int) {
		t.Helper()
		p := sample(opText, n)
		c := testCase{"fragments", "tiny", chop(joined(fragments(opText, p, 1)...), 64*kib), wants(message{opText, p}), clean}
		if err := c.run(server.URL); err != nil {
			t.Fatal(err)
		}
	}
	play(1000)
	before := residentBytes(t, server.Pid())
	for range 5 {
		play(100_000)
	}
	if grown := residentBytes(t, server.Pid()) - before; grown > 64*mib {
		t.Errorf("five messages of 100,000 bytes in fragments of one: %d MiB more memory", grown/mib)
	}
}

// TestHugePromises: what a header promises is not allocated.
func TestHugePromises(t *testing.T) {
	server := harness.Start(t, "echo", "--listen", "127.0.0.1:0", "--max-message", "64MiB")
	first, _, err := open(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	before := residentBytes(t, server.Pid())
	for range 50 {
		w, _, err := open(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		promise := rawFrame{fin: true, opcode: opBinary, payload: []byte("x"), declare: 60 * mib}.bytes()
		if _, err := w.Write(joined(ping("seen"), promise)); err != nil {
			t.Fatal(err)
		}
		if got, err := w.readEvent(false); err != nil || got.opcode != opPong {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	if grown := residentBytes(t, server.Pid()) - before; grown > 512*mib {
		t.Errorf("50 promises of 60 MiB: %d MiB more memory", grown/mib)
	}
}

// residentBytes reads how much memory a process holds.
func residentBytes(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("this system has no /proc to read memory from")
	}
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// TestKeepAlive: a silent client is pinged; one that answers stays, one that does not is let go.
func TestKeepAlive(t *testing.T) {
	server := strictServer(t, "--ping-interval", "200ms", "--pong-timeout", "500ms")
	expectPing := func(t *testing.T, w *wire) message {
		t.Helper()
		got, err := w.readEvent(true)
		if err != nil || got.opcode != opPing {
			t.Fatalf("got %v, %v, want a ping", got, err)
		}
		return got
	}
	t.Run("answered", func(t *testing.T) {
		t.Parallel()
		w, _, err := open(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		for range 6 { // longer than interval and timeout together
			p := expectPing(t, w)
			if _, err := w.Write(pong(string(p.payload))); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("not answered", func(t *testing.T) {
		t.Parallel()
		w, _, err := open(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		expectPing(t, w)
		for {
			got, err := w.readEvent(true)
			if err == nil && got.opcode == opPing {
				continue
			}
			if err == nil && got.opcode == opClose || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
				return
			}
			t.Fatalf("got %v, %v, want the end", got, err)
		}
	})
}

// deflated compresses a message as RFC 7692 says, without the four bytes at the end.
func deflated(t *testing.T, p []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(p); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}

// TestCompression: permessage-deflate, where it is switched on.
func TestCompression(t *testing.T) {
	server := strictServer(t, "--compression")
	compressed := func(rsv, opcode byte, p []byte) []byte {
		return rawFrame{fin: true, rsv: rsv, opcode: opcode, payload: p}.bytes()
	}
	start := func(t *testing.T) *wire {
		t.Helper()
		w, response, err := open(server.URL, "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.Close() })
		if ext := response.Header.Get("Sec-WebSocket-Extensions"); !strings.HasPrefix(ext, "permessage-deflate") {
			t.Fatalf("permessage-deflate is not accepted: %q", ext)
		}
		if err := w.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		return w
	}
	t.Run("echo", func(t *testing.T) {
		w := start(t)
		for _, s := range []string{"hello", strings.Repeat(greeting, 500), "hello"} {
			if _, err := w.Write(compressed(4, opText, deflated(t, []byte(s)))); err != nil {
				t.Fatal(err)
			}
			if got := readInflated(t, w); got != s {
				t.Errorf("got %d bytes, want %d", len(got), len(s))
			}
		}
	})
	t.Run("uncompressed message", func(t *testing.T) {
		w := start(t)
		if _, err := w.Write(text("plain")); err != nil {
			t.Fatal(err)
		}
		if got := readInflated(t, w); got != "plain" {
			t.Errorf("got %q", got)
		}
	})
	bomb := deflated(t, make([]byte, 100*mib))
	for _, tt := range []struct {
		name string
		send []byte
		code int
	}{
		{"100 MiB of zeros", compressed(4, opBinary, bomb[:min(len(bomb), limit)]), 1009},
		{"one byte over the limit", compressed(4, opBinary, deflated(t, make([]byte, limit+1))), 1009},
		{"not UTF-8 after inflating", compressed(4, opText, deflated(t, []byte(wrong))), 1007},
		{"RSV2 is still refused", compressed(2, opText, []byte("x")), 1002},
		{"RSV1 and RSV3 are refused", compressed(5, opText, deflated(t, []byte("x"))), 1002},
		{"RSV1 in a ping", compressed(4, opPing, nil), 1002},
		{"RSV1 in a continuation", joined(part(opText, false, "x"), compressed(4, opContinuation, []byte("y"))), 1002},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t)
			if _, err := w.Write(tt.send); err != nil {
				t.Fatal(err)
			}
			if err := w.expectClose([]int{tt.code}); err != nil {
				t.Fatal(err)
			}
			if err := w.expectEOF(); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("garbage that is no deflate stream", func(t *testing.T) {
		w := start(t)
		if _, err := w.Write(compressed(4, opText, []byte{0xff, 0xff, 0xff, 0xff})); err != nil {
			t.Fatal(err)
		}
		if err := w.expectClose([]int{1002, 1007}); err != nil {
			t.Fatal(err)
		}
	})
}

// readInflated reads a message that may be compressed.
func readInflated(t *testing.T, w *wire) string {
	t.Helper()
	f, err := w.readFrame()
	if err != nil {
		t.Fatal(err)
	}
	if !f.fin || f.rsv&3 != 0 {
		t.Fatalf("frame with RSV %03b, final: %v", f.rsv, f.fin)
	}
	if f.rsv == 0 {
		return string(f.payload)
	}
	tail := "\x00\x00\xff\xff\x01\x00\x00\xff\xff"
	p, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(f.payload), strings.NewReader(tail))))
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}
