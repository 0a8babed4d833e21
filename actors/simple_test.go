package actors

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/codec/simpleserver"
)

func simpleConfig() *SimpleConfig {
	return &SimpleConfig{
		TickRate: 100, Idle: 20 * time.Millisecond, IdleLarge: 200 * time.Millisecond, Stall: 30 * time.Second,
		LegacyGap: 20 * time.Millisecond, QueueMessages: 8, QueueBytes: 1 << 20, Limits: new(simpleserver.Limits),
	}
}

// wireOutbox records the bytes that a connection would be sent, and when.
type wireOutbox struct {
	mu      sync.Mutex
	wires   []string
	at      []time.Time
	stuck   bool // what is sent stays in the outbox
	pending int
	closed  bool
	held    bool
	full    bool
}

func (o *wireOutbox) Send(f *codec.Frame) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.full {
		return false
	}
	o.wires = append(o.wires, string(f.Wire()))
	o.at = append(o.at, time.Now())
	if o.stuck {
		o.pending += f.Len()
	}
	return true
}

func (o *wireOutbox) TrySend(f *codec.Frame) bool { return o.Send(f) }

func (o *wireOutbox) Pending() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pending
}

func (o *wireOutbox) Close(uint16, string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

func (o *wireOutbox) Hold(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held = on
}

// text is everything that was sent, with a bar between writes.
func (o *wireOutbox) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.wires, " ")
}

func (o *wireOutbox) times() []time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at
}

func (o *wireOutbox) isClosed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed
}

func (o *wireOutbox) stick() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stuck = true
}

// forget forgets what was sent.
func (o *wireOutbox) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wires, o.at = nil, nil
}

func (o *wireOutbox) unstick() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stuck, o.pending = false, 0
}

// simplePeer is a client of SimpleServer without a socket.
type simplePeer struct {
	out     *wireOutbox
	session *SimpleSession
}

func simpleConnect(t testing.TB, s *System, name string) *simplePeer {
	t.Helper()
	p := &simplePeer{out: new(wireOutbox)}
	p.session = s.ConnectSimple(Peer{Out: p.out}, name)
	synctest.Wait()
	return p
}

func (p *simplePeer) say(reads ...string) {
	for _, r := range reads {
		p.session.Data(codec.NewMessage([]byte(r), true))
	}
	synctest.Wait()
}

// diary notes what listeners are told.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) take() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := strings.Join(d.lines, "; ")
	d.lines = nil
	return text
}

func (d *diary) bind(p *SimpleServer) {
	p.OnConnection(func(c *SimpleClient) { d.note("hello %s", c.Address()) })
	p.OnMessage(func(c *SimpleClient, m *simpleserver.Message) { d.note("%s %v %s", c.Address(), m.Headers, m.Body) })
	p.OnDisconnect(func(c *SimpleClient) { d.note("bye %s", c.Address()) })
}

func expectText(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q instead of %q", what, got, want)
	}
}

// A tick tells of connections, messages and ends, in this order and each once; who comes and goes between two ticks is
// told of too.
func TestSimpleLife(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := simpleConfig()
		cfg.Manual = true
		s := testSystem(t, Options{Simple: cfg})
		p := s.SimpleServer()
		var d diary
		d.bind(p)
		a, b := simpleConnect(t, s, "a"), simpleConnect(t, s, "b")
		a.say("$@len:2|x:1|%hi", "$@len:3|%", "abc$@len:0|%")
		b.say("$%legacy")
		b.session.EOF()
		synctest.Wait()
		expectText(t, "before the tick", d.take(), "")
		if err := p.Update(); err != nil {
			t.Fatal(err)
		}
		expectText(t, "tick", d.take(), "hello a; hello b; a [{x 1}] hi; a [] abc; b [] legacy; bye b")
		if n := len(p.Clients()); n != 1 || !b.out.isClosed() || a.out.isClosed() {
			t.Error(n, "clients; closed:", b.out.isClosed(), a.out.isClosed())
		}
		a.say("$@len:1|%x", "$@len:9|%cut off")
		a.session.Closed(End{})
		b.session.Closed(End{})
		synctest.Wait()
		c := simpleConnect(t, s, "c")
		c.session.Closed(End{})
		synctest.Wait()
		p.Update()
		expectText(t, "second tick", d.take(), "hello c; a [] x; bye a; bye c")
		if n := s.Simple.Closed[3].Load(); n != 1 {
			t.Error(n, "truncated")
		}
		if s.Counters.SimpleClients.Load() != 0 || s.Counters.Sessions.Load() != 0 || s.Simple.Waiting.Load() != 0 || s.Simple.Framed.Load() != 0 {
			t.Error("something is left")
		}
	})
}

