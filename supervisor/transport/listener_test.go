package transport

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestUnixSocket(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "skein.sock")
	// A socket that a crashed process left behind.
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	old.Close()

	h := newTestHandler()
	s := newServer(t, Options{RealIPHeader: "X-Real-IP", CloseLinger: 100 * time.Millisecond}, h)
	l := listenOn(t, s, "unix:"+path, TLS{})
	if l.URL() != "unix:"+path || l.Addr().String() != path {
		t.Errorf("%s, %s", l.URL(), l.Addr())
	}
	nc, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c := wrap(t, nc)
	c.upgrade("X-Real-IP: 1.2.3.4\r\n")
	if r := h.conn(t).Request(); r.Addr.IsValid() || r.IP.String() != "1.2.3.4" {
		t.Errorf("%+v", r)
	}
	c.send(opText, "x")
	c.expect(opText, "x")

	s2 := newServer(t, Options{}, h)
	if _, err := s2.Listen("unix:"+path, TLS{}); !errors.Is(err, errInUse) {
		t.Errorf("taken over: %v", err)
	}
	file := filepath.Join(dir, "precious")
	os.WriteFile(file, []byte("data"), 0o600)
	if _, err := s2.Listen("unix:"+file, TLS{}); !errors.Is(err, errNotSocket) {
		t.Errorf("%v", err)
	}
	if b, _ := os.ReadFile(file); string(b) != "data" {
		t.Error("file is gone")
	}
	s.Stop()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("socket stays behind: %v", err)
	}
}

func TestListenErrors(t *testing.T) {
	s := newServer(t, Options{}, EchoHandler{})
	for _, addr := range []string{"", "localhost", "127.0.0.1:99999", "unix:/no/such/dir/s", "unix:"} {
		if l, err := s.Listen(addr, TLS{}); err == nil {
			t.Errorf("%q: listens on %s", addr, l.Addr())
		}
	}
	if _, err := s.Listen("127.0.0.1:0", TLS{AlsoPlain: true}); err == nil {
		t.Error("both without a certificate")
	}
	l := listenOn(t, s, "127.0.0.1:0", TLS{})
	if _, err := s.Listen(l.Addr().String(), TLS{}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("%v", err)
	}
	if !strings.HasPrefix(l.URL(), "ws://127.0.0.1:") {
		t.Error(l.URL())
	}
	s.Stop()
	if _, err := s.Listen("127.0.0.1:0", TLS{}); err != ErrStopped {
		t.Errorf("%v", err)
	}
}

// failing is a listener that has run out of files for a while.
type failing struct {
	net.Listener
	left atomic.Int32
}

func (f *failing) Accept() (net.Conn, error) {
	if f.left.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return f.Listener.Accept()
}

func TestAcceptBacksOff(t *testing.T) {
	var log syncBuffer
	s := newServer(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, EchoHandler{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &failing{Listener: ln}
	f.left.Store(4)
	l := &Listener{srv: s, ln: f, name: "test", closing: make(chan struct{})}
	s.start()
	s.accepting.Add(1)
	go l.accept(l.acceptConn)
	begin := time.Now()
	c := dial(t, ln.Addr().String())
	c.send(opText, "x")
	c.expect(opText, "x")
	if d := time.Since(begin); d < (5+10+20+40)*time.Millisecond {
		t.Errorf("only %v", d)
	}
	if n := strings.Count(log.String(), "Cannot accept"); n != 1 {
		t.Errorf("%d lines: %s", n, log.String())
	}
	f.left.Store(1 << 30) // stopping does not wait for the pause
	c.nc.Close()
	dialRaw(t, ln.Addr().String()).nc.Close()
	l.close()
}

func TestSeveralListeners(t *testing.T) {
	s, a := start(t, Options{}, EchoHandler{})
	b := listenOn(t, s, "127.0.0.1:0", TLS{}).Addr().String()
	for _, addr := range []string{a, b} {
		c := dial(t, addr)
		c.send(opText, addr)
		c.expect(opText, addr)
	}
}

func TestDrain(t *testing.T) {
	h := newTestHandler()
	s, addr := start(t, Options{}, h)
	c := dial(t, addr)
	h.conn(t)
	half := dialRaw(t, addr)
	half.write([]byte(request("")[:20]))
	eventually(t, "both", func() bool { return s.Stats().Accepted == 2 })

	s.StopAccepting()
	if nc, err := net.Dial("tcp", addr); err == nil {
		nc.Close()
		t.Error("still accepting")
	}
	c.send(opText, "still served")
	c.expect(opText, "still served")

	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Wait(short); err != context.DeadlineExceeded {
		t.Errorf("Wait: %v", err)
	}
	if err := s.CloseAll(t.Context(), 1001, "server is stopping", 0); err != nil {
		t.Error(err)
	}
	if e := h.end(t); e != (End{1001, "server is stopping", CauseDrain}) {
		t.Errorf("%+v", e)
	}
	if r := c.expectClose(1001); r != "server is stopping" {
		t.Errorf("reason %q", r)
	}
	c.nc.Close()
	half.write([]byte(request("")[20:]))
	if r, _ := half.refused(); r.StatusCode != 503 {
		t.Error(r.Status)
	}
	half.nc.Close()
	if err := s.Wait(patient(t)); err != nil {
		t.Error(err)
	}
	s.Stop()
	s.Stop()
}

// Stop leaves nothing behind, whatever was going on.
func TestStopAtOnce(t *testing.T) {
	before := runtime.NumGoroutine()
	h := newTestHandler()
	s := New(Options{Logger: quietLog}, h)
	l := listenOn(t, s, "127.0.0.1:0", TLS{})
	addr := l.Addr().String()
	for range 20 {
		dial(t, addr)
		c := h.conn(t)
		shrinkSend(c)
		stuff(t, c, 50_000)
	}
	dialRaw(t, addr).write([]byte("GET / HT"))
	refused := dialRaw(t, addr)
	refused.write([]byte("nonsense\n\n"))
	refused.response()
	closing := dial(t, addr)
	h.conn(t).Close(1000, "")
	closing.expectClose(1000)
	eventually(t, "all of them", func() bool { return s.Stats().Accepted == 23 })
	begin := time.Now()
	s.Stop()
	if d := time.Since(begin); d > 500*time.Millisecond {
		t.Errorf("took %v", d)
	}
	if len(h.ends) != 21 {
		t.Errorf("%d were told", len(h.ends))
	}
	if st := s.Stats(); st.Open != 0 || st.Handshaking != 0 || st.OutboxBytes != 0 {
		t.Errorf("%+v", st)
	}
	eventually(t, "the goroutines", func() bool { return runtime.NumGoroutine() <= before })
}
