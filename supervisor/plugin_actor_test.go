package supervisor_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor"
)

// tally is an actor of a plugin. Its state outlives it.
type tally struct{ total *int }

type (
	add   struct{ n int }
	fetch struct{ reply chan int }
)

func (a tally) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case add:
		if m.n < 0 {
			panic("less than nothing")
		}
		*a.total += m.n
	case fetch:
		m.reply <- *a.total
	}
}

// TestOwnActor restarts an actor of a plugin: the message that made it fail is lost, and nothing else.
func TestOwnActor(t *testing.T) {
	total := 0
	made := newEvents()
	spawn := func(s *supervisor.Server, name string) error {
		return s.Spawn(name, func() actor.Actor { made.add("made"); return tally{&total} })
	}
	s := serve(t, func(s *supervisor.Server) {
		if err := s.Tell("tally", add{1}); !errors.Is(err, actors.ErrActorDoesNotExist) {
			t.Error(err)
		}
		if err := spawn(s, "tally"); err != nil {
			t.Error(err)
		}
		if err := spawn(s, "tally"); !errors.Is(err, actors.ErrActorAlreadyExists) {
			t.Error(err)
		}
	})
	made.want(t, "made")
	for _, n := range []int{1, 2, -1, 4} {
		if err := s.Tell("tally", add{n}); err != nil {
			t.Fatal(err)
		}
	}
	reply := make(chan int, 1)
	if err := s.Tell("tally", fetch{reply}); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, reply); got != 7 {
		t.Errorf("total %d, want 7", got)
	}
	made.want(t, "made")
	if n := s.Counters.Restarts.Load(); n != 1 {
		t.Errorf("%d restarts", n)
	}

	// While the server runs.
	if err := spawn(s.Server, "tally"); !errors.Is(err, actors.ErrActorAlreadyExists) {
		t.Error(err)
	}
	if err := spawn(s.Server, "second"); err != nil {
		t.Fatal(err)
	}
	made.want(t, "made")
	if err := s.Tell("second", fetch{reply}); err != nil {
		t.Fatal(err)
	}
	wait(t, reply)
}

// TestActorThatCannotStart has a producer that fails. The server goes on.
func TestActorThatCannotStart(t *testing.T) {
	s := serve(t, func(s *supervisor.Server) {
		_ = s.Spawn("broken", func() actor.Actor { panic("no") })
	})
	s.dial().settle()
}

// hostess is an actor that makes a room when it starts.
type hostess struct {
	rooms actors.Rooms
	made  chan error
}

func (h hostess) Receive(ctx actor.Context) {
	if _, ok := ctx.Message().(*actor.Started); ok {
		h.made <- h.rooms.Create("lounge")
	}
}

// TestBeforeStart asks for clients and rooms when there are no actors yet; an actor can, as soon as it has started.
func TestBeforeStart(t *testing.T) {
	made := make(chan error, 1)
	s := serve(t, func(s *supervisor.Server) {
		_, notFound := s.Clients().ByUsername("ann")
		_, byID := s.Clients().Find("01ARZ3NDEKTSV4RRFFQ69G5FAV")
		_, members := s.Rooms(actors.CL4).Members("default")
		for _, err := range []error{notFound, byID, members, s.Rooms(actors.CL4).Create("r")} {
			if !errors.Is(err, actors.ErrNotStarted) {
				t.Error(err)
			}
		}
		if len(s.Clients().All()) != 0 || len(s.Rooms(actors.CL4).Names()) != 0 {
			t.Error("there is somebody already")
		}
		_ = s.Spawn("hostess", func() actor.Actor { return hostess{s.Rooms(actors.CL4), made} })
	})
	if err := wait(t, made); err != nil {
		t.Fatal(err)
	}
	if !s.Rooms(actors.CL4).Exists("lounge") {
		t.Error("the room does not exist")
	}
}

// TestLoader turns compiled-in plugins on by their names.
func TestLoader(t *testing.T) {
	e := newEvents()
	plugin := func(name string, err error) supervisor.Plugin {
		return supervisor.Plugin{Name: name, Load: func(*supervisor.Server) error { e.add("%s", name); return err }}
	}
	o := supervisor.Options{
		Listen:    []string{"127.0.0.1:0"},
		Available: []supervisor.Plugin{plugin("a", nil), plugin("b", nil), plugin("c", errors.New("is broken"))},
	}
	o.Plugins = []string{"b", "a"}
	supervisor.New(o)
	e.want(t, "b", "a")
	e.none(t)
	for _, test := range []struct{ load, want string }{{"c", "is broken"}, {"d", `no plugin "d"`}} {
		o.Plugins = []string{test.load}
		if err := supervisor.New(o).Start(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("loading %s: %v", test.load, err)
		}
	}
}