// Ticks come at their rate, which can be changed; one that is late is not made up for.
func TestSimpleTicks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := testSystem(t, Options{Simple: simpleConfig()})
		p := s.SimpleServer()
		var ticks []time.Time
		var mu sync.Mutex
		slow := time.Duration(0)
		p.OnUpdate(func() {
			mu.Lock()
			ticks = append(ticks, time.Now())
			nap := slow
			slow = 0
			mu.Unlock()
			time.Sleep(nap)
		})
		count := func(d time.Duration) int {
			time.Sleep(d)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			n := len(ticks)
			ticks = nil
			return n
		}
		time.Sleep(5 * time.Millisecond) // between two ticks
		if n := count(time.Second); n != 100 {
			t.Error(n, "ticks at a rate of 100")
		}
		p.SetTickRate(-1)
		p.SetTickRate(20)
		if n := count(time.Second); n != 20 || p.TickRate() != 20 {
			t.Error(n, "ticks at a rate of 20")
		}
		mu.Lock()
		slow = 500 * time.Millisecond
		mu.Unlock()
		if n := count(time.Second); n < 10 || n > 12 {
			t.Error(n, "ticks, half of the time taken by one of them")
		}
		if n := s.Simple.TicksLate.Load(); n < 8 || n > 10 {
			t.Error(n, "late ticks")
		}
	})
}

// A tick handles 64 messages of a client; one that sends faster is not read from.
func TestSimpleFlood(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := simpleConfig()
		cfg.Manual = true
		s := testSystem(t, Options{Simple: cfg})
		p := s.SimpleServer()
		got := make(map[string][]string)
		p.OnMessage(func(c *SimpleClient, m *simpleserver.Message) {
			got[c.Address()] = append(got[c.Address()], string(m.Body))
		})
		a, b := simpleConnect(t, s, "a"), simpleConnect(t, s, "b")
		const reads, each = 30, 100
		for i := range reads {
			var read strings.Builder
			for j := range each {
				fmt.Fprintf(&read, "$@len:4|%%%04d", i*each+j)
			}
			a.say(read.String())
		}
		a.session.EOF()
		b.say("$@len:1|%x")
		synctest.Wait()
		if n := s.Simple.Waiting.Load(); n > simpleAhead+each+1 {
			t.Error(n, "messages wait")
		}
		if s.Simple.Pauses.Load() == 0 {
			t.Error("the client was never held")
		}
		p.Update()
		if len(got["a"]) != simplePerTick || len(got["b"]) != 1 {
			t.Error(len(got["a"]), "and", len(got["b"]), "messages in a tick")
		}
		for range reads*each/simplePerTick + 1 {
			synctest.Wait()
			p.Update()
		}
		for i, text := range got["a"] {
			if text != fmt.Sprintf("%04d", i) {
				t.Fatal(i, "is", text)
			}
		}
		if len(got["a"]) != reads*each || len(p.Clients()) != 1 {
			t.Error(len(got["a"]), "messages,", len(p.Clients()), "clients")
		}
	})
}

// A connection ends while what it brought still waits, nonsense among it: the rest is given back once.
func TestSimpleEndsInNonsense(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := simpleConfig()
		cfg.Manual = true
		s := testSystem(t, Options{Simple: cfg})
		p := s.SimpleServer()
		var got []string
		p.OnMessage(func(_ *SimpleClient, m *simpleserver.Message) { got = append(got, string(m.Body)) })
		a := simpleConnect(t, s, "a")
		a.say(strings.Repeat("$@len:1|%x", simpleAhead+1))
		if s.Simple.Pauses.Load() == 0 {
			t.Error("the client was never held")
		}
		a.say("$@len:1|%y", "$@len:-1|%", "$@len:1|%z", "$@len:1|%z")
		a.session.Closed(End{})
		synctest.Wait()
		if n := s.Counters.SimpleClients.Load(); n != 0 {
			t.Error(n, "clients are left")
		}
		for range simpleAhead/simplePerTick + 2 {
			p.Update()
		}
		if len(got) != simpleAhead+2 || got[len(got)-1] != "y" {
			t.Error(len(got), "messages")
		}
	})
}

