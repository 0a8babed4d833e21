package actors

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/pystrands"
)

func brokerConfig() *BrokerConfig {
	return &BrokerConfig{
		QueueSize: 1000, QueueBytes: 1 << 20, BackendQueueBytes: 1 << 20, MaxRequests: 100, MaxBackends: 10,
		RequestTimeout: 10 * time.Second, HeartbeatInterval: time.Hour,
	}
}

// fakeBackend is a backend without a socket. Its lines wait until they are handed over.
type fakeBackend struct {
	t      testing.TB
	sys    *System
	b      *Backend
	before uint64 // backends attached before it

	mu      sync.Mutex
	queued  []string
	written uint64
	manual  bool // lines are not handed over by themselves
	over    bool
	closed  chan string
	lines   chan string // handed over
}

func newBackend(t testing.TB, s *System, name string) *fakeBackend {
	t.Helper()
	f := &fakeBackend{t: t, sys: s, closed: make(chan string, 1), lines: make(chan string, 1<<16)}
	f.before = s.Broker.BackendsIn.Load()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.b = s.ConnectBackend(f, name); f.b == nil {
		t.Fatal("the backend was refused")
	}
	return f
}

// attach waits until the backend is attached.
func (f *fakeBackend) attach() *fakeBackend {
	f.t.Helper()
	f.say(`{"action":"hello"}`)
	eventually(f.t, "attached", func() bool { return f.sys.Broker.BackendsIn.Load() > f.before })
	return f
}

func (f *fakeBackend) Send(l *codec.Frame) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return false
	}
	f.queued = append(f.queued, string(l.Wire()))
	if !f.manual {
		f.handOver(len(f.queued))
	}
	return true
}

// handOver is called with mu held.
func (f *fakeBackend) handOver(n int) {
	n = min(n, len(f.queued))
	for _, l := range f.queued[:n] {
		f.lines <- l
	}
	f.queued = f.queued[n:]
	f.written += uint64(n)
}

func (f *fakeBackend) take(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handOver(n)
}

func (f *fakeBackend) setManual(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.manual = on
	if !on {
		f.handOver(len(f.queued))
	}
}

func (f *fakeBackend) TrySend(l *codec.Frame) bool { return f.Send(l) }
func (f *fakeBackend) Pending() int                { return 0 }
func (f *fakeBackend) Written() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.written
}

func (f *fakeBackend) Close(code uint16, reason string) {
	select {
	case f.closed <- fmt.Sprintf("%d %s", code, reason):
	default:
	}
	f.die(0)
}

// die ends the connection after n more lines were handed over.
func (f *fakeBackend) die(n int) {
	f.mu.Lock()
	if f.over {
		f.mu.Unlock()
		return
	}
	f.handOver(n)
	f.over = true
	b := f.b
	f.mu.Unlock()
	b.Closed("test")
}

func (f *fakeBackend) say(lines ...string) {
	f.b.Lines(codec.NewMessage([]byte(strings.Join(lines, "\n")+"\n"), false))
}

// event is a line as a backend reads it.
type event struct {
	ID     string `json:"request_id"`
	Action string
	Params struct {
		Context struct {
			Client string `json:"client_id"`
			Room   string `json:"room_id"`
		}
		Message, Error, URL string
		RemoteAddr          string `json:"remote_addr"`
	}
}

func parseEvent(t testing.TB, line string) (e event) {
	t.Helper()
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		t.Fatalf("%v: %q", err, line)
	}
	return e
}

func (f *fakeBackend) hear() event {
	f.t.Helper()
	select {
	case l := <-f.lines:
		return parseEvent(f.t, l)
	case <-time.After(patience):
		f.t.Fatal("no line came")
		return event{}
	}
}

func (f *fakeBackend) expect(action string) event {
	f.t.Helper()
	e := f.hear()
	if e.Action != action {
		f.t.Fatalf("%+v instead of %s", e, action)
	}
	return e
}

func (f *fakeBackend) accept(request event, client, room string) {
	f.say(fmt.Sprintf(`{"action":"response","request_id":%q,"params":{"client_id":%q,"room_id":%q}}`, request.ID, client, room))
}

// fakeStrand is an end client without a socket.
type fakeStrand struct {
	testClient
	asked    *AskedSession
	verdicts chan Verdict
	holds    chan bool
}

// strandOutbox is an outbox whose client can be held.
type strandOutbox struct {
	*fakeOutbox
	holds chan bool
}

