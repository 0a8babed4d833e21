package supervisor_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/internal/wstest"
)

// deadline is how long a test waits for what has to happen.
const deadline = 15 * time.Second

// server is a running server and the clients of one test.
type server struct {
	*supervisor.Server
	t *testing.T
}

// serve starts a server with plugins and stops it when the test ends, after which nothing of it may run.
func serve(t *testing.T, bind func(*supervisor.Server), change ...func(*supervisor.Options)) *server {
	t.Helper()
	before := goleak.IgnoreCurrent()
	o := supervisor.Options{
		Listen:      []string{"127.0.0.1:0"},
		Logger:      slog.New(slog.DiscardHandler),
		KeepHeaders: true,
	}
	for _, f := range change {
		f(&o)
	}
	srv := supervisor.New(o)
	if bind != nil {
		bind(srv)
	}
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Stop(); err != nil {
			t.Error(err)
		}
		wantNoGoroutines(t, before)
	})
	return &server{srv, t}
}

// wantNoGoroutines fails the test when goroutines are left. The actor library has one that counts dead letters for a
// second, however the system ends, so it has to be patient.
func wantNoGoroutines(t *testing.T, before goleak.Option) {
	t.Helper()
	var err error
	for end := time.Now().Add(deadline); time.Now().Before(end); {
		if err = goleak.Find(before); err == nil {
			return
		}
	}
	t.Error(err)
}

// client is a connection whose expectations fail the test.
type client struct {
	*wstest.Client
	t *testing.T
}

func (s *server) dial() *client { return s.dialWith(nil) }

func (s *server) dialWith(h http.Header) *client {
	s.t.Helper()
	c, err := wstest.Dial(s.Listeners()[0].URL(), h)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return &client{c, s.t}
}

// say sends messages.
func (c *client) say(texts ...string) {
	c.t.Helper()
	if err := c.Send(texts...); err != nil {
		c.t.Fatal(err)
	}
}