// Timers of what has no length, and of what has one and does not come.
func TestSimpleTimers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := testSystem(t, Options{Simple: simpleConfig()})
		var d diary
		d.bind(s.SimpleServer())
		a := simpleConnect(t, s, "a")
		a.say("$a:")
		time.Sleep(15 * time.Millisecond)
		a.say("1|%hel")
		time.Sleep(15 * time.Millisecond)
		a.say("lo")
		time.Sleep(15 * time.Millisecond)
		expectText(t, "too early", d.take(), "hello a")
		time.Sleep(20 * time.Millisecond)
		expectText(t, "idle", d.take(), "a [{a 1}] hello")
		large := "$%" + strings.Repeat("x", 1500)
		a.say(large)
		time.Sleep(150 * time.Millisecond)
		expectText(t, "after a large read", d.take(), "")
		time.Sleep(100 * time.Millisecond)
		expectText(t, "after the longer pause", d.take(), "a [] "+large[2:])
		a.say("$@len:5|%ab")
		time.Sleep(29 * time.Second)
		a.say("c")
		time.Sleep(29 * time.Second)
		if a.out.isClosed() {
			t.Error("closed although something came")
		}
		time.Sleep(2 * time.Second)
		if !a.out.isClosed() || s.Simple.Closed[2].Load() != 1 {
			t.Error("it was not closed")
		}
		expectText(t, "stalled", d.take(), "bye a")
		b := simpleConnect(t, s, "b")
		b.say("$%last words", "$@len:x|%")
		time.Sleep(50 * time.Millisecond)
		expectText(t, "bad length", d.take(), "hello b; b [] last words; bye b")
		if !b.out.isClosed() || s.Simple.Closed[0].Load() != 1 {
			t.Error("b was not closed")
		}
		a.session.Closed(End{})
		b.session.Closed(End{})
	})
}

// What legacy clients are sent comes one message at a time.
func TestSimplePacing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := testSystem(t, Options{Simple: simpleConfig()})
		p := s.SimpleServer()
		a := simpleConnect(t, s, "a")
		time.Sleep(20 * time.Millisecond)
		c := p.Clients()[0]
		text := func(body string) *simpleserver.Message { return &simpleserver.Message{Body: []byte(body)} }
		start := time.Now()
		for i := range 3 {
			if err := c.Send(text(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		c.SendRaw([]byte("raw"))
		time.Sleep(70 * time.Millisecond)
		expectText(t, "paced", a.out.text(), "$%0 $%1 $%2 raw")
		for i, at := range a.out.times() {
			if at.Sub(start) != time.Duration(i)*20*time.Millisecond {
				t.Error(i, "was sent after", at.Sub(start))
			}
		}
		// What was written and not taken by the system holds the next one.
		a.out.stick()
		time.Sleep(50 * time.Millisecond)
		for i := range 8 {
			if err := c.Send(text(fmt.Sprint(i))); err != nil {
				t.Fatal(i, err)
			}
		}
		time.Sleep(time.Second)
		if n := len(a.out.times()); n != 5 {
			t.Error(n, "messages were written although one was stuck")
		}
		c.Send(text("8")) // the eighth that waits
		if err := c.Send(text("9")); !errors.Is(err, ErrQueueFull) {
			t.Error(err)
		}
		// It becomes framed: what waits is sent as it is, what follows is framed and stays behind it.
		a.say("$@len:0|%")
		synctest.Wait()
		if !c.Framed() {
			t.Error("it is not framed")
		}
		a.out.unstick()
		time.Sleep(500 * time.Millisecond)
		a.out.forget()
		c.Send(text("framed"))
		c.SendRaw([]byte("raw"))
		c.Close()
		expectText(t, "framed", a.out.text(), "$@len:6|%framed $@len:3|%raw")
		if !a.out.isClosed() {
			t.Error("it was not closed")
		}
		a.session.Closed(End{})
		synctest.Wait()
		if err := c.Send(text("x")); !errors.Is(err, ErrClientDoesNotExist) {
			t.Error(err)
		}
		if n := s.Simple.Paced.Load(); n != 0 {
			t.Error(n, "messages still wait")
		}
	})
}

