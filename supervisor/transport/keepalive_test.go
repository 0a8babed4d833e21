package transport

import (
	"bufio"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skeinhq/skein/codec"
)

// pipe connects a client through net.Pipe, which works under a fake clock.
func pipe(t *testing.T, s *Server) *client {
	t.Helper()
	s.start()
	near, far := net.Pipe()
	s.serve(far, &Listener{srv: s, name: "pipe"})
	c := &client{t: t, nc: near, br: bufio.NewReader(near)}
	c.upgrade("")
	return c
}

func TestPingAndPongTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHandler()
		s := New(Options{Logger: quietLog}, h)
		defer s.Stop()
		c := pipe(t, s)
		begin := time.Now()
		c.expect(opPing, "")
		if d := time.Since(begin); d < 19*time.Second || d > 21*time.Second {
			t.Errorf("ping after %v", d)
		}
		// A pong keeps it, and so does anything else.
		c.send(opPong, "")
		c.expect(opPing, "")
		c.send(opText, "hi")
		c.expect(opText, "hi")
		c.expect(opPing, "")
		if d := time.Since(begin); d < 57*time.Second || d > 64*time.Second {
			t.Errorf("third ping after %v", d)
		}
		last := time.Now()
		if e := <-h.ends; e.Cause != CausePongTimeout || e.Code != 1011 {
			t.Errorf("end %+v", e)
		}
		if d := time.Since(last); d < 19*time.Second || d > 22*time.Second {
			t.Errorf("gave up after %v", d)
		}
		c.expectClose(1011)
		s.Wait(t.Context())
		if st := s.Stats(); st.PingsOut != 3 || st.Open != 0 {
			t.Errorf("%+v", st)
		}
		c.nc.Close()
	})
}

// A client that is half open, and does not even take the Close frame, is cut off.
func TestHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHandler()
		s := New(Options{Logger: quietLog}, h)
		defer s.Stop()
		c := pipe(t, s)
		begin := time.Now()
		s.Wait(t.Context())
		if d := time.Since(begin); d > 45*time.Second {
			t.Errorf("gone after %v", d)
		}
		if e := <-h.ends; e.Cause != CausePongTimeout && e.Cause != CauseSlowConsumer {
			t.Errorf("end %+v", e)
		}
		c.nc.Close()
	})
}

func TestPingsOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHandler()
		s := New(Options{Logger: quietLog, PingInterval: -1}, h)
		c := pipe(t, s)
		time.Sleep(time.Hour)
		c.send(opText, "still here")
		c.expect(opText, "still here")
		s.Stop()
		c.nc.Close()
	})
}

// A client that is not read from, because its session lags, is not blamed for its silence.
func TestPausedIsNotSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHandler()
		held := make(chan *codec.Message, 1)
		h.message = func(_ *Conn, m *codec.Message) { held <- m }
		s := New(Options{Logger: quietLog, MaxInFlightMessages: 1}, h)
		defer s.Stop()
		c := pipe(t, s)
		c.send(opText, "x")
		m := <-held
		time.Sleep(time.Hour)
		m.Release()
		c.expect(opPing, "")
		c.send(opPong, "")
		c.send(opEnd, "")
		c.expectClose(codeNoStatus)
		if e := <-h.ends; e.Cause != CausePeerClosed {
			t.Errorf("end %+v", e)
		}
		c.nc.Close()
	})
}

func TestHandshakeDeadlineIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Logger: quietLog}, EchoHandler{})
		defer s.Stop()
		s.start()
		near, far := net.Pipe()
		begin := time.Now()
		s.serve(far, &Listener{srv: s, name: "pipe"})
		c := &client{t: t, nc: near, br: bufio.NewReader(near)}
		if r := c.response(); r.StatusCode != 408 || time.Since(begin) != DefaultHandshakeTimeout {
			t.Errorf("%s after %v", r.Status, time.Since(begin))
		}
		near.Close()
	})
}

// A client that does not take the Close frame is cut off after the linger.
func TestCloseIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHandler()
		s := New(Options{Logger: quietLog}, h)
		defer s.Stop()
		c := pipe(t, s)
		begin := time.Now()
		(<-h.opens).Close(1000, "")
		if e := <-h.ends; e.Cause != CauseServerClosed || time.Since(begin) != 0 {
			t.Errorf("%+v after %v", e, time.Since(begin))
		}
		s.Wait(t.Context())
		if d := time.Since(begin); d > 3*time.Second {
			t.Errorf("gone after %v", d)
		}
		c.nc.Close()
	})
}

func TestCloseAllSpreads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHandler()
		s := New(Options{Logger: quietLog}, h)
		defer s.Stop()
		var clients []*client
		for range 100 {
			clients = append(clients, pipe(t, s))
			<-h.opens
		}
		begin := time.Now()
		go func() {
			for range clients {
				e := <-h.ends
				if e.Cause != CauseDrain || e.Code != 1001 {
					t.Errorf("end %+v", e)
				}
			}
		}()
		for _, c := range clients {
			go func() { c.expectClose(1001); c.nc.Close() }()
		}
		if err := s.CloseAll(t.Context(), 1001, "server is stopping", 10*time.Second); err != nil {
			t.Error(err)
		}
		if d := time.Since(begin); d < 7*time.Second || d > 13*time.Second {
			t.Errorf("took %v", d)
		}
		if err := s.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
