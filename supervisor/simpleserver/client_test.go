package simpleserver

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	codec "github.com/skeinhq/skein/codec/simpleserver"
)

func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// connect connects a client and closes it at the end of the test.
func connect(t testing.TB, addr net.Addr, o ClientOptions) *Client {
	t.Helper()
	c := NewClient(o)
	t.Cleanup(func() { c.Close() })
	if ok, text := c.Connect("127.0.0.1", addr.(*net.TCPAddr).Port); !ok {
		t.Fatal(text)
	}
	return c
}

func send(t testing.TB, c *Client, m *Message) {
	t.Helper()
	if err := c.Send(m); err != nil {
		t.Fatal(err)
	}
}

// expect reads one message: (a=1) body.
func expect(t testing.TB, c *Client, want string) {
	t.Helper()
	m, err := c.ReadContext(patient(t))
	if err != nil {
		t.Fatalf("%v instead of %.80q", err, want)
	}
	if got := show(m); got != want {
		t.Fatalf("%.80q instead of %.80q", got, want)
	}
}

func expectEnd(t testing.TB, c *Client, want error) {
	t.Helper()
	m, err := c.ReadContext(patient(t))
	if !errors.Is(err, want) || m != nil {
		t.Fatalf("%v, %v instead of %v", m, err, want)
	}
	if err := c.Err(); !errors.Is(err, want) {
		t.Errorf("Err: %v", err)
	}
	if err := c.Send(NewMessage("x")); !errors.Is(err, want) {
		t.Errorf("Send: %v", err)
	}
}

func show(m *Message) string {
	var headers []string
	for _, h := range m.Headers {
		headers = append(headers, h.Name+"="+h.Value)
	}
	return fmt.Sprintf("(%s) %s", strings.Join(headers, ","), m.Body)
}

// peer is a server whose bytes the test writes by hand.
type peer struct{ net.Conn }

// fake starts a server for one client, and connects that.
func fake(t testing.TB, o ClientOptions) (*peer, *Client) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c := connect(t, ln.Addr(), o)
	nc, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	return &peer{nc}, c
}

func (p *peer) say(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(p, text); err != nil {
		t.Fatal(err)
	}
}