// hear expects these messages next.
func (c *client) hear(texts ...string) {
	c.t.Helper()
	for _, want := range texts {
		if got := c.Read(); got != want {
			c.t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}

// settle waits until everything before has been carried out.
func (c *client) settle() {
	c.t.Helper()
	c.say(`{"cmd":"ping","listener":"settled"}`)
	for {
		switch got := c.Read(); {
		case strings.Contains(got, `"listener":"settled"`):
			return
		case strings.HasPrefix(got, "closed") || strings.HasPrefix(got, "failed"):
			c.t.Fatal(got)
		}
	}
}

// events collects what handlers report, from any goroutine.
type events chan string

func newEvents() events { return make(events, 256) }

func (e events) add(format string, args ...any) { e <- fmt.Sprintf(format, args...) }

// want expects these events next.
func (e events) want(t *testing.T, texts ...string) {
	t.Helper()
	for _, want := range texts {
		select {
		case got := <-e:
			if got != want {
				t.Fatalf("event %q, want %q", got, want)
			}
		case <-time.After(deadline):
			t.Fatalf("no event, want %q", want)
		}
	}
}

// none expects that nothing was reported.
func (e events) none(t *testing.T) {
	t.Helper()
	select {
	case got := <-e:
		t.Fatalf("unexpected event %q", got)
	default:
	}
}

// wait waits for a channel to be closed or to get something.
func wait[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(deadline):
		t.Fatal("nothing came")
	}
	return v
}

const ok = `{"cmd":"statuscode","code":"I:100 | OK","code_id":100}`

// TestEvents follows one client through all events that CloudLink's plugins have.
func TestEvents(t *testing.T) {
	e := newEvents()
	s := serve(t, func(s *supervisor.Server) {
		s.OnConnect(func(c *actors.Client) { e.add("connect %v", c.Protocol()) })
		s.OnProtocolIdentified(actors.CL4, func(c *actors.Client) { e.add("identified %v %v", c.Protocol(), c.Rooms()) })
		s.OnProtocolIdentified(actors.Scratch, func(*actors.Client) { e.add("identified as Scratch") })
		s.OnMessage(func(_ *actors.Client, m actors.Message) { e.add("message %v %s %s", m.Protocol, m.Command, m.CL4.Text) })
		s.OnError(func(_ *actors.Client, what string) { e.add("error %s", what) })
		s.OnDisconnect(func(c *actors.Client) { e.add("disconnect, in the list: %v", s.Clients().Exists(c)) })
		s.OnProtocolDisconnect(actors.CL4, func(*actors.Client) { e.add("protocol disconnect") })
		s.OnProtocolDisconnect(actors.Scratch, func(*actors.Client) { e.add("Scratch disconnect") })
		p := s.CL4()
		p.OnCommand("foo", func(*actors.Client, cl4.Message) error { e.add("foo"); return nil })
		p.OnCommand("foo", func(*actors.Client, cl4.Message) error { e.add("foo again"); return nil })
		p.OnDisabledCommand(func(_ *actors.Client, name string) { e.add("disabled %s", name) })
		s.Scratch().OnDisabledCommand(func(_ *actors.Client, name string) { e.add("Scratch disabled %s", name) })
	}, func(o *supervisor.Options) { o.DisabledCommands = []string{"cl4:gvar"} })

	c := s.dial()
	e.want(t, "connect none")
	c.say(`{"cmd":"foo"}`)
	e.want(t, "identified cl4 [default]", `message cl4 foo {"cmd":"foo"}`, "foo", "foo again")
	c.say(`{"cmd":"nonsense"}`)
	e.want(t, "error InvalidCommand: nonsense")
	c.say(`{"cmd":"gvar"}`)
	e.want(t, "disabled gvar")
	c.settle()
	e.want(t, `message cl4 ping {"cmd":"ping","listener":"settled"}`)
	c.Close()
	e.want(t, "disconnect, in the list: false", "protocol disconnect")
	e.none(t)
}

// TestEventsOfUnidentified shows that clients whose first message is bad are never identified.
func TestEventsOfUnidentified(t *testing.T) {
	e := newEvents()
	s := serve(t, func(s *supervisor.Server) {
		for _, p := range []actors.Protocol{actors.CL4, actors.Scratch} {
			s.OnProtocolIdentified(p, func(*actors.Client) { e.add("identified") })
			s.OnProtocolDisconnect(p, func(*actors.Client) { e.add("protocol disconnect") })
		}
		s.CL4().OnException(cl4.JSONError, func(*actors.Client, string) { e.add("exception") })
		s.Scratch().OnException(cl4.JSONError, func(*actors.Client, string) { e.add("exception") })
		s.OnError(func(_ *actors.Client, what string) { e.add("error %s", what) })
		s.OnDisconnect(func(*actors.Client) { e.add("disconnect") })
	})
	c := s.dial()
	c.say("{")
	c.hear("Invalid JSON", "closed: 1000 Invalid JSON")
	e.want(t, "error Invalid JSON", "disconnect")
	e.none(t)
}

// TestExceptions has one message for each kind.
func TestExceptions(t *testing.T) {
	e := newEvents()
	s := serve(t, func(s *supervisor.Server) {
		for k := cl4.EmptyMessage; k <= cl4.Overloaded; k++ {
			s.CL4().OnException(k, func(_ *actors.Client, details string) { e.add("%v: %s", k, details) })
		}
		s.CL4().OnCommand("fail", func(*actors.Client, cl4.Message) error { return fmt.Errorf("no luck") })
	})
	c := s.dial()
	c.settle()
	for _, test := range []struct{ name, say, want, answer string }{
		{
			"empty", ``, "EmptyMessage: Your client has sent an empty message.",
			`{"cmd":"statuscode","code":"E:106 | Empty packet","code_id":106,"details":"Your client has sent an empty message."}`,
		},
		{
			"invalid", `{"cmd":"gmsg","listener":false}`, `ValidationError: {"val":["required field"]}`,
			`{"cmd":"statuscode","code":"E:101 | Syntax","code_id":101,"details":{"val":["required field"]},"listener":false}`,
		},
		{
			"unknown", `{"cmd":"what"}`, "InvalidCommand: what",
			`{"cmd":"statuscode","code":"E:109 | Invalid command","code_id":109,"details":"what is an invalid command."}`,
		},
		{
			"failure", `{"cmd":"fail","listener":0}`, "InternalError: no luck",
			`{"cmd":"statuscode","code":"E:105 | Internal server error","code_id":105,"listener":0}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.say(test.say)
			e.want(t, test.want)
			c.hear(test.answer)
		})
	}
	c.say(`{"cmd":`)
	if got := wait(t, e); !strings.HasPrefix(got, "JSONError: ") {
		t.Fatal(got)
	}
}

// TestOverloaded reports a client over its message rate.
func TestOverloaded(t *testing.T) {
	e := newEvents()
	s := serve(t, func(s *supervisor.Server) {
		s.CL4().OnException(cl4.Overloaded, func(*actors.Client, string) { e.add("overloaded") })
	}, func(o *supervisor.Options) { o.MessageRate, o.MessageBurst = 0.001, 1 })
	c := s.dial()
	c.say(`{"cmd":"ping"}`, `{"cmd":"ping"}`)
	c.hear(ok, `{"cmd":"statuscode","code":"E:108 | Refused","code_id":108,"details":"You are sending messages too fast."}`)
	e.want(t, "overloaded")
}

// TestHandlersThatFail shows that a panic in any handler ends nothing: the client gets E:105 with its listener where it
// has asked for something, everything else goes on, and the failure is counted.
func TestHandlersThatFail(t *testing.T) {
	fail := func(*actors.Client) { panic("a plugin's fault") }
	s := serve(t, func(s *supervisor.Server) {
		s.OnConnect(fail)
		s.OnProtocolIdentified(actors.CL4, fail)
		s.OnDisconnect(fail)
		s.OnMessage(func(_ *actors.Client, m actors.Message) { panic(m.Command) })
		s.OnError(func(*actors.Client, string) { panic("in on_error") })
		s.CL4().OnCommand("foo", func(c *actors.Client, m cl4.Message) error {
			_ = c.Send("said before")
			panic("in foo")
		})
		s.CL4().OnCommand("foo", func(c *actors.Client, m cl4.Message) error { return c.Send("the next handler") })
	})
	c := s.dial()
	c.say(`{"cmd":"foo","listener":{}}`) // refused: nobody is identified by it
	c.hear("Unable to identify protocol", "closed: 1000 Unable to identify protocol")

	c = s.dial()
	c.say(`{"cmd":"foo","listener":"L"}`, `{"cmd":"ping"}`)
	c.hear("said before",
		`{"cmd":"statuscode","code":"E:105 | Internal server error","code_id":105,"listener":"L"}`,
		"the next handler",
		ok)
	// connect twice, on_error twice, identified, on_message twice, foo, disconnect
	if n := s.Counters.HandlerPanics.Load(); n < 8 {
		t.Errorf("%d panics counted", n)
	}
	if n := s.Counters.SessionPanics.Load(); n != 0 {
		t.Errorf("%d sessions failed", n)
	}
}

// TestSlowHandler blocks the handler of one client; the other clients notice nothing.
func TestSlowHandler(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	s := serve(t, func(s *supervisor.Server) {
		s.CL4().OnCommand("block", func(c *actors.Client, m cl4.Message) error {
			close(entered)
			<-leave
			return s.CL4().SendStatus(c, cl4.StatusOK, "late", &m, nil)
		})
	})
	slow, other := s.dial(), s.dial()
	slow.settle()
	slow.say(`{"cmd":"block"}`, `{"cmd":"ping"}`)
	wait(t, entered)
	other.say(`{"cmd":"gmsg","val":1}`, `{"cmd":"ping"}`)
	other.hear(`{"cmd":"gmsg","val":1,"rooms":"default"}`, ok)
	slow.hear(`{"cmd":"gmsg","val":1,"rooms":"default"}`) // rooms reach it while its handler blocks
	close(leave)
	slow.hear(`{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"details":"late"}`, ok)
}
