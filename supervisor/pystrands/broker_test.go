package pystrands

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"go.uber.org/goleak"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/tests/harness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

var quiet = slog.New(slog.DiscardHandler)

func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// startBroker starts a real broker and returns where end clients and backends connect.
func startBroker(t testing.TB, o supervisor.PyStrandsOptions) (srv *supervisor.Server, url, addr string) {
	t.Helper()
	o.Listen, o.Backends = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
	srv = supervisor.New(supervisor.Options{NoListen: true, PyStrands: o, Logger: quiet})
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Stop(); err != nil {
			t.Error(err)
		}
	})
	return srv, "ws://" + srv.PyStrandsListeners()[0].Addr().String(), srv.BackendListeners()[0].Addr().String()
}

// run runs a client until the end of the test.
func run(t testing.TB, c *Client) {
	t.Helper()
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := receive(t, done, "Run to return"); err != nil {
			t.Error(err)
		}
	})
}

func receive[T any](t testing.TB, ch <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
	return v
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	harness.Eventually(t, patience, what, ok)
}

// page is an end client.
type page struct {
	t  testing.TB
	nc net.Conn
	in *bufio.Reader
}

func dial(t testing.TB, url string, header ws.HandshakeHeader) (*page, error) {
	t.Helper()
	d := ws.Dialer{Header: header, Protocols: []string{"chat"}}
	nc, early, _, err := d.Dial(patient(t), url)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	p := &page{t: t, nc: nc}
	if early != nil { // what came together with the 101
		p.in = early
	} else {
		p.in = bufio.NewReader(nc)
	}
	return p, nil
}

func open(t testing.TB, url string) *page {
	t.Helper()
	p, err := dial(t, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *page) say(text string) {
	p.t.Helper()
	if err := wsutil.WriteClientText(p.nc, []byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *page) hear(want string) {
	p.t.Helper()
	got, err := wsutil.ReadServerText(struct {
		io.Reader
		io.Writer
	}{p.in, p.nc})
	if err != nil || string(got) != want {
		p.t.Fatalf("%.80q (%v) instead of %.80q", got, err, want)
	}
}

// fakeBroker is a broker whose lines the test writes by hand.
type fakeBroker struct {
	t     testing.TB
	ln    net.Listener
	conns chan *fakeConn
}

type fakeConn struct {
	t  testing.TB
	nc net.Conn
	in *bufio.Scanner
}

func newFakeBroker(t testing.TB) *fakeBroker {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &fakeBroker{t: t, ln: ln, conns: make(chan *fakeConn, 16)}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			nc.SetDeadline(time.Now().Add(patience))
			in := bufio.NewScanner(nc)
			in.Buffer(nil, 10<<20)
			b.conns <- &fakeConn{t, nc, in}
		}
	})
	t.Cleanup(func() {
		ln.Close()
		accepting.Wait()
		close(b.conns)
		for c := range b.conns {
			c.nc.Close()
		}
	})
	return b
}

func (b *fakeBroker) addr() string { return b.ln.Addr().String() }

// accept returns the next connection after its greeting.
func (b *fakeBroker) accept() *fakeConn {
	b.t.Helper()
	c := receive(b.t, b.conns, "a connection")
	b.t.Cleanup(func() { c.nc.Close() })
	if got := c.hear(); !strings.Contains(got, `"heartbeat"`) && !strings.Contains(got, `"auth"`) {
		b.t.Errorf("first line %q", got)
	}
	return c
}

func (c *fakeConn) hear() string {
	c.t.Helper()
	if !c.in.Scan() {
		c.t.Fatalf("no line: %v", c.in.Err())
	}
	return c.in.Text()
}

func (c *fakeConn) say(format string, args ...any) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c.nc, format+"\n", args...); err != nil {
		c.t.Fatal(err)
	}
}
