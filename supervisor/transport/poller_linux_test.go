package transport

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skeinhq/skein/codec"
)

func needsPollers(t testing.TB) {
	if portableReader {
		t.Skip("this is the run without pollers")
	}
}

// tally counts the descriptors of this process.
func tally(t testing.TB) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// Sockets come and go, and their numbers are used again at once, while others send. Whoever is still there gets what is
// meant for it and nothing else.
func TestDescriptorReuse(t *testing.T) {
	h := newTestHandler()
	s, addr := start(t, Options{}, h)
	drop := make(chan struct{})
	var churn sync.WaitGroup
	for range 4 {
		churn.Go(func() {
			for {
				select {
				case <-drop:
					return
				default:
				}
				nc, err := net.Dial("tcp", addr)
				if err != nil {
					t.Error(err)
					return
				}
				nc.Write([]byte(request("")))
				nc.Write(frame(fin|opText, []byte("never mind")))
				switch rand.N(3) {
				case 0:
					nc.(*net.TCPConn).SetLinger(0) // a reset
				case 1:
					io.ReadFull(nc, make([]byte, 50))
				}
				nc.Close()
			}
		})
	}
	go func() {
		for range h.opens {
		}
	}()
	go func() {
		for range h.ends {
		}
	}()
	var clients []*client
	for range 8 {
		clients = append(clients, dial(t, addr))
	}
	text := func(i, j int) string { return fmt.Sprintf("client %d, message %d", i, j) }
	for j := range 200 {
		for i, c := range clients {
			c.send(opText, text(i, j))
		}
		for i, c := range clients {
			c.expect(opText, text(i, j))
		}
	}
	close(drop)
	churn.Wait()
	s.Stop()
	close(h.opens)
	close(h.ends)
	if st := s.Stats(); st.Open != 0 || st.Handshaking != 0 {
		t.Errorf("%+v", st)
	}
}

// An event of a socket that is gone, whose place somebody else has taken, does not reach that somebody.
func TestStaleEvent(t *testing.T) {
	needsPollers(t)
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	p.mu.Lock()
	at := p.take()
	old := p.places[at].generation
	p.give(at)
	again := p.take()
	p.places[again].conn = &Conn{} // a turn would crash
	p.mu.Unlock()
	if again != at || p.places[again].generation == old {
		t.Fatalf("place %d generation %d after place %d generation %d", again, p.places[again].generation, at, old)
	}
	p.events[0] = unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT, Fd: int32(at), Pad: int32(old)}
	p.round(1)
}

// Connections are closed from both sides, cut off and written to, all at once.
func TestConcurrentClose(t *testing.T) {
	before := tally(t)
	h := newTestHandler()
	s, addr := start(t, Options{CloseLinger: 50 * time.Millisecond}, h)
	const n = 200
	var all sync.WaitGroup
	for range n {
		c := dial(t, addr)
		conn := h.conn(t)
		all.Go(func() { c.nc.Write(frame(fin|opText, bytes.Repeat([]byte("x"), 1000))) })
		all.Go(func() { conn.Send(codec.TextFrameString("hello")) })
		all.Go(func() { conn.Close(1000, "bye") })
		switch rand.N(3) {
		case 0:
			all.Go(func() { conn.Abort(CausePeerGone) })
		case 1:
			all.Go(func() { c.nc.Close() })
		default:
			all.Go(func() { c.nc.Write(frame(fin|opEnd, nil)) })
		}
	}
	all.Wait()
	if err := s.Wait(patient(t)); err != nil {
		t.Fatal(err)
	}
	for range n {
		h.end(t)
	}
	s.Stop()
	// The clients' own sockets are closed with the test.
	if now := tally(t); now > before+n+10 {
		t.Errorf("%d descriptors, %d before", now, before)
	}
}

