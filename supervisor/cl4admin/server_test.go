package cl4admin_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/internal/wstest"
	"github.com/skeinhq/skein/supervisor/moderation"
	"github.com/skeinhq/skein/tests/harness"
)

const password = "correct horse"

// server is a running server with administration.
type server struct {
	*supervisor.Server
	t *testing.T
}

func serve(t *testing.T) *server {
	t.Helper()
	s := supervisor.New(supervisor.Options{
		Listen:       []string{"127.0.0.1:0"},
		Logger:       slog.New(slog.DiscardHandler),
		RealIPHeader: "X-Real-Ip", // so that tests can come from other addresses
		Moderation:   supervisor.ModerationOptions{CL4Admin: true},
	})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return &server{s, t}
}

// user makes a user.
func (s *server) user(name string, permissions ...string) {
	s.t.Helper()
	if _, err := s.AdminUsers().Add(moderation.User{Username: name, Permissions: permissions}, password); err != nil {
		s.t.Fatal(err)
	}
}

// client is a connection whose expectations fail the test.
type client struct {
	*wstest.Client
	t *testing.T
}

func (s *server) dial() *client { return s.dialFrom("") }

// dialFrom connects from another address.
func (s *server) dialFrom(ip string) *client {
	s.t.Helper()
	h := http.Header{}
	if ip != "" {
		h.Set("X-Real-Ip", ip)
	}
	c, err := wstest.Dial(s.Listeners()[0].URL(), h)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return &client{c, s.t}
}

// operator is a client who is logged in with permissions.
func (s *server) operator(permissions ...string) *client {
	s.t.Helper()
	s.user("op", permissions...)
	c := s.dial()
	c.logIn("op", password, 200)
	return c
}

// named is a client with a name.
func (s *server) named(name string) *client {
	s.t.Helper()
	c := s.dial()
	c.say(`{"cmd":"setid","val":%s,"listener":"n"}`, quote(name))
	c.until("n", 100)
	return c
}

func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (c *client) say(format string, args ...any) {
	c.t.Helper()
	if err := c.Send(fmt.Sprintf(format, args...)); err != nil {
		c.t.Fatal(err)
	}
}

// status is a status code as it came.
type status struct {
	Code     string          `json:"code"`
	ID       int             `json:"code_id"`
	Listener json.RawMessage `json:"listener"`
	Details  json.RawMessage `json:"details"`
	Val      json.RawMessage `json:"val"`
}

func (s status) String() string { return fmt.Sprintf("%s details %s val %s", s.Code, s.Details, s.Val) }

// until reads up to the status code with the listener.
func (c *client) until(listener string, want int) status {
	c.t.Helper()
	for {
		text := c.Read()
		if strings.HasPrefix(text, "closed") || strings.HasPrefix(text, "failed") {
			c.t.Fatalf("%s: %s", listener, text)
		}
		var s status
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			c.t.Fatalf("%s: %v", text, err)
		}
		if string(s.Listener) != quote(listener) || s.Code == "" {
			continue
		}
		if s.ID != want {
			c.t.Fatalf("%s: %v, want %d", listener, s, want)
		}
		return s
	}
}

// hear expects this message next.
func (c *client) hear(want string) {
	c.t.Helper()
	if got := c.Read(); got != want {
		c.t.Fatalf("got  %s\nwant %s", got, want)
	}
}

// ends expects the connection to end like this, whatever comes before.
func (c *client) ends(want string) {
	c.t.Helper()
	for {
		got := c.Read()
		if end, over := strings.CutPrefix(got, "closed: "); over && end != want || strings.HasPrefix(got, "failed") {
			c.t.Fatalf("got  %s\nwant closed: %s", got, want)
		} else if over {
			return
		}
	}
}

// status returns the next status code.
func (c *client) status() string {
	c.t.Helper()
	for {
		if got := c.Read(); strings.Contains(got, `"cmd":"statuscode"`) {
			return got
		} else if strings.HasPrefix(got, "closed") || strings.HasPrefix(got, "failed") {
			c.t.Fatal(got)
		}
	}
}

// ask sends a command and returns its answer, which must have that number.
func (c *client) ask(cmd string, val any, want int) status {
	c.t.Helper()
	raw, ok := val.(string)
	if !ok {
		raw = quote(val)
	}
	c.say(`{"cmd":%s,"val":%s,"listener":%s}`, quote(cmd), raw, quote(cmd))
	return c.until(cmd, want)
}

func (c *client) logIn(username, password string, want int) status {
	c.t.Helper()
	return c.ask("admin_auth", map[string]string{"username": username, "password": password}, want)
}

// has fails the test unless a val is this JSON.
func (s status) has(t *testing.T, want string) {
	t.Helper()
	if string(s.Val) != want {
		t.Errorf("val  %s\nwant %s", s.Val, want)
	}
}

// object asks a client for its own user object.
func (c *client) object() (object string, id string) {
	c.t.Helper()
	c.say(`{"cmd":"handshake","listener":"h"}`)
	for {
		var m struct {
			Cmd string
			Val json.RawMessage
		}
		text := c.Read()
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			c.t.Fatalf("%s: %v", text, err)
		}
		if m.Cmd == "client_obj" {
			var o struct{ ID string }
			if err := json.Unmarshal(m.Val, &o); err != nil {
				c.t.Fatal(err)
			}
			c.until("h", 100)
			return string(m.Val), o.ID
		}
	}
}

// patience is how long a test waits for what has to happen.
const patience = 15 * time.Second

// eventually waits for something that others do.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	harness.Eventually(t, patience, what, f)
}