func (o strandOutbox) Hold(on bool) { o.holds <- on }

func ask1(t testing.TB, s *System, url string) *fakeStrand {
	out := newFakeOutbox()
	c := &fakeStrand{testClient{t: t, out: out}, nil, make(chan Verdict, 2), make(chan bool, 1000)}
	c.asked = s.Ask(Peer{Out: strandOutbox{out, c.holds}}, &pystrands.Request{URL: url}, func(v Verdict) { c.verdicts <- v })
	c.session = &c.asked.Session
	return c
}

func (c *fakeStrand) verdict() Verdict {
	c.t.Helper()
	select {
	case v := <-c.verdicts:
		return v
	case <-time.After(patience):
		c.t.Fatal("no verdict came")
		return Verdict{}
	}
}

func (c *fakeStrand) refused(status int) {
	c.t.Helper()
	if v := c.verdict(); v.Status != status {
		c.t.Fatalf("%+v instead of %d", v, status)
	}
	c.leave()
}

// enter connects an end client through a backend that lets it in.
func enter(t testing.TB, s *System, b *fakeBackend, client, room string) *fakeStrand {
	t.Helper()
	c := ask1(t, s, "/ws/"+room)
	b.accept(b.expect("connection_request"), client, room)
	if v := c.verdict(); v.Status != 0 {
		t.Fatalf("refused: %+v", v)
	}
	c.asked.Opened()
	b.expect("new_connection")
	return c
}

func TestStrandLife(t *testing.T) {
	s := testSystem(t, Options{Broker: brokerConfig()})
	b := newBackend(t, s, "b").attach()
	c := ask1(t, s, "/ws/r1")
	r := b.expect("connection_request")
	if r.Params.URL != "/ws/r1" {
		t.Errorf("%+v", r)
	}
	// What comes right behind the response reaches the client, although it is not open yet.
	b.say(fmt.Sprintf(`{"action":"response","request_id":%q,"params":{"client_id":"c1","room_id":"r1"}}`, r.ID),
		`{"action":"message_to_connection","params":{"conn_id":"c1","message":"private"}}`,
		`{"action":"message_to_room","params":{"room_id":"r1","message":"room"}}`,
		`{"action":"broadcast","params":{"message":"all"}}`,
		`{"action":"message_to_connection","params":{"conn_id":"nobody","message":"lost"}}`,
		`{"action":"message_to_room","params":{"room_id":"nowhere","message":"lost"}}`)
	if v := c.verdict(); v.Status != 0 {
		t.Fatalf("%+v", v)
	}
	for _, want := range []string{"private", "room", "all"} {
		if got := c.hear(); got != want {
			t.Fatalf("%q instead of %q", got, want)
		}
	}
	c.asked.Opened()
	c.say("hello", "there")
	c.leave()
	for _, want := range []event{
		{Action: "new_connection"}, {Action: "new_message"}, {Action: "new_message"}, {Action: "disconnected"},
	} {
		if e := b.expect(want.Action); e.Params.Context.Client != "c1" || e.Params.Context.Room != "r1" {
			t.Errorf("%+v", e)
		}
	}
	eventually(t, "empty", func() bool {
		return s.Broker.Clients.Load() == 0 && s.Broker.Rooms.Load() == 0 && s.Counters.Sessions.Load() == 0
	})
	if n := s.Broker.Dropped[dropUnknownClient].Load() + s.Broker.Dropped[dropUnknownRoom].Load(); n != 2 {
		t.Errorf("%d lost", n)
	}
}

func TestStrandsSideBySide(t *testing.T) {
	s := testSystem(t, Options{Broker: brokerConfig()})
	b := newBackend(t, s, "b").attach()
	var cs []*fakeStrand
	for i := range 3 {
		cs = append(cs, enter(t, s, b, "same", fmt.Sprint("r", i)))
	}
	b.say(`{"action":"message_to_connection","params":{"conn_id":"same","message":"p"}}`)
	for _, c := range cs {
		if got := c.hear(); got != "p" {
			t.Fatal(got)
		}
	}
	cs[1].leave()
	b.expect("disconnected")
	b.say(`{"action":"message_to_connection","params":{"conn_id":"same","message":"q"}}`,
		`{"action":"message_to_room","params":{"room_id":"r0","message":"z"}}`)
	if a, b, c := cs[0].hear(), cs[0].hear(), cs[2].hear(); a+b+c != "qzq" {
		t.Error(a, b, c)
	}
	cs[2].leave()
	cs[0].leave()
	b.expect("disconnected")
	b.expect("disconnected")
	if len(s.broker.clients) != 0 || len(s.broker.all) != 0 {
		t.Error("somebody is left")
	}
}