// Many clients come at once, some of them with half a handshake or none.
func TestStorm(t *testing.T) {
	h := newTestHandler()
	s, addr := start(t, Options{HandshakeTimeout: time.Second, CloseLinger: 100 * time.Millisecond}, h)
	const n = 600
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer nc.Close()
			nc.SetDeadline(time.Now().Add(patience))
			whole := request("")
			switch i % 4 {
			case 0: // nothing
				if _, err := io.ReadAll(nc); err != nil {
					t.Error(err)
				}
			case 1: // half
				nc.Write([]byte(whole[:len(whole)/2]))
				answer, err := io.ReadAll(nc)
				if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 408 ")) {
					t.Errorf("%.20q, %v", answer, err)
				}
			default:
				nc.Write(append([]byte(whole), frame(fin|opText, []byte("early"))...))
				answer := make([]byte, len("HTTP/1.1 101"))
				if _, err := io.ReadFull(nc, answer); err != nil || string(answer) != "HTTP/1.1 101" {
					t.Errorf("%q, %v", answer, err)
				}
			}
		})
	}
	all.Wait()
	if err := s.Wait(patient(t)); err != nil {
		t.Fatal(err)
	}
	st := s.Stats()
	if st.Accepted != n || st.Open != 0 || st.Handshaking != 0 || st.Refused["timeout"] != n/2 || st.MessagesIn != n/2 {
		t.Errorf("%+v", st)
	}
}

// A server that stops closes sockets whose handshake has not begun.
func TestStopWithArrivals(t *testing.T) {
	s, addr := start(t, Options{HandshakeTimeout: time.Hour}, EchoHandler{})
	c := dialRaw(t, addr)
	eventually(t, "the socket to be accepted", func() bool { return s.Stats().Handshaking == 1 })
	s.Stop()
	c.eof()
	if st := s.Stats(); st.Handshaking != 0 || st.Refused[refusedEOF] != 1 {
		t.Errorf("%+v", st)
	}
}

// Small writes are not held back on sockets that a poller accepted, and TCP watches them where pings are off.
func TestSocketOptions(t *testing.T) {
	for _, interval := range []time.Duration{0, -1} {
		h := newTestHandler()
		_, addr := start(t, Options{PingInterval: interval}, h)
		dial(t, addr)
		control(h.conn(t), func(fd uintptr) {
			if on, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY); err != nil || on == 0 {
				t.Errorf("TCP_NODELAY %d, %v", on, err)
			}
			on, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE)
			if err != nil || (on != 0) != (interval < 0) {
				t.Errorf("ping interval %v: SO_KEEPALIVE %d, %v", interval, on, err)
			}
		})
	}
}

// Clients are known by the address that they have, whichever family the listener is of.
func TestPeerAddress(t *testing.T) {
	for _, c := range []struct{ listen, dial string }{
		{"127.0.0.1:0", "127.0.0.1"}, {"[::1]:0", "::1"}, {"[::]:0", "127.0.0.1"},
	} {
		h := newTestHandler()
		s := newServer(t, Options{}, h)
		l, err := s.Listen(c.listen, TLS{})
		if err != nil && strings.Contains(c.listen, "::") {
			t.Logf("no IPv6 here: %v", err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		client := dial(t, net.JoinHostPort(c.dial, port))
		if r := h.conn(t).Request(); r.Addr.String() != client.nc.LocalAddr().String() || r.ClientIP != c.dial || r.IP.String() != c.dial {
			t.Errorf("listening on %s: %+v, dialled from %v", c.listen, r, client.nc.LocalAddr())
		}
	}
}

// What a poller does not read in one turn it reads in the next ones, although no event comes for it.
func TestTurnsAreBounded(t *testing.T) {
	h := newTestHandler()
	_, addr := start(t, Options{MaxMessage: 8 << 20}, h)
	big, small := dial(t, addr), dial(t, addr)
	text := bytes.Repeat([]byte("x"), 4*readsPerTurn*readBuffer)
	go big.nc.Write(frame(fin|opText, text))
	for range 50 {
		small.send(opText, "x")
		small.expect(opText, "x")
	}
	big.expect(opText, string(text))
}

// Only where messages come faster than they can be written does a pass wait for more of them.
func TestPaceWaitsOnlyForMore(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		p    pace
		want time.Duration
	}{
		{pace{}, 0},
		{pace{ended: now, took: time.Millisecond}, 0},
		{pace{ended: now.Add(-time.Second), took: time.Millisecond, merged: true}, 0},
		{pace{ended: now, took: 4 * paceShare * time.Microsecond, merged: true}, 4 * time.Microsecond},
		{pace{ended: now, took: time.Second, merged: true}, paceMost},
	} {
		if d := c.p.delay(now); d != c.want {
			t.Errorf("%+v: %v, want %v", c.p, d, c.want)
		}
	}
}
