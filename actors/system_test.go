package actors

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"go.uber.org/goleak"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/tests/harness"
)

const patience = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeOutbox records what a client would be sent.
type fakeOutbox struct {
	mu     sync.Mutex
	full   bool // TrySend refuses
	closed string
	frames chan string
}

func newFakeOutbox() *fakeOutbox { return &fakeOutbox{frames: make(chan string, 4096)} }

func (o *fakeOutbox) Send(f *codec.Frame) bool {
	o.frames <- string(f.Payload())
	return true
}

func (o *fakeOutbox) TrySend(f *codec.Frame) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.full && o.Send(f)
}

func (o *fakeOutbox) Pending() int { return 0 }

func (o *fakeOutbox) Close(code uint16, reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed == "" {
		o.closed = fmt.Sprintf("%d %s", code, reason)
		o.frames <- "closed: " + o.closed
	}
}

// testClient is a connection without a socket.
type testClient struct {
	t       testing.TB
	out     *fakeOutbox
	session *Session
}

func testSystem(t testing.TB, o Options) *System {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	s := NewSystem(o)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func connect(t testing.TB, s *System) *testClient {
	out := newFakeOutbox()
	return &testClient{t: t, out: out, session: s.Connect(Peer{Out: out, ClientIP: "192.0.2.1"})}
}

func (c *testClient) say(texts ...string) {
	for _, text := range texts {
		c.session.Message(codec.NewMessage([]byte(text), false))
	}
}

// hear returns the next frame.
func (c *testClient) hear() string {
	c.t.Helper()
	select {
	case f := <-c.out.frames:
		return f
	case <-time.After(patience):
		c.t.Fatal("nothing came")
		return ""
	}
}

// until returns the next frame that contains a text, and what came before it.
func (c *testClient) until(part string) (frame string, before []string) {
	c.t.Helper()
	for {
		f := c.hear()
		if strings.Contains(f, part) {
			return f, before
		}
		before = append(before, f)
	}
}

func (c *testClient) leave() { c.session.Closed(End{Code: 1000, Cause: "peer_closed"}) }

// member connects a client with a name that is in a room.
func member(t testing.TB, s *System, name, room string) *testClient {
	c := connect(t, s)
	c.say(`{"cmd":"setid","val":"`+name+`","listener":1}`, `{"cmd":"link","val":"`+room+`","listener":2}`)
	c.until(`"listener":2`)
	return c
}

// eventually waits for a state that nothing tells about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	harness.Eventually(t, patience, what, ok)
}

func TestAnswersKeepTheirPlace(t *testing.T) {
	s := testSystem(t, Options{})
	a, b := member(t, s, "a", "r"), member(t, s, "b", "r")
	a.until(`"add"`)
	a.say(`{"cmd":"gmsg","val":1,"listener":10}`, `{"cmd":"ping","listener":11}`, `{"cmd":"link","val":["r","x"],"listener":12}`,
		`{"cmd":"gmsg","val":2,"rooms":"x","listener":13}`, `{"cmd":"pmsg","id":"b","val":3,"listener":14}`,
		`{"cmd":"direct","id":"nobody","val":4,"listener":15}`, `{"cmd":"unlink","val":"","listener":16}`, `{"cmd":"ping","listener":17}`)
	for want := 10; want <= 17; want++ {
		f, before := a.until(fmt.Sprintf(`"listener":%d`, want))
		for _, early := range before {
			if strings.Contains(early, `"listener"`) {
				t.Fatalf("%s came before the answer to %d", early, want)
			}
		}
		_ = f
	}
	if f, _ := b.until(`"val":1`); !strings.Contains(f, `"gmsg"`) {
		t.Errorf("b got %s", f)
	}
	b.until(`"pmsg"`)
}

func TestRoomFailureKeepsMembers(t *testing.T) {
	s := testSystem(t, Options{})
	a, b := member(t, s, "a", "r"), member(t, s, "b", "r")
	for range 20 {
		if err := s.Rooms(CL4).CrashRoom("r"); err != nil {
			t.Fatal(err)
		}
	}
	a.say(`{"cmd":"gmsg","val":"still here","rooms":"r"}`)
	b.until("still here")
	a.until("still here")
	if n := s.Counters.Restarts.Load(); n != 20 {
		t.Errorf("%d restarts", n)
	}
}