func echoServer(t testing.TB) *Server {
	t.Helper()
	s := startServer(t, ServerOptions{Host: "127.0.0.1", TickRate: 1000})
	s.OnMessage(func(c *ConnectionClient, m *Message) {
		if err := c.Send(m); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestClient(t *testing.T) {
	s := echoServer(t)
	c := connect(t, s.Addr(), ClientOptions{})
	if m, ok := c.Read(); ok || m != nil {
		t.Error("read", m)
	}
	for _, body := range []string{
		"", "hi", "50% off", "$a:1|%x", "$%", "$@len:9|%", "\x00\xff", "é", strings.Repeat("x", 5000), strings.Repeat("%$|:", 1<<18),
	} {
		m := NewMessage(body)
		m.Add("a", "1")
		m.Add("b", "$:")
		send(t, c, m)
		clear(m.Body) // it is not kept
		expect(t, c, "(a=1,b=$:) "+body)
	}
	for i := range 2000 {
		send(t, c, NewMessage(fmt.Sprint(i)))
	}
	for i := range 2000 {
		expect(t, c, fmt.Sprintf("() %d", i))
	}
	if err := c.Err(); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	expectEnd(t, c, ErrClosed)
	if err := c.Close(); err != nil {
		t.Error("closed again:", err)
	}
	eventually(t, "gone", func() bool { return len(s.Clients()) == 0 })
}

// The first bytes are a hello, so that the server knows the client for one that needs no pauses.
func TestClientIsFramedFromTheFirstByte(t *testing.T) {
	p, c := fake(t, ClientOptions{})
	receive(t, p, codec.Hello)
	m := NewMessage("body")
	m.Add("a", "1")
	send(t, c, m)
	receive(t, p, "$@len:4|a:1|%body")
}

// A server may say something before it has read the hello, without a length then.
func TestClientReadsLegacyMessages(t *testing.T) {
	p, c := fake(t, ClientOptions{Idle: time.Millisecond, IdleLarge: 2 * time.Millisecond})
	p.say(t, "$a:1|%hello")
	expect(t, c, "(a=1) hello")
	p.say(t, "plain")
	expect(t, c, "() plain")
	p.say(t, "$@len:2|%$%$%"+strings.Repeat("y", 2000))
	expect(t, c, "() $%")
	expect(t, c, "() "+strings.Repeat("y", 2000))
	p.say(t, "$@len:9|b:|%$a:1|%x%y$c:|%open")
	expect(t, c, "(b=) $a:1|%x%y")
	receive(t, p, codec.Hello) // else the connection would be reset
	p.Close()
	expect(t, c, "(c=) open")
	expectEnd(t, c, io.EOF)
}

func TestClientConnect(t *testing.T) {
	c := NewClient(ClientOptions{ConnectTimeout: patience})
	if err := c.Send(NewMessage("x")); err != ErrNotConnected {
		t.Error(err)
	}
	if m, ok := c.Read(); ok || m != nil || c.Err() != nil {
		t.Error("read before the connection:", m, c.Err())
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	ok, text := c.Connect("127.0.0.1", closed.Addr().(*net.TCPAddr).Port)
	if ok || !strings.Contains(text, "refused") {
		t.Error(ok, text)
	}
	given, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.ConnectContext(given, "127.0.0.1", 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}

	s := echoServer(t)
	ok, text = c.Connect("localhost", s.Addr().(*net.TCPAddr).Port)
	if !ok || text == "" {
		t.Fatal(text)
	}
	if err := c.ConnectContext(patient(t), "localhost", s.Addr().(*net.TCPAddr).Port); err != ErrAlreadyConnected {
		t.Error(err)
	}
	send(t, c, NewMessage("after failures"))
	expect(t, c, "() after failures")
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if ok, text := c.Connect("localhost", 1); ok || text != ErrClosed.Error() {
		t.Error(ok, text)
	}

	never := NewClient(ClientOptions{})
	if err := never.Close(); err != nil {
		t.Error(err)
	}
	expectEnd(t, never, ErrClosed)
}

func TestClientCloseEndsConnect(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c := NewClient(ClientOptions{TLS: &tls.Config{InsecureSkipVerify: true}, ConnectTimeout: patience})
	ended := make(chan error)
	go func() { ended <- c.ConnectContext(context.Background(), "127.0.0.1", ln.Addr().(*net.TCPAddr).Port) }()
	nc, err := ln.Accept() // it waits for an answer to its first bytes now
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := c.ConnectContext(context.Background(), "127.0.0.1", 1); err != ErrAlreadyConnected {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != ErrClosed {
		t.Error(err)
	}
}

func TestClientTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	served := make(chan string, 1)
	go func() {
		nc, err := ln.Accept()
		if err != nil {
			served <- err.Error()
			return
		}
		defer nc.Close()
		io.WriteString(nc, "$@len:2|%hi")
		all, err := io.ReadAll(nc)
		served <- fmt.Sprint(string(all), err)
	}()
	c := connect(t, ln.Addr(), ClientOptions{TLS: web.Client().Transport.(*http.Transport).TLSClientConfig})
	expect(t, c, "() hi")
	send(t, c, NewMessage("bye"))
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if got := <-served; got != "$@len:0|%$@len:3|%bye<nil>" {
		t.Error(got)
	}
}

func TestClientRefusesToSend(t *testing.T) {
	p, c := fake(t, ClientOptions{MaxMessage: 10})
	bad := NewMessage("x")
	bad.Add("a|", "")
	long := NewMessage("x")
	long.Add("a", strings.Repeat("v", codec.MaxHead))
	for _, test := range []struct {
		m    *Message
		want error
	}{
		{&Message{}, ErrEmpty}, {bad, codec.ErrHeaderName}, {long, codec.ErrHeadTooLarge},
		{NewMessage("hello world"), codec.ErrTooLarge},
	} {
		if err := c.Send(test.m); err != test.want {
			t.Errorf("%v instead of %v", err, test.want)
		}
	}
	send(t, c, NewMessage("0123456789"))
	receive(t, p, codec.Hello+"$@len:10|%0123456789")
}

func TestClientEnds(t *testing.T) {
	for name, test := range map[string]struct {
		say, first, reason string
	}{
		"bad length": {"$@len:2|%ok$@len:x|%", "() ok", codec.ReasonBadLength},
		"too large":  {"$@len:2|%ok$@len:11|%", "() ok", codec.ReasonTooLarge},
		"stalled":    {"$@len:2|%ok$@len:5|%ab", "() ok", codec.ReasonStalled},
	} {
		t.Run(name, func(t *testing.T) {
			p, c := fake(t, ClientOptions{MaxMessage: 10, Stall: 10 * time.Millisecond})
			p.say(t, test.say)
			expect(t, c, test.first)
			_, err := c.ReadContext(patient(t))
			var e *codec.CloseError
			if !errors.As(err, &e) || e.Reason != test.reason || c.Err() != err || c.Close() != err {
				t.Error(err)
			}
			if _, err := io.Copy(io.Discard, p); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection is still open")
			}
		})
	}
	t.Run("truncated", func(t *testing.T) {
		p, c := fake(t, ClientOptions{})
		p.say(t, "$@len:5|%ab")
		receive(t, p, codec.Hello)
		p.Close()
		_, err := c.ReadContext(patient(t))
		var e *codec.CloseError
		if !errors.As(err, &e) || e.Reason != codec.ReasonTruncated {
			t.Error(err)
		}
	})
	t.Run("closed by the server", func(t *testing.T) {
		p, c := fake(t, ClientOptions{})
		p.say(t, "$@len:1|%a$@len:1|%b")
		receive(t, p, codec.Hello)
		p.Close()
		eventually(t, "the end is known", func() bool { return c.Err() != nil })
		expect(t, c, "() a")
		if m, ok := c.Read(); !ok || show(m) != "() b" {
			t.Error(m, ok)
		}
		expectEnd(t, c, io.EOF)
		if m, ok := c.Read(); ok || m != nil {
			t.Error(m)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// What is not read stays with the server, and none of it is lost.
func TestClientReadQueue(t *testing.T) {
	for name, o := range map[string]ClientOptions{
		"messages": {ReadQueue: 4},
		"bytes":    {ReadBytes: 5000},
	} {
		t.Run(name, func(t *testing.T) {
			p, c := fake(t, o)
			const n = 20_000
			body := strings.Repeat("x", 995)
			written := make(chan error, 1)
			go func() {
				for i := range n {
					if _, err := fmt.Fprintf(p, "$@len:1000|%%%s%05d", body, i); err != nil {
						written <- err
						return
					}
				}
				written <- nil
			}()
			full := func() bool { return len(c.messages) == 4 || name == "bytes" && c.unread.Load() == 5000 }
			eventually(t, "full", full)
			for i := range n {
				expect(t, c, fmt.Sprintf("() %s%05d", body, i))
				if len(c.messages) > 5 || c.unread.Load() > 6000 { // with the one that waits for its turn
					t.Fatalf("%d messages of %d bytes wait", len(c.messages), c.unread.Load())
				}
				if i == 0 {
					select {
					case err := <-written:
						t.Fatal("20 MB were taken", err)
					default:
					}
				}
			}
			if err := <-written; err != nil {
				t.Error(err)
			}
		})
	}
}

// A message that is larger than all that may wait is delivered none the less.
func TestClientLargeMessage(t *testing.T) {
	p, c := fake(t, ClientOptions{ReadBytes: 10, SendBytes: 10})
	p.say(t, "$@len:5|%12345$@len:100|%"+strings.Repeat("x", 100)+"$@len:1|%y")
	expect(t, c, "() 12345")
	expect(t, c, "() "+strings.Repeat("x", 100))
	expect(t, c, "() y")
	send(t, c, NewMessage(strings.Repeat("z", 100)))
	receive(t, p, codec.Hello+"$@len:100|%"+strings.Repeat("z", 100))
}

// A server that takes nothing makes senders wait, up to a limit.
func TestClientWriteTimeout(t *testing.T) {
	large := NewMessage(strings.Repeat("x", 1<<20))
	fill := func(c *Client) error {
		for {
			if err := c.Send(large); err != nil {
				return err
			}
		}
	}
	t.Run("timeout", func(t *testing.T) {
		_, c := fake(t, ClientOptions{WriteTimeout: 50 * time.Millisecond, CloseTimeout: 10 * time.Millisecond, SendBytes: 1 << 16})
		if err := fill(c); err != ErrNotTaken {
			t.Error(err)
		}
		if err := c.Close(); err != ErrNotTaken {
			t.Error(err)
		}
	})
	t.Run("closed", func(t *testing.T) {
		p, c := fake(t, ClientOptions{CloseTimeout: 10 * time.Millisecond, SendBytes: 1 << 16})
		for _, nc := range []net.Conn{p.Conn, c.nc} { // the system shall not take it all
			if err := errors.Join(nc.(*net.TCPConn).SetReadBuffer(4096), nc.(*net.TCPConn).SetWriteBuffer(4096)); err != nil {
				t.Fatal(err)
			}
		}
		filled := make(chan error)
		for range 3 {
			go func() { filled <- fill(c) }()
		}
		eventually(t, "full", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.out) >= 1<<20
		})
		if err := c.Close(); err != ErrNotTaken {
			t.Error("messages are lost, but:", err)
		}
		for range 3 {
			if err := <-filled; err != ErrClosed {
				t.Error(err)
			}
		}
	})
}

// What was sent before Close arrives, also when the server has sent much that nobody reads.
func TestClientCloseSendsTheRest(t *testing.T) {
	p, c := fake(t, ClientOptions{ReadQueue: 1})
	p.say(t, strings.Repeat("$@len:1|%x", 10_000))
	var want bytes.Buffer
	want.WriteString(codec.Hello)
	for range 50 {
		m := NewMessage(strings.Repeat("y", 100_000))
		send(t, c, m)
		text, _ := m.AppendFramed(nil)
		want.Write(text)
	}
	closed := make(chan error)
	go func() { closed <- c.Close() }()
	got, err := io.ReadAll(p)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	p.Close()
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestClientReadContext(t *testing.T) {
	p, c := fake(t, ClientOptions{})
	done, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	read := func(ctx context.Context) {
		_, err := c.ReadContext(ctx)
		ended <- err
	}
	go read(done)
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Error(err)
	}
	p.say(t, "$@len:1|%x")
	eventually(t, "it is there", func() bool { return len(c.messages) == 1 })
	if m, err := c.ReadContext(done); err != nil || show(m) != "() x" {
		t.Error(m, err)
	}
	for range 3 {
		go read(context.Background())
	}
	receive(t, p, codec.Hello)
	p.Close()
	for range 3 {
		if err := <-ended; err != io.EOF {
			t.Error(err)
		}
	}
}

// Many goroutines send and read: everything arrives once, and what one of them sends in its order.
func TestClientByManyGoroutines(t *testing.T) {
	const senders, readers, each = 8, 4, 500
	next := make([]int, senders)
	s := startServer(t, ServerOptions{Host: "127.0.0.1", TickRate: 1000})
	s.OnMessage(func(c *ConnectionClient, m *Message) {
		var from, n int
		if _, err := fmt.Sscanf(string(m.Body), "%d %d", &from, &n); err != nil || n != next[from] {
			t.Errorf("%q (%v), but %d comes next", m.Body, err, next[from])
		}
		next[from]++
		if err := c.Send(m); err != nil {
			t.Error(err)
		}
	})
	c := connect(t, s.Addr(), ClientOptions{ReadQueue: 16, SendBytes: 4096})
	var all, reading sync.WaitGroup
	for from := range senders {
		all.Go(func() {
			for n := range each {
				if err := c.Send(NewMessage(fmt.Sprint(from, n))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	arrived := make(chan string, senders*each)
	ctx, cancel := context.WithCancel(patient(t))
	for range readers {
		reading.Go(func() {
			for {
				m, err := c.ReadContext(ctx)
				if err != nil {
					return
				}
				arrived <- string(m.Body)
			}
		})
	}
	seen := map[string]int{}
	for range senders * each {
		select {
		case text := <-arrived:
			seen[text]++
		case <-ctx.Done():
			t.Fatal("messages are missing")
		}
	}
	if len(seen) != senders*each {
		t.Errorf("%d different messages", len(seen))
	}
	all.Wait()
	cancel()
	reading.Wait()
}
