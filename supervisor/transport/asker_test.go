package transport

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/codec"
)

// askHandler is a testHandler that decides when the test does.
type askHandler struct {
	*testHandler
	asked  chan asked
	opened chan struct{}
}

type asked struct {
	c      *Conn
	decide func(Verdict)
}

func newAskHandler() *askHandler {
	return &askHandler{newTestHandler(), make(chan asked, 64), make(chan struct{}, 64)}
}

func (h *askHandler) Ask(c *Conn, decide func(Verdict)) AskedReceiver {
	h.asked <- asked{c, decide}
	return &askedReceiver{testReceiver{h: h.testHandler, c: c}, h}
}

type askedReceiver struct {
	testReceiver
	h *askHandler
}

func (r *askedReceiver) Opened() {
	r.enter()
	defer r.mu.Unlock()
	r.h.opened <- struct{}{}
}

// ask begins a handshake and returns when the handler was asked.
func (h *askHandler) ask(t *testing.T, addr, extra string) (*client, asked) {
	t.Helper()
	c := dialRaw(t, addr)
	c.write([]byte(request(extra)))
	return c, receive(t, h.asked, "Ask")
}

func TestAskedAndLetIn(t *testing.T) {
	h := newAskHandler()
	s, addr := start(t, Options{}, h)
	c, a := h.ask(t, addr, "Sec-WebSocket-Protocol: x, chat\r\n")
	// What is sent before the answer waits for it, in order, and so does what the client sends.
	a.c.Send(codec.TextFrameString("first"))
	a.c.Send(codec.TextFrameString("second"))
	c.send(opText, "early")
	a.decide(Verdict{Subprotocol: "chat"})
	a.decide(Verdict{Refusal: &Refusal{Status: 403, Reason: "too late"}}) // does not count
	r := c.response()
	if r.StatusCode != 101 || r.Header.Get("Sec-WebSocket-Protocol") != "chat" {
		t.Fatalf("%s %v", r.Status, r.Header)
	}
	receive(t, h.opened, "Opened")
	for _, want := range []string{"first", "second", "early"} {
		c.expect(opText, want)
	}
	a.c.Close(4409, "enough")
	if why := c.expectClose(4409); why != "enough" {
		t.Errorf("%q", why)
	}
	if e := h.end(t); e.Code != 4409 {
		t.Errorf("%+v", e)
	}
	c.nc.Close()
	s.Wait(patient(t))
}

func TestSubprotocolThatWasNotOffered(t *testing.T) {
	h := newAskHandler()
	_, addr := start(t, Options{}, h)
	c, a := h.ask(t, addr, "Sec-WebSocket-Protocol: x\r\n")
	a.decide(Verdict{Subprotocol: "chat"})
	if r := c.response(); r.StatusCode != 101 || r.Header.Get("Sec-WebSocket-Protocol") != "" {
		t.Fatalf("%s %v", r.Status, r.Header)
	}
}

func TestAskedAndRefused(t *testing.T) {
	h := newAskHandler()
	s, addr := start(t, Options{}, h)
	c, a := h.ask(t, addr, "")
	a.c.Send(codec.TextFrameString("lost"))
	a.decide(Verdict{Refusal: &Refusal{Status: 503, Reason: "nobody there", Cause: "no_backend"}})
	r, body := c.refused()
	if r.StatusCode != 503 || r.Header.Get("Retry-After") != "1" || !strings.Contains(body, "nobody there") {
		t.Errorf("%s %v %q", r.Status, r.Header, body)
	}
	if e := h.end(t); e.Code != codeAbnormal {
		t.Errorf("%+v", e)
	}
	if a.c.Send(codec.TextFrameString("too late")) {
		t.Error("a refused connection takes frames")
	}
	s.Wait(patient(t))
	if n := s.Stats().Refused["no_backend"]; n != 1 {
		t.Errorf("%d refusals", n)
	}
	if len(h.opened) != 0 {
		t.Error("Opened")
	}
}

func TestAskedAndGone(t *testing.T) {
	h := newAskHandler()
	s, addr := start(t, Options{}, h)
	c, a := h.ask(t, addr, "")
	c.nc.Close()
	if e := h.end(t); e.Cause != CausePeerGone {
		t.Errorf("%+v", e)
	}
	a.decide(Verdict{}) // harms nobody
	s.Wait(patient(t))
	if len(h.opened) != 0 {
		t.Error("Opened")
	}
}

// A client that is closed before it is let in is let in and closed then: it hears why.
func TestAskedAndClosedFirst(t *testing.T) {
	h := newAskHandler()
	_, addr := start(t, Options{}, h)
	c, a := h.ask(t, addr, "")
	a.c.Close(4403, "go away")
	a.decide(Verdict{})
	if r := c.response(); r.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(r.Status)
	}
	if why := c.expectClose(4403); why != "go away" {
		t.Errorf("%q", why)
	}
	receive(t, h.opened, "Opened")
	h.end(t)
}

func TestAskedWhileStopping(t *testing.T) {
	h := newAskHandler()
	s, addr := start(t, Options{}, h)
	c, a := h.ask(t, addr, "")
	if err := s.CloseAll(patient(t), codeGoingAway, "stopping", 0); err != nil {
		t.Fatal(err)
	}
	a.decide(Verdict{})
	if r := c.response(); r.StatusCode != 101 {
		t.Fatal(r.Status)
	}
	if why := c.expectClose(codeGoingAway); why != refuseDraining.Reason {
		t.Errorf("%q", why)
	}
	if e := h.end(t); e.Cause != CauseDrain {
		t.Errorf("%+v", e)
	}
}

func TestAskedAndStopped(t *testing.T) {
	h := newAskHandler()
	s, addr := start(t, Options{}, h)
	_, a := h.ask(t, addr, "")
	s.Stop()
	if e := h.end(t); e.Code != codeAbnormal {
		t.Errorf("%+v", e)
	}
	a.decide(Verdict{})
}

// The time limit of the handshake does not count while somebody decides.
func TestAskedForLong(t *testing.T) {
	h := newAskHandler()
	_, addr := start(t, Options{HandshakeTimeout: 300 * time.Millisecond}, h)
	c, a := h.ask(t, addr, "")
	select {
	case e := <-h.ends:
		t.Fatalf("ended: %+v", e)
	case <-time.After(600 * time.Millisecond):
	}
	a.decide(Verdict{})
	if r := c.response(); r.StatusCode != 101 {
		t.Fatal(r.Status)
	}
}

func TestAskedWithALargeHead(t *testing.T) {
	h := newAskHandler()
	_, addr := start(t, Options{MaxHead: 64 << 10}, h)
	value := strings.Repeat("x", 50<<10)
	c, a := h.ask(t, addr, "X-Large: "+value+"\r\n")
	if got := a.c.Request().Header.Get("X-Large"); got != value {
		t.Errorf("%d bytes", len(got))
	}
	a.decide(Verdict{})
	if r := c.response(); r.StatusCode != 101 {
		t.Fatal(r.Status)
	}
}

func TestOutboxFrames(t *testing.T) {
	h := newTestHandler()
	s, addr := start(t, Options{OutboxFrames: 10, SlowCode: 1013, OutboxBytes: 1 << 30, WriteTimeout: time.Minute}, h)
	c := dial(t, addr)
	conn := h.conn(t)
	big := codec.BinaryFrame(make([]byte, 1<<20))
	for range 64 {
		if !conn.Send(big) {
			break
		}
	}
	if e := h.end(t); e.Code != 1013 || e.Cause != CauseSlowConsumer {
		t.Errorf("%+v", e)
	}
	c.nc.Close()
	s.Wait(patient(t))
}
