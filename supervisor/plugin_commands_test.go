package supervisor_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor"
)

// TestSwitchCommands disables, enables, unbinds and binds commands while a client uses them.
func TestSwitchCommands(t *testing.T) {
	s := serve(t, nil)
	p := s.CL4()
	c := s.dial()
	do := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Fatalf("error %v, want %v", err, want)
		}
	}
	const unknown = `{"cmd":"statuscode","code":"E:109 | Invalid command","code_id":109,"details":"ping is an invalid command."}`

	c.say(`{"cmd":"ping"}`)
	c.hear(ok)
	do(p.EnableCommand("ping"), actors.ErrCommandNotDisabled)
	do(p.DisableCommand("ping"), nil)
	do(p.DisableCommand("ping"), actors.ErrCommandAlreadyDisabled)
	c.say(`{"cmd":"ping","listener":1}`)
	c.hear(`{"cmd":"statuscode","code":"E:110 | Command disabled","code_id":110,"details":"ping is a disabled command.","listener":1}`)
	do(p.EnableCommand("ping"), nil)
	c.say(`{"cmd":"ping"}`)
	c.hear(ok)
	do(p.UnbindCommand("ping"), nil)
	do(p.UnbindCommand("ping"), actors.ErrCommandDoesNotExist)
	do(p.DisableCommand("ping"), actors.ErrCommandDoesNotExist)
	do(p.EnableCommand("ping"), actors.ErrCommandDoesNotExist)
	c.say(`{"cmd":"ping"}`)
	c.hear(unknown)
	p.OnCommand("ping", func(c *actors.Client, m cl4.Message) error { return c.Send("pong") })
	c.say(`{"cmd":"ping"}`)
	c.hear("pong")
}

// TestSwitchInParallel changes the table from many goroutines while clients use it.
func TestSwitchInParallel(t *testing.T) {
	s := serve(t, nil)
	p := s.CL4()
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			name := fmt.Sprintf("own%d", i%2)
			for range 50 {
				p.OnCommand(name, func(*actors.Client, cl4.Message) error { return nil })
				_ = p.DisableCommand(name)
				_ = p.EnableCommand(name)
				_ = p.UnbindCommand(name)
				s.OnMessage(func(*actors.Client, actors.Message) {})
			}
		})
	}
	c := s.dial()
	for range 50 {
		c.say(`{"cmd":"own0"}`, `{"cmd":"own1"}`)
	}
	c.settle()
	work.Wait()
}

