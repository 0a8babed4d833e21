package transport

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/tests/harness"
)

func TestMain(m *testing.M) {
	portableReader = os.Getenv(envPortable) != ""
	goleak.VerifyTestMain(m)
}

// envPortable has the tests run with a goroutine for every connection.
const envPortable = "SKEIN_TEST_PORTABLE_READER"

const patience = 10 * time.Second

// testHandler records what the transport tells it and answers as its fields say.
type testHandler struct {
	admit   func(*Request) *Refusal
	open    func(*Conn) bool // false: no receiver
	message func(*Conn, *codec.Message)

	opens chan *Conn
	ends  chan End
}

func newTestHandler() *testHandler {
	return &testHandler{opens: make(chan *Conn, 4096), ends: make(chan End, 4096)}
}

func (h *testHandler) Admit(r *Request) *Refusal {
	if h.admit != nil {
		return h.admit(r)
	}
	return nil
}

func (h *testHandler) Open(c *Conn) Receiver {
	h.opens <- c
	if h.open != nil && !h.open(c) {
		return nil
	}
	return &testReceiver{h: h, c: c}
}

type testReceiver struct {
	h      *testHandler
	c      *Conn
	mu     sync.Mutex // held by every call, to find concurrent ones
	closed bool
}

func (r *testReceiver) enter() {
	if !r.mu.TryLock() {
		panic("receiver called concurrently")
	}
	if r.closed {
		panic("receiver called after Closed")
	}
}

func (r *testReceiver) Message(m *codec.Message) {
	r.enter()
	defer r.mu.Unlock()
	if r.h.message != nil {
		r.h.message(r.c, m)
		return
	}
	echo{r.c}.Message(m)
}

func (r *testReceiver) Closed(e End) {
	r.enter()
	defer r.mu.Unlock()
	r.closed = true
	r.h.ends <- e
}

func (h *testHandler) conn(t testing.TB) *Conn {
	t.Helper()
	return receive(t, h.opens, "a connection")
}

func (h *testHandler) end(t testing.TB) End {
	t.Helper()
	return receive(t, h.ends, "Closed")
}

func receive[T any](t testing.TB, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// eventually waits for a condition that has no channel.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	harness.Eventually(t, patience, what, ok)
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

var quietLog = slog.New(slog.DiscardHandler)

// newServer starts a server that is stopped with the test.
func newServer(t testing.TB, o Options, h Handler) *Server {
	t.Helper()
	if o.Logger == nil {
		o.Logger = quietLog
	}
	s := New(o, h)
	t.Cleanup(s.Stop)
	return s
}

func listenOn(t testing.TB, s *Server, addr string, tc TLS) *Listener {
	t.Helper()
	l, err := s.Listen(addr, tc)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// start is a server on a free port.
func start(t testing.TB, o Options, h Handler) (*Server, string) {
	t.Helper()
	s := newServer(t, o, h)
	return s, listenOn(t, s, "127.0.0.1:0", TLS{}).Addr().String()
}

// client is a raw WebSocket client.
type client struct {
	t  testing.TB
	nc net.Conn
	br *bufio.Reader
}

func dialRaw(t testing.TB, addr string) *client {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return wrap(t, nc)
}

func wrap(t testing.TB, nc net.Conn) *client {
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	return &client{t: t, nc: nc, br: bufio.NewReader(nc)}
}

const testKey = "dGhlIHNhbXBsZSBub25jZQ=="

// request builds a handshake; extra lines end with CRLF.
func request(extra string) string {
	return "GET / HTTP/1.1\r\nHost: example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + testKey + "\r\n" + extra + "\r\n"
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	c := dialRaw(t, addr)
	c.upgrade("")
	return c
}

func (c *client) upgrade(extra string) *http.Response {
	c.t.Helper()
	c.write([]byte(request(extra)))
	r := c.response()
	if r.StatusCode != 101 {
		c.t.Fatalf("upgrade: %s", r.Status)
	}
	return r
}

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.nc.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) response() *http.Response {
	c.t.Helper()
	r, err := http.ReadResponse(c.br, nil)
	if err != nil {
		c.t.Fatalf("response: %v", err)
	}
	return r
}

// refused reads an HTTP refusal to its orderly end.
func (c *client) refused() (*http.Response, string) {
	c.t.Helper()
	r := c.response()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Fatalf("body: %v", err)
	}
	if r.ContentLength != int64(len(body)) || len(body) == 0 {
		c.t.Errorf("Content-Length %d, body %q", r.ContentLength, body)
	}
	if !r.Close {
		c.t.Errorf("no Connection: close in %v", r.Header)
	}
	c.eof()
	return r, string(body)
}

// frame builds a masked frame.
func frame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	var mask [4]byte
	rand.Read(mask[:])
	b = append(b, mask[:]...)
	at := len(b)
	b = append(b, payload...)
	ws.Cipher(b[at:], mask, 0)
	return b
}

const (
	fin    = 0x80
	opText = 1
	opBin  = 2
	opEnd  = 8
	opPing = 9
	opPong = 10
)

func (c *client) send(op byte, payload string) {
	c.t.Helper()
	c.write(frame(fin|op, []byte(payload)))
}

// next reads one frame.
func (c *client) next() (first byte, payload []byte, err error) {
	h, err := ws.ReadHeader(c.br)
	if err != nil {
		return 0, nil, err
	}
	if h.Masked {
		return 0, nil, fmt.Errorf("server frame is masked")
	}
	payload = make([]byte, h.Length)
	_, err = io.ReadFull(c.br, payload)
	first = byte(h.OpCode) | h.Rsv<<4
	if h.Fin {
		first |= fin
	}
	return first, payload, err
}

func (c *client) expect(op byte, payload string) {
	c.t.Helper()
	first, got, err := c.next()
	if err != nil {
		c.t.Fatalf("expected op %d %.60q: %v", op, payload, err)
	}
	if first != fin|op || string(got) != payload {
		c.t.Fatalf("got %#x %.60q, expected op %d %.60q", first, got, op, payload)
	}
}

// expectClose reads up to a Close frame, skipping others, and then the orderly end of the connection.
func (c *client) expectClose(code uint16) (reason string) {
	c.t.Helper()
	for {
		first, p, err := c.next()
		if err != nil {
			c.t.Fatalf("expected close %d: %v", code, err)
		}
		if first != fin|opEnd {
			continue
		}
		if code == codeNoStatus {
			if len(p) != 0 {
				c.t.Fatalf("close with payload %q", p)
			}
		} else if len(p) < 2 || binary.BigEndian.Uint16(p) != code {
			c.t.Fatalf("close %v, expected %d", p, code)
		} else {
			reason = string(p[2:])
		}
		c.eof()
		return reason
	}
}

// eof expects an orderly end of the connection, not a reset.
func (c *client) eof() {
	c.t.Helper()
	if n, err := c.br.ReadByte(); err != io.EOF {
		c.t.Fatalf("expected EOF, got %d, %v", n, err)
	}
}

func closePayload(code uint16, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, code)) + reason
}

func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}
