package supervisor_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/protocol/scratch"
	"github.com/skeinhq/skein/supervisor"
)

const greet = `{"method":"handshake","user":"ann","project_id":"12"}`

// TestScratchEvents follows a Scratch client.
func TestScratchEvents(t *testing.T) {
	e := newEvents()
	s := serve(t, func(s *supervisor.Server) {
		s.OnProtocolIdentified(actors.Scratch, func(c *actors.Client) { e.add("identified") })
		s.OnMessage(func(c *actors.Client, m actors.Message) {
			e.add("message %v %s %+v", m.Protocol, m.Command, m.Scratch.Change)
		})
		s.OnProtocolDisconnect(actors.Scratch, func(c *actors.Client) {
			name, named := c.Username()
			e.add("left %s %v", name, named)
		})
		p := s.Scratch()
		p.OnCommand("handshake", func(c *actors.Client, m scratch.Message) error {
			e.add("handshake of %s in %s, %v", m.User, m.Project, c.Rooms())
			return nil
		})
		p.OnDisabledCommand(func(_ *actors.Client, m string) { e.add("disabled %s", m) })
		for _, k := range []cl4.Kind{cl4.EmptyMessage, cl4.ValidationError, cl4.InvalidCommand, cl4.JSONError} {
			p.OnException(k, func(_ *actors.Client, details string) { e.add("%v: %s", k, details) })
		}
		s.CL4().OnException(cl4.ValidationError, func(*actors.Client, string) { e.add("of CL4") })
	})
	c := s.dial()
	c.say(greet)
	e.want(t, "identified", "message scratch handshake {Op:0 Name: NewName: Value:}", "handshake of ann in 12, [12]")
	c.say(`{"method":"set","name":"☁ a","value":1}`)
	e.want(t, "message scratch set {Op:1 Name:☁ a NewName: Value:1}")
	c.say(`{"method":"set","name":"☁ a","value":"text"}`)
	e.want(t, "ValidationError: the message was ignored")
	if err := s.Scratch().DisableCommand("set"); err != nil {
		t.Fatal(err)
	}
	if err := s.Scratch().DisableCommand("set"); !errors.Is(err, actors.ErrCommandAlreadyDisabled) {
		t.Fatal(err)
	}
	c.say(`{"method":"set","name":"☁ a","value":2}`)
	e.want(t, "disabled set")
	if err := s.Scratch().EnableCommand("set"); err != nil {
		t.Fatal(err)
	}
	if err := s.Scratch().DisableCommand("handshake"); !errors.Is(err, actors.ErrCommandDoesNotExist) {
		t.Fatal(err)
	}
	vars, err := s.Rooms(actors.Scratch).Variables("12")
	if got := fmt.Sprint(vars); err != nil || got != "[{☁ a 1}]" {
		t.Fatal(got, err)
	}
	c.say(`{"method":"what"}`)
	e.want(t, "InvalidCommand: what")
	c.hear("closed: 4000")
	e.want(t, "left ann true")
	e.none(t)
}

// TestScratchMethods lets a plugin bring a method of its own and change variables.
func TestScratchMethods(t *testing.T) {
	set := newEvents()
	s := serve(t, func(s *supervisor.Server) {
		s.Scratch().OnCommand("set", func(*actors.Client, scratch.Message) error { set.add("set"); return nil })
		s.Scratch().OnCommand("double", func(c *actors.Client, m scratch.Message) error {
			var request struct{ Value int }
			if err := m.Decode(&request); err != nil {
				return err
			}
			change, err := scratch.SetValue("☁ doubled", 2*request.Value)
			if err != nil {
				return err
			}
			return c.System().Rooms(actors.Scratch).Change(c.Rooms()[0], change)
		})
		s.Scratch().OnCommand("boom", func(*actors.Client, scratch.Message) error { panic("boom") })
	})
	ann, ben := s.dial(), s.dial()
	ann.say(greet)
	ann.say(`{"method":"boom"}`, `{"method":"set","name":"☁ a","value":1}`) // the session has survived
	set.want(t, "set")
	ben.say(greet)
	ben.say(`{"method":"double","value":21}`)
	ben.hear(`{"method":"set","name":"☁ a","value":1}`, `{"method":"set","name":"☁ doubled","value":42}`)
	ann.hear(`{"method":"set","name":"☁ doubled","value":42}`)

	rooms := s.Rooms(actors.Scratch)
	if err := rooms.Change("12", scratch.Change{Op: scratch.OpSet, Name: "☁ a", Value: "{"}); err == nil {
		t.Error("a value that is no JSON was taken")
	}
	if err := rooms.Change("13", scratch.Change{Op: scratch.OpDelete, Name: "☁ a"}); !errors.Is(err, actors.ErrRoomDoesNotExist) {
		t.Error(err)
	}
	if _, err := s.Rooms(actors.CL4).Variables("12"); !errors.Is(err, actors.ErrRoomUnsupportedProtocol) {
		t.Error(err)
	}
	if found, err := rooms.Find("12", "ann"); err != nil || len(found) != 2 {
		t.Error(found, err)
	}
}

// TestScratchOnlyOwnMethodFirst identifies a client by a plugin's method where Scratch is alone.
func TestScratchOnlyOwnMethodFirst(t *testing.T) {
	e := newEvents()
	s := serve(t, func(s *supervisor.Server) {
		s.OnProtocolIdentified(actors.Scratch, func(c *actors.Client) { e.add("identified") })
		s.Scratch().OnCommand("hello", func(c *actors.Client, m scratch.Message) error { return c.Send(string(m.Text)) })
	}, func(o *supervisor.Options) { o.Protocols = []string{supervisor.ProtocolScratch} })
	c := s.dial()
	c.say(`{"method":"hello"}`, `{"method":"hello","x":1}`)
	c.hear(`{"method":"hello"}`, `{"method":"hello","x":1}`)
	e.want(t, "identified")
	e.none(t)
	if err := s.Scratch().UnbindCommand("hello"); err != nil {
		t.Fatal(err)
	}
	c.say(`{"method":"hello"}`)
	c.hear("closed: 4000")
}