// TestOwnKeys lets a command have keys that CL4 does not know.
func TestOwnKeys(t *testing.T) {
	type options struct {
		Password string   `json:"password"`
		Max      uint8    `json:"max"`
		Tags     []string `json:"tags"`
	}
	schema := cl4.Schema{
		Required: cl4.KeyName,
		Fields: []cl4.Field{
			{Key: "password", Types: cl4.TypeString, Required: true},
			{Key: "max", Types: cl4.TypeInteger},
			{Key: "ratio", Types: cl4.TypeNumber | cl4.TypeBoolean},
			{Key: "val", Types: cl4.TypeObject},
			{Key: "name"},
		},
	}
	strict := schema
	strict.NoUnknown = true
	s := serve(t, func(s *supervisor.Server) {
		p := s.CL4()
		h := func(c *actors.Client, m cl4.Message) error {
			var o options
			if err := m.Decode(&o); err != nil {
				return err
			}
			return p.SendStatus(c, cl4.StatusOK, fmt.Sprintf("%+v %s", o, m.Get("ratio")), &m, nil)
		}
		p.OnCommandWith("lobby", actors.CommandOptions{Schema: schema}, h)
		p.OnCommandWith("strict", actors.CommandOptions{Schema: strict}, h)
		p.OnCommand("valid", func(c *actors.Client, m cl4.Message) error {
			if p.Valid(c, &m, strict) {
				return c.Send("valid")
			}
			return nil
		})
	})
	status := func(details string) string {
		return `{"cmd":"statuscode","code":"E:101 | Syntax","code_id":101,"details":` + details + `}`
	}
	c := s.dial()
	for _, test := range []struct{ name, say, want string }{
		{
			"all", `{"cmd":"lobby","name":"n","password":"a\u0062c","max":3,"tags":["x"],"ratio":0.5,"more":1,"listener":9}`,
			`{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"details":"{Password:abc Max:3 Tags:[x]} 0.5","listener":9}`,
		},
		{"missing, once per key", `{"cmd":"lobby"}`, status(`{"name":["required field"],"password":["required field"]}`)},
		{
			"types", `{"cmd":"lobby","name":"n","password":1,"max":1.5,"ratio":"x","val":[]}`,
			status(`{"password":["must be of string type"],"max":["must be of integer type"],` +
				`"ratio":["must be of ['number', 'boolean'] type"],"val":["must be of dict type"]}`),
		},
		{"null", `{"cmd":"lobby","name":"n","password":null}`, status(`{"password":["null value not allowed"]}`)},
		{"the last of a key counts", `{"cmd":"lobby","name":"n","password":"x","password":1}`, status(`{"password":["must be of string type"]}`)},
		{"what only Decode finds", `{"cmd":"lobby","name":"n","password":"x","max":256}`, status(`{"max":["must be of integer type"]}`)},
		{"in a list", `{"cmd":"lobby","name":"n","password":"x","tags":[1]}`, status(`{"tags":["must be of string type"]}`)},
		{"unknown", `{"cmd":"strict","name":"n","password":"x","more":1,"max":2,"less":{}}`, status(`{"more":["unknown field"],"less":["unknown field"]}`)},
		{"valid", `{"cmd":"valid","name":"n","password":"x"}`, "valid"},
		{"not valid", `{"cmd":"valid","name":"n","password":false}`, status(`{"password":["must be of string type"]}`)},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.say(test.say)
			c.hear(test.want)
		})
	}
}

// TestAnswers uses every way to answer.
func TestAnswers(t *testing.T) {
	s := serve(t, func(s *supervisor.Server) {
		p := s.CL4()
		command := func(name string, h actors.Handler) { p.OnCommand(name, h) }
		command("status", func(c *actors.Client, m cl4.Message) error {
			return p.SendStatus(c, cl4.StatusTest, "text", &m, []int{1})
		})
		command("status without", func(c *actors.Client, m cl4.Message) error {
			return p.SendStatus(c, cl4.StatusTest, "", nil, nil)
		})
		command("message", func(c *actors.Client, m cl4.Message) error {
			return p.SendMessage(c, map[string]any{"cmd": "own", "val": m.Val}, &m)
		})
		command("no object", func(c *actors.Client, m cl4.Message) error { return c.Send(7) })
		command("refuse", func(c *actors.Client, m cl4.Message) error {
			return fmt.Errorf("wrapped: %w", cl4.Refuse(cl4.StatusRefused, "No."))
		})
		command("username", func(c *actors.Client, m cl4.Message) error {
			if !p.RequireUsername(c, &m) {
				return nil
			}
			return c.Send("has one")
		})
		command("rooms", func(c *actors.Client, m cl4.Message) error {
			if rooms, ok := p.GatherRooms(c, &m); ok {
				return c.Send(fmt.Sprint(rooms))
			}
			return nil
		})
		command("object", func(c *actors.Client, m cl4.Message) error {
			_, err := c.System().Clients().Find(c.UUID())
			if want := fmt.Sprintf(`{"id":%q,"uuid":%q}`, c.ID(), c.UUID()); err != nil || string(p.UserObject(c)) != want {
				return fmt.Errorf("%s", p.UserObject(c))
			}
			return c.Send("fine")
		})
		command("bye", func(c *actors.Client, m cl4.Message) error {
			_ = c.Send("going")
			c.Close(1000, "")
			return c.Send("never")
		})
	})
	c := s.dial()
	for _, test := range []struct{ name, say, want string }{
		{"status", `{"cmd":"status","listener":""}`, `{"cmd":"statuscode","code":"I:0 | Test","code_id":0,"details":"text","listener":"","val":[1]}`},
		{"status without", `{"cmd":"status without","listener":""}`, `{"cmd":"statuscode","code":"I:0 | Test","code_id":0}`},
		{"message", `{"cmd":"message","val":{"a":[1]},"listener":2}`, `{"cmd":"own","listener":2,"val":{"a":[1]}}`},
		{"message without listener", `{"cmd":"message","val":"v"}`, `{"cmd":"own","val":"v"}`},
		{"neither object nor text", `{"cmd":"no object"}`, `{"cmd":"statuscode","code":"E:105 | Internal server error","code_id":105}`},
		{"refuse", `{"cmd":"refuse","listener":2}`, `{"cmd":"statuscode","code":"E:108 | Refused","code_id":108,"details":"No.","listener":2}`},
		{"no username", `{"cmd":"username"}`, `{"cmd":"statuscode","code":"E:111 | ID required","code_id":111,"details":"This command requires setting a username."}`},
		{"all rooms", `{"cmd":"rooms"}`, `[default]`},
		{"some rooms", `{"cmd":"rooms","rooms":["default","default"]}`, `[default]`},
		{"wrong room", `{"cmd":"rooms","rooms":"x"}`, `{"cmd":"statuscode","code":"E:115 | Room not joined","code_id":115,"details":"Attempted to access room x while not joined."}`},
		{"wrong type", `{"cmd":"rooms","rooms":[null]}`, `{"cmd":"statuscode","code":"E:102 | Datatype","code_id":102,"details":"rooms must hold names of rooms only."}`},
		{"user object", `{"cmd":"object"}`, "fine"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.say(test.say)
			c.hear(test.want)
		})
	}
	c.say(`{"cmd":"bye"}`)
	c.hear("going", "closed: 1000")
}