func TestDuplicateClients(t *testing.T) {
	cfg := brokerConfig()
	cfg.Duplicates = RejectDuplicates
	s := testSystem(t, Options{Broker: cfg})
	b := newBackend(t, s, "b").attach()
	first := enter(t, s, b, "c", "r")
	second := ask1(t, s, "/ws/r")
	b.accept(b.expect("connection_request"), "c", "r")
	second.refused(409)
	first.leave()
	b.expect("disconnected")

	cfg = brokerConfig()
	cfg.Duplicates = ReplaceDuplicates
	s = testSystem(t, Options{Broker: cfg})
	b = newBackend(t, s, "b").attach()
	first = enter(t, s, b, "c", "r")
	second = enter(t, s, b, "c", "r")
	if got := first.hear(); !strings.HasPrefix(got, "closed: 4409") {
		t.Error(got)
	}
	first.leave()
	b.expect("disconnected")
	b.say(`{"action":"message_to_connection","params":{"conn_id":"c","message":"p"}}`)
	if got := second.hear(); got != "p" {
		t.Error(got)
	}
}

func TestRefusals(t *testing.T) {
	s := testSystem(t, Options{Broker: brokerConfig()})
	ask1(t, s, "/ws/x").refused(503) // the event of this waits for the backend
	b := newBackend(t, s, "b").attach()
	if e := b.expect("error"); !strings.HasPrefix(e.Params.Error, pystrands.ProblemNoBackend) {
		t.Errorf("%+v", e)
	}
	c := ask1(t, s, "/ws/x")
	b.say(fmt.Sprintf(`{"action":"response","request_id":%q,"params":{"accepted":false}}`, b.expect("connection_request").ID))
	c.refused(403)

	c = ask1(t, s, "/ws/x")
	b.say(fmt.Sprintf(`{"action":"response","request_id":%q,"params":{"client_id":true}}`, b.expect("connection_request").ID))
	c.refused(502)
	if e := b.expect("error"); !strings.HasPrefix(e.Params.Error, pystrands.ProblemBadResponse) {
		t.Errorf("%+v", e)
	}

	c = ask1(t, s, "/ws/x") // hangs up before the answer
	r := b.expect("connection_request")
	c.leave()
	eventually(t, "gone", func() bool { return s.Broker.Results[resultGone].Load() == 1 })
	b.accept(r, "c", "r")
	c = enter(t, s, b, "d", "r") // and nothing was heard of the other
	c.leave()
	b.expect("disconnected")
	if n := s.Broker.Dropped[dropUnknownRequest].Load(); n != 1 {
		t.Errorf("%d unknown requests", n)
	}
	if n := s.Broker.Requests.Load(); n != 0 {
		t.Errorf("%d open requests", n)
	}
}

func TestCloseAfterUpgrade(t *testing.T) {
	cfg := brokerConfig()
	cfg.CloseAfterUpgrade = true
	s := testSystem(t, Options{Broker: cfg})
	c := ask1(t, s, "/ws/x")
	if v := c.verdict(); v.Status != 0 {
		t.Fatalf("%+v", v)
	}
	c.asked.Opened()
	if got := c.hear(); !strings.HasPrefix(got, "closed: 4503") {
		t.Error(got)
	}
	c.leave()
	eventually(t, "gone", func() bool { return s.Counters.Sessions.Load() == 0 })
}

// A backend dies with lines that nobody has read: they come first at the next one.
func TestBackendDies(t *testing.T) {
	s := testSystem(t, Options{Broker: brokerConfig()})
	b1 := newBackend(t, s, "b1").attach()
	c := enter(t, s, b1, "c", "r")
	b1.setManual(true)
	c.say("0", "1", "2", "3", "4")
	eventually(t, "queued", func() bool {
		b1.mu.Lock()
		defer b1.mu.Unlock()
		return len(b1.queued) == 5
	})
	b2 := newBackend(t, s, "b2").attach()
	b1.die(2)
	c.say("5")
	for i := range 6 {
		b := b1
		if i >= 2 {
			b = b2
		}
		if e := b.expect("new_message"); e.Params.Message != fmt.Sprint(i) {
			t.Fatalf("%+v instead of %d", e, i)
		}
	}
	c.leave()
	b2.expect("disconnected")
	if n := s.Broker.Reassigned.Load(); n != 1 {
		t.Errorf("%d reassigned", n)
	}
}