func TestSessionFailureLeavesRooms(t *testing.T) {
	s := testSystem(t, Options{})
	a, b := member(t, s, "a", "r"), member(t, s, "b", "r")
	found, err := s.Clients().ByUsername("a")
	if err != nil {
		t.Fatal(err)
	}
	s.CrashSession(found[0])
	a.until("closed: 1011")
	b.until(`"remove"`)
	eventually(t, "the registry forgets the client", func() bool {
		_, err := s.Clients().ByUsername("a")
		return err != nil
	})
}

func TestRegistryFailureKeepsClients(t *testing.T) {
	s := testSystem(t, Options{Shards: 1})
	a, b := member(t, s, "a", "r"), member(t, s, "b", "r")
	s.CrashRegistry()
	a.say(`{"cmd":"direct","id":"b","val":"over the registry"}`, `{"cmd":"link","val":["r","new"],"listener":5}`)
	b.until("over the registry")
	a.until(`"listener":5`)
}

func TestEverythingIsForgotten(t *testing.T) {
	s := testSystem(t, Options{})
	var all []*testClient
	for i := range 100 {
		all = append(all, member(t, s, fmt.Sprint("c", i), fmt.Sprint("room", i%7)))
	}
	scratch := connect(t, s)
	scratch.say(`{"method":"handshake","user":"player","project_id":"1"}`, `{"method":"set","name":"☁ x","value":"1"}`)
	all = append(all, scratch)
	for _, c := range all {
		c.leave()
	}
	n := &s.Counters
	eventually(t, "no sessions", func() bool {
		return n.Sessions.Load() == 0 && n.CL4Clients.Load() == 0 && n.ScratchClients.Load() == 0 && n.Unidentified.Load() == 0
	})
	eventually(t, "no rooms", func() bool { return n.CL4Rooms.Load() == 0 })
	if n := s.Rooms(CL4).Names(); len(n) > 0 {
		t.Errorf("rooms are left: %v", n)
	}
}

func TestEndBeforeAnything(t *testing.T) {
	s := testSystem(t, Options{IdentifyTimeout: time.Hour})
	for range 200 {
		connect(t, s).leave()
	}
	eventually(t, "no sessions", func() bool { return s.Counters.Sessions.Load() == 0 && s.Counters.Unidentified.Load() == 0 })
}

func TestIdentifyTimeout(t *testing.T) {
	s := testSystem(t, Options{IdentifyTimeout: time.Millisecond})
	c := connect(t, s)
	c.until("closed: 1008")
	if s.Counters.IdentifyExpired.Load() != 1 {
		t.Error("it was not counted")
	}
	c.leave()
	eventually(t, "no sessions", func() bool { return s.Counters.Sessions.Load() == 0 })
}

func TestRate(t *testing.T) {
	now := time.Unix(1000, 0)
	s := NewSystem(Options{Now: func() time.Time { return now }, Rate: Rate{PerSecond: 10, Burst: 2}})
	var b limiter
	take := func(want ...bool) {
		t.Helper()
		for i, w := range want {
			if b.take(s) != w {
				t.Errorf("take %d is %v", i, !w)
			}
		}
	}
	take(true, true, false)
	if b.wait() != 100*time.Millisecond {
		t.Errorf("wait %v", b.wait())
	}
	now = now.Add(100 * time.Millisecond)
	take(true, false)
	now = now.Add(time.Hour)
	take(true, true, false)
	s.SetRate(Rate{PerSecond: 3})
	take(true, true, true, false)
	s.SetRate(Rate{})
	take(true, true, true, true)
	if b.wait() != 0 || s.Rate() != (Rate{}) {
		t.Errorf("wait %v at a rate of %v", b.wait(), s.Rate())
	}
}

func TestRateLimited(t *testing.T) {
	s := testSystem(t, Options{Rate: Rate{PerSecond: 0.001, Burst: 1}})
	c := connect(t, s)
	c.say(`{"cmd":"ping","listener":1}`, `{"cmd":"ping","listener":2}`)
	c.until(`"code_id":100,"listener":1`)
	c.until(`"code_id":108`)
}