// A message is encoded once, for whoever gets it; who does not is named.
func TestSimpleBroadcast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := simpleConfig()
		cfg.Manual = true
		s := testSystem(t, Options{Simple: cfg})
		p := s.SimpleServer()
		a, b, c := simpleConnect(t, s, "a"), simpleConnect(t, s, "b"), simpleConnect(t, s, "c")
		a.say("$@len:0|%")
		p.Update()
		m := &simpleserver.Message{Body: []byte("all")}
		m.Add("broadcast", "all")
		clients := p.Clients()
		if failed := p.Broadcast(m, clients[1]); failed != nil {
			t.Error(failed)
		}
		expectText(t, "framed", a.out.text(), "$@len:3|broadcast:all|%all")
		expectText(t, "excluded", b.out.text(), "")
		expectText(t, "legacy", c.out.text(), "$broadcast:all|%all")
		c.session.Closed(End{})
		synctest.Wait()
		failed := p.MessageClients(clients, m)
		if len(failed) != 1 || !errors.Is(failed[clients[2]], ErrClientDoesNotExist) {
			t.Error(failed)
		}
		bad := &simpleserver.Message{}
		bad.Add("a%b", "")
		if failed := p.Broadcast(bad); len(failed) != 3 || !errors.Is(failed[clients[0]], simpleserver.ErrHeaderName) {
			t.Error(failed)
		}
	})
}

// Listeners can be removed, may panic, and cannot run a tick within a tick.
func TestSimpleListeners(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := simpleConfig()
		cfg.Manual = true
		s := testSystem(t, Options{Simple: cfg})
		p := s.SimpleServer()
		var d diary
		var remove func()
		p.OnMessage(func(*SimpleClient, *simpleserver.Message) { panic("mine") })
		remove = p.OnMessage(func(_ *SimpleClient, m *simpleserver.Message) {
			d.note("once %s", m.Body)
			remove()
			remove()
		})
		p.OnMessage(func(_ *SimpleClient, m *simpleserver.Message) { d.note("always %s", m.Body) })
		p.OnUpdate(func() { d.note("%v", p.Update()) })
		a := simpleConnect(t, s, "a")
		a.say("$@len:1|%1$@len:1|%2")
		synctest.Wait()
		p.Update()
		expectText(t, "calls", d.take(), "once 1; always 1; always 2; an update is running")
		if n := s.Counters.HandlerPanics.Load(); n != 2 {
			t.Error(n, "panics")
		}
		a.session.Closed(End{})
	})
}

// Clients of SimpleServer are clients of the broker where it is so configured.
func TestSimpleRelay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := simpleConfig()
		cfg.Relay = true
		s := testSystem(t, Options{Simple: cfg, Broker: brokerConfig()})
		none := simpleConnect(t, s, "192.0.2.1:1")
		none.say("$%x")
		synctest.Wait()
		if !none.out.isClosed() || !strings.HasPrefix(none.out.text(), "$error:no_backend|%") {
			t.Error(none.out.text())
		}
		none.session.Closed(End{})

		be := newBackend(t, s, "b").attach()
		be.expect("error") // about the one before
		a := simpleConnect(t, s, "192.0.2.1:2")
		a.say("$@len:3|x:1|y:|x:ü|%abc$@len:1|%\xff")
		ask := be.expect("connection_request")
		if ask.Params.URL != "/simpleserver" || ask.Params.RemoteAddr != "192.0.2.1:2" {
			t.Errorf("%+v", ask)
		}
		be.say(`{"action":"response","request_id":"` + ask.ID + `","params":{"accepted":true,"client_id":"c","room_id":"r"}}`)
		be.expect("new_connection")
		synctest.Wait()
		for _, want := range []string{
			`"message":"abc","headers":{"x":["1","\u00fc"],"y":[""]}}}` + "\n",
			`"message":"\ufffd","binary":true,"message_b64":"/w==","headers":{}}}` + "\n",
		} {
			if line := <-be.lines; !strings.HasSuffix(line, want) {
				t.Error(line)
			}
		}
		be.say(`{"action":"message_to_room","request_id":"1","params":{"room_id":"r","message":"for all"}}`)
		synctest.Wait()
		expectText(t, "to the client", a.out.text(), "$@len:7|%for all")
		a.session.EOF()
		synctest.Wait()
		if !a.out.isClosed() {
			t.Error("it was not closed")
		}
		a.session.Closed(End{})
		be.expect("disconnected")
		if s.Counters.SimpleClients.Load() != 0 || s.Counters.PyStrandsClients.Load() != 0 {
			t.Error("somebody is left")
		}
		be.die(0)
	})
}