func TestBacklog(t *testing.T) {
	cfg := brokerConfig()
	cfg.QueueSize = 4
	s := testSystem(t, Options{Broker: cfg})
	b1 := newBackend(t, s, "b1").attach()
	c := enter(t, s, b1, "c", "r")
	b1.die(0)
	eventually(t, "lost", func() bool { return s.Broker.BackendsLost.Load() == 1 })
	for i := range 6 {
		c.say(fmt.Sprint(i))
	}
	eventually(t, "kept", func() bool { return s.Broker.Dropped[dropBacklog].Load() == 2 })
	for range 2 * maxFailuresKept { // a crowd that is refused pushes nothing out
		ask1(t, s, "/ws/x").refused(503)
	}
	b2 := newBackend(t, s, "b2").attach()
	for i := 2; i < 6; i++ {
		if e := b2.expect("new_message"); e.Params.Message != fmt.Sprint(i) {
			t.Fatalf("%+v instead of %d", e, i)
		}
	}
	for range maxFailuresKept {
		b2.expect("error")
	}
	c.say("new")
	if e := b2.expect("new_message"); e.Params.Message != "new" {
		t.Errorf("%+v", e)
	}
	if n := s.Broker.BacklogEvents.Load() + s.Broker.BacklogBytes.Load(); n != 0 {
		t.Errorf("backlog of %d", n)
	}
}

// bubble runs a test on a clock of its own. In the end that clock goes on until the library's timer for dead letters,
// which nobody can stop, has run out.
func bubble(t *testing.T, test func(*testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(time.Second) })
		test(t)
	})
}

// The question that a dead backend has not been handed is asked elsewhere at once; one that it has may still be
// answered over another connection, and is asked again after a while.
func TestAskedBackendDies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := testSystem(t, Options{Broker: brokerConfig()})
		b1 := newBackend(t, s, "b1").attach()
		b1.setManual(true)
		first := ask1(t, s, "/ws/1")
		synctest.Wait()
		second := ask1(t, s, "/ws/2")
		synctest.Wait()
		b2 := newBackend(t, s, "b2")
		synctest.Wait()
		b2.say(`{"action":"hello"}`)
		synctest.Wait()
		start := time.Now()
		b1.die(1)
		r2 := b2.expect("connection_request")
		if r2.Params.URL != "/ws/2" || time.Since(start) != 0 {
			t.Errorf("%+v after %v", r2, time.Since(start))
		}
		r1 := b2.expect("connection_request")
		if r1.Params.URL != "/ws/1" || time.Since(start) != askedGrace {
			t.Errorf("%+v after %v", r1, time.Since(start))
		}
		if original := b1.expect("connection_request"); original.ID != r1.ID {
			t.Errorf("asked again as %s, before as %s", r1.ID, original.ID)
		}
		b2.die(0)
		second.refused(503)
		first.refused(503)
		if time.Since(start) != 2*askedGrace {
			t.Errorf("after %v", time.Since(start))
		}
	})
}

func TestTimers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := brokerConfig()
		cfg.AttachDelay, cfg.HeartbeatInterval, cfg.RequestTimeout = 50*time.Millisecond, 4*time.Second, 10*time.Second
		s := testSystem(t, Options{Broker: cfg})
		start := time.Now()
		synctest.Wait()

		probe := newBackend(t, s, "probe") // comes and goes without becoming a backend
		held := ask1(t, s, "/ws/x")
		synctest.Wait()
		probe.die(0)
		held.refused(503)
		if time.Since(start) != 0 {
			t.Errorf("after %v", time.Since(start))
		}

		b := newBackend(t, s, "b")
		synctest.Wait()
		c := ask1(t, s, "/ws/x")
		b.expect("error") // of the first client
		b.expect("connection_request")
		if d := time.Since(start); d != 50*time.Millisecond {
			t.Errorf("attached after %v", d)
		}
		b.expect("heartbeat")
		if d := time.Since(start); d != 4*time.Second {
			t.Errorf("heartbeat after %v", d)
		}
		c.refused(504)
		if d := time.Since(start); d != 10*time.Second {
			t.Errorf("refused after %v", d)
		}
		b.expect("heartbeat")
		if e := b.expect("error"); !strings.HasPrefix(e.Params.Error, pystrands.ProblemTimeout) {
			t.Errorf("%+v", e)
		}
	})
}

func TestToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cfg := brokerConfig()
		cfg.Token = "secret"
		s := testSystem(t, Options{Broker: cfg})
		for _, first := range []string{`{"action":"hello"}`, `{"action":"auth","params":{"token":"wrong"}}`, `nonsense`,
			`{"action":"broadcast","params":{"message":"x"}}`} {
			b := newBackend(t, s, "b")
			b.say(first, `{"action":"auth","params":{"token":"secret"}}`)
			<-b.closed
		}
		silent := newBackend(t, s, "silent")
		<-silent.closed
		if n := s.Broker.Backends.Load(); n != 0 {
			t.Errorf("%d attached", n)
		}
		good := newBackend(t, s, "good")
		good.say(`{"action":"auth","request_id":"7","params":{"token":"secret"}}`)
		if e := good.expect("auth_ok"); e.ID != "7" {
			t.Errorf("%+v", e)
		}
		synctest.Wait()
		if n := s.Broker.Backends.Load(); n != 1 {
			t.Errorf("%d attached", n)
		}
		if n := s.Broker.BackendsUnfit.Load(); n != 5 {
			t.Errorf("%d refused", n)
		}
	})
}

func TestTooMany(t *testing.T) {
	cfg := brokerConfig()
	cfg.MaxBackends, cfg.MaxRequests, cfg.MaxClients = 1, 2, 3
	s := testSystem(t, Options{Broker: cfg})
	b := newBackend(t, s, "b").attach()
	if s.ConnectBackend(&fakeBackend{}, "second") != nil {
		t.Error("a second backend")
	}
	enter(t, s, b, "1", "r")
	ask1(t, s, "/ws/2")
	ask1(t, s, "/ws/3")
	b.expect("connection_request")
	b.expect("connection_request")
	ask1(t, s, "/ws/4").refused(503)
}

// A backend that does not keep up holds its own clients.
func TestHeldClients(t *testing.T) {
	cfg := brokerConfig()
	cfg.BackendQueueBytes = 1000
	s := testSystem(t, Options{Broker: cfg})
	slow := newBackend(t, s, "slow").attach()
	c := enter(t, s, slow, "c", "r")
	fast := newBackend(t, s, "fast").attach()
	d := enter(t, s, fast, "d", "r")
	slow.setManual(true)
	for range 10 {
		c.say(strings.Repeat("x", 100))
		d.say(strings.Repeat("y", 100))
	}
	if on := <-c.holds; !on {
		t.Error("not held")
	}
	for range 10 {
		fast.expect("new_message")
	}
	if len(d.holds) != 0 {
		t.Error("the other backend's client was held")
	}
	slow.setManual(false)
	if on := <-c.holds; on {
		t.Error("still held")
	}
	for range 10 {
		slow.expect("new_message")
	}
	slow.setManual(true)
	c.say(strings.Repeat("x", 2000))
	<-c.holds
	slow.die(0) // lets it go, too
	if on := <-c.holds; on {
		t.Error("still held")
	}
	fast.expect("new_message")
}

func TestBadLines(t *testing.T) {
	s := testSystem(t, Options{Broker: brokerConfig()})
	b := newBackend(t, s, "b").attach()
	for range 5 * badLineRate {
		b.say(`{"action":"broadcast"}`, `no json`)
	}
	b.b.Oversize()
	eventually(t, "counted", func() bool { return s.Broker.LinesBad.Load() == 10*badLineRate+1 })
	c := ask1(t, s, "/ws/x")
	errors := 0
	for {
		e := b.hear()
		if e.Action == "connection_request" {
			b.accept(e, "c", "r")
			break
		}
		errors++
	}
	if v := c.verdict(); v.Status != 0 {
		t.Errorf("%+v", v)
	}
	if errors == 0 || uint64(errors)+s.Broker.LinesUnstated.Load() != 10*badLineRate+1 {
		t.Errorf("%d error events, %d without", errors, s.Broker.LinesUnstated.Load())
	}
}

