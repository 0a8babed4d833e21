package simpleserver

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/tests/harness"
)

const patience = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

func startServer(t testing.TB, o ServerOptions) *Server {
	t.Helper()
	if o.Logger == nil {
		o.Logger = quiet
	}
	s := NewServer(o)
	if err := s.StartAsync(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		if err := s.Wait(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// eventually returns when ok does.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	harness.Eventually(t, patience, what, ok)
}

func dial(t testing.TB, s *Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

func receive(t testing.TB, from net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(from, got); err != nil || string(got) != want {
		t.Fatalf("%q (%v) instead of %q", got[:n], err, want)
	}
}

// The server of the library's README, a legacy client and one that closes its side as soon as it has asked.
func TestServer(t *testing.T) {
	var log bytes.Buffer
	s := NewServer(ServerOptions{
		TickRate: 1000, VerboseLogging: true, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Limits: supervisor.SimpleServerOptions{Idle: time.Millisecond, LegacyGap: time.Millisecond},
	})
	s.OnMessage(func(c *ConnectionClient, m *Message) {
		if m.Has("handshake") {
			answer := NewMessage("Hello from the server!")
			answer.Add("handshake", "example")
			if err := c.Send(answer); err != nil {
				t.Error(err)
			}
		}
	})
	gone := make(chan string, 10)
	s.OnDisconnect(func(c *ConnectionClient) { gone <- c.Address() })
	if s.Addr() != nil {
		t.Error("an address before the start")
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Start() }()
	eventually(t, "listening", func() bool { return s.Addr() != nil })
	if err := s.StartAsync(); !errors.Is(err, ErrStarted) {
		t.Error(err)
	}
	legacy := dial(t, s)
	io.WriteString(legacy, "$handshake:|%Hello server!")
	receive(t, legacy, "$handshake:example|%Hello from the server!")
	legacy.Close()
	if got := <-gone; got != legacy.LocalAddr().String() {
		t.Error(got, "instead of", legacy.LocalAddr())
	}
	hasty := dial(t, s)
	io.WriteString(hasty, "$@len:0|handshake:|%")
	hasty.(*net.TCPConn).CloseWrite()
	all, err := io.ReadAll(hasty)
	if string(all) != "$@len:22|handshake:example|%Hello from the server!" || err != nil {
		t.Errorf("%q %v", all, err)
	}
	s.Stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, "client connected") || !strings.Contains(text, "client disconnected") {
		t.Error(text)
	}
}

// Stop may be called by a listener, and every client's end is told before Wait returns.
func TestStopByListener(t *testing.T) {
	s := startServer(t, ServerOptions{Host: "127.0.0.1"})
	var here int
	s.OnConnection(func(*ConnectionClient) { here++ })
	s.OnDisconnect(func(*ConnectionClient) { here-- })
	s.OnMessage(func(_ *ConnectionClient, m *Message) { s.Stop() })
	other := dial(t, s)
	last := dial(t, s)
	io.WriteString(last, "$@len:4|%stop")
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
	if here != 0 {
		t.Error(here, "clients were not told to have gone")
	}
	for _, c := range []net.Conn{other, last} {
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Error(err)
		}
	}
}

// With manual updates Start returns at once, and listeners run where Update is called.
func TestManualUpdate(t *testing.T) {
	s := NewServer(ServerOptions{ManualUpdate: true, Logger: quiet})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	arrived := false
	s.OnConnection(func(*ConnectionClient) { arrived = true })
	dial(t, s)
	eventually(t, "somebody has come", func() bool {
		if err := s.Update(); err != nil {
			t.Error(err)
		}
		return arrived
	})
	s.Stop()
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
}

func TestServerOptions(t *testing.T) {
	s := startServer(t, ServerOptions{MaxClients: 1, Host: "127.0.0.1"})
	if n := s.Addr().(*net.TCPAddr).Port; n == 0 {
		t.Error("no port")
	}
	second := NewServer(ServerOptions{Host: "127.0.0.1", Port: s.Addr().(*net.TCPAddr).Port, Logger: quiet})
	if err := second.Start(); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Error(err)
	}
	if err := second.Wait(); err == nil {
		t.Error("no error")
	}
	for _, o := range []ServerOptions{{TickRate: -1}, {Limits: supervisor.SimpleServerOptions{LegacyPercent: "half"}}, {Host: "256.1.1.1"}} {
		o.Logger = quiet
		if err := NewServer(o).Start(); err == nil {
			t.Error("no error for", o)
		}
	}
	first := dial(t, s)
	io.WriteString(first, "$@len:0|%")
	eventually(t, "one client", func() bool { return len(s.Clients()) == 1 })
	refused := dial(t, s)
	if _, err := refused.Read(make([]byte, 1)); err == nil {
		t.Error("a second client was let in")
	}
}