// TestOrder mixes built-in commands with those of plugins: answers come in the order of the commands.
func TestOrder(t *testing.T) {
	s := serve(t, func(s *supervisor.Server) {
		s.CL4().OnCommand("own", func(c *actors.Client, m cl4.Message) error { return c.Send("own " + string(m.Val)) })
		s.CL4().OnCommand("gmsg", func(c *actors.Client, m cl4.Message) error { return c.Send("beside " + string(m.Val)) })
	})
	c := s.dial()
	for i := range 100 {
		c.say(fmt.Sprintf(`{"cmd":"gmsg","val":%d}`, i), fmt.Sprintf(`{"cmd":"own","val":%d}`, i), `{"cmd":"ping"}`)
	}
	for i := range 100 {
		c.hear(fmt.Sprintf(`{"cmd":"gmsg","val":%d,"rooms":"default"}`, i), fmt.Sprintf("beside %d", i), fmt.Sprintf("own %d", i), ok)
	}
}

// TestAnswersFromGoroutines lets many goroutines answer at once. What each says arrives in its order.
func TestAnswersFromGoroutines(t *testing.T) {
	const goroutines, each = 8, 50
	s := serve(t, func(s *supervisor.Server) {
		s.CL4().OnCommand("many", func(c *actors.Client, m cl4.Message) error {
			for g := range goroutines {
				go func() {
					for i := range each {
						_ = c.Send(map[string]int{"g": g, "i": i})
						_, _ = c.Username()
						_ = c.Rooms()
					}
				}()
			}
			return nil
		})
	})
	c := s.dial()
	c.say(`{"cmd":"many"}`)
	var next [goroutines]int
	for range goroutines * each {
		var g, i int
		if text := c.Read(); !scan(text, &g, &i) || i != next[g] {
			t.Fatalf("got %s", text)
		}
		next[g]++
	}
}

func scan(text string, g, i *int) bool {
	n, _ := fmt.Sscanf(text, `{"g":%d,"i":%d}`, g, i)
	return n == 2
}