// Failures of actors harm whom they have to, and nobody else.
func TestBrokerFailures(t *testing.T) {
	s := testSystem(t, Options{Broker: brokerConfig()})
	b := newBackend(t, s, "b").attach()
	c := enter(t, s, b, "c", "r")
	s.CrashBroker()
	c.say("after")
	if e := b.expect("new_message"); e.Params.Message != "after" {
		t.Errorf("%+v", e)
	}
	// A session that fails while its client waits to be let in.
	waiting := ask1(t, s, "/ws/x")
	r := b.expect("connection_request")
	waiting.session.s.ref.post(&crash{})
	if v := waiting.verdict(); v.Status != 500 {
		t.Errorf("%+v", v)
	}
	b.accept(r, "x", "r")
	// One that fails later is reported.
	c.session.s.ref.post(&crash{})
	b.expect("disconnected")
	// A backend's actor that fails loses its connection.
	c = enter(t, s, b, "d", "r")
	b2 := newBackend(t, s, "b2").attach()
	b.b.a.mb.PostUserMessage(&crash{})
	<-b.closed
	eventually(t, "lost", func() bool { return s.Broker.Backends.Load() == 1 })
	c.say("elsewhere")
	if e := b2.expect("new_message"); e.Params.Message != "elsewhere" {
		t.Errorf("%+v", e)
	}
	if n := s.Counters.BrokerPanics.Load(); n != 2 {
		t.Errorf("%d failures", n)
	}
}

func TestDrainBroker(t *testing.T) {
	s := testSystem(t, Options{Broker: brokerConfig()})
	b := newBackend(t, s, "b").attach()
	c := enter(t, s, b, "c", "r")
	waiting := ask1(t, s, "/ws/x")
	b.expect("connection_request")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	done := make(chan error)
	go func() { done <- s.DrainBroker(ctx) }()
	waiting.refused(503)
	ask1(t, s, "/ws/y").refused(503)
	c.leave()
	if err := <-done; err != nil {
		t.Error(err)
	}
	b.expect("disconnected")
}

// Random deaths: whatever was not handed over to a dead backend arrives elsewhere, once and in order.
func TestRandomBackendDeaths(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	s := testSystem(t, Options{Broker: brokerConfig()})
	var mu sync.Mutex
	heard := map[string][]string{}
	read := func(b *fakeBackend) { // everything that was handed over has been read
		for len(b.lines) > 0 {
			e := parseEvent(t, <-b.lines)
			if e.Action == "new_message" || e.Action == "disconnected" {
				mu.Lock()
				heard[e.Params.Context.Client] = append(heard[e.Params.Context.Client], e.Params.Message)
				mu.Unlock()
			}
		}
	}
	backends := []*fakeBackend{newBackend(t, s, "0").attach()}
	const clients, rounds = 10, 200
	var cs []*fakeStrand
	for i := range clients {
		cs = append(cs, enter(t, s, backends[0], fmt.Sprint("c", i), "r"))
	}
	sent := make([]int, clients)
	for range rounds {
		switch n := rng.IntN(10); {
		case n == 0 && len(backends) > 0:
			i := rng.IntN(len(backends))
			b := backends[i]
			backends = append(backends[:i], backends[i+1:]...)
			b.die(rng.IntN(4))
			read(b)
		case n == 1 && len(backends) < 4:
			b := newBackend(t, s, "b").attach()
			b.setManual(rng.IntN(2) == 0)
			backends = append(backends, b)
		case n == 2 && len(backends) > 0:
			b := backends[rng.IntN(len(backends))]
			b.take(rng.IntN(5))
			read(b)
		default:
			i := rng.IntN(clients)
			for range rng.IntN(5) {
				cs[i].say(fmt.Sprint(sent[i]))
				sent[i]++
			}
		}
	}
	for _, c := range cs {
		c.leave()
	}
	last := newBackend(t, s, "last").attach()
	eventually(t, "everybody gone", func() bool { return s.Broker.Clients.Load() == 0 })
	for _, b := range backends {
		b.die(rng.IntN(10))
		read(b)
	}
	eventually(t, "the others lost", func() bool { return s.Broker.Backends.Load() == 1 })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.DrainBroker(ctx); err != nil { // whoever is counted as lost has been dealt with by now
		t.Fatal(err)
	}
	read(last)
	for i := range clients {
		got := heard[fmt.Sprint("c", i)]
		var want []string
		for n := range sent[i] {
			want = append(want, fmt.Sprint(n))
		}
		want = append(want, "") // disconnected
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("client %d: heard %v of %d", i, got, sent[i])
		}
	}
}