func TestScratchHoldsTheLatestValue(t *testing.T) {
	s := testSystem(t, Options{Protocols: []Protocol{Scratch}, Rate: Rate{PerSecond: 50, Burst: 1}})
	a, b := connect(t, s), connect(t, s)
	for _, c := range []*testClient{a, b} {
		c.say(`{"method":"handshake","user":"player","project_id":"1"}`)
	}
	eventually(t, "both are in the room", func() bool { return len(s.Rooms(Scratch).All("1")) == 2 })
	for i := range 30 {
		a.say(fmt.Sprintf(`{"method":"set","name":"☁ x","value":"%d"}`, i))
	}
	last, _ := b.until(`"value":"29"`)
	if !json.Valid([]byte(last[strings.LastIndexByte(last, '\n')+1:])) {
		t.Errorf("got %s", last)
	}
	if s.Counters.RateLimited.Load() == 0 {
		t.Error("nothing was held")
	}
}

// TestScratchRoomCountsChanges: a value that a variable has already is no change.
func TestScratchRoomCountsChanges(t *testing.T) {
	s := testSystem(t, Options{Protocols: []Protocol{Scratch}})
	a, b := connect(t, s), connect(t, s)
	for _, c := range []*testClient{a, b} {
		c.say(`{"method":"handshake","user":"player","project_id":"1"}`)
	}
	eventually(t, "both are in the room", func() bool { return len(s.Rooms(Scratch).All("1")) == 2 })
	for _, value := range []string{"1", "2", "2", "3"} {
		a.say(`{"method":"set","name":"☁ x","value":"` + value + `"}`)
	}
	b.until(`"value":"3"`)
	if f := s.Rooms(Scratch).Figures(); len(f) != 1 || f[0].Messages != 3 || f[0].Variables != 1 {
		t.Errorf("got %+v, want 3 messages and 1 variable", f)
	}
	d, err := s.Rooms(Scratch).Detail("1", 1)
	if err != nil || len(d.First) != 1 || len(d.List) != 1 || d.Members != 2 || d.Messages != 3 {
		t.Errorf("got %+v, %v", d, err)
	}
}

// counter is an actor that counts, for the tests of the mailbox.
type counter struct{ got *[]int }

func (c counter) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case int:
		if m < 0 {
			panic("injected")
		}
		*c.got = append(*c.got, m)
	case chan struct{}:
		close(m)
	}
}

func TestMailboxOrderAcrossRestarts(t *testing.T) {
	s := testSystem(t, Options{})
	var got []int
	m := newMailbox(&s.Counters)
	for i := range 1000 { // before there is an actor
		m.PostUserMessage(i)
		if i%10 == 0 {
			m.PostUserMessage(-1)
		}
	}
	m.PostUserMessage(nil) // is ignored, and does not make the actor spin
	props := actor.PropsFromProducer(func() actor.Actor { return counter{&got} },
		actor.WithMailbox(func() actor.Mailbox { return m }))
	pid, err := s.spawnUnder(s.plugins.group, "counter", props)
	if err != nil {
		t.Fatal(err)
	}
	last := make(chan struct{})
	s.sendTo(pid, last)
	select {
	case <-last:
	case <-time.After(patience):
		t.Fatal("the last message was not handled")
	}
	if n := s.Counters.Restarts.Load(); n != 100 {
		t.Errorf("%d restarts", n)
	}
	if err := s.root.StopFuture(pid).Wait(); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1000 {
		t.Fatalf("%d messages were handled", len(got))
	}
	for i, n := range got {
		if n != i {
			t.Fatalf("message %d is %d", i, n)
		}
	}
	if s.Counters.NilMessages.Load() != 1 {
		t.Error("the nil message was not counted")
	}
}

// TestJoinAndLeaveAtOnce has a plugin change its mind before the room has answered.
func TestJoinAndLeaveAtOnce(t *testing.T) {
	s := testSystem(t, Options{})
	s.CL4().OnCommand("waver", func(c *Client, _ cl4.Message) error {
		for range 3 {
			if err := c.Join("there"); err != nil {
				return err
			}
			if err := c.Leave("there"); err != nil {
				return err
			}
		}
		return nil
	})
	a := member(t, s, "a", "r")
	a.say(`{"cmd":"waver"}`, `{"cmd":"ping","listener":9}`)
	a.until(`"listener":9`)
	eventually(t, "nobody is there", func() bool { return !s.Rooms(CL4).Exists("there") })
}
