package actors

import (
	"fmt"
	"strings"
	"testing"
)

// TestArrivalsTogether has clients come while the room is busy. They share a list with all of them in it and hear
// nothing of each other; who was there before hears of each once, and before what is said behind them.
func TestArrivalsTogether(t *testing.T) {
	s := testSystem(t, Options{})
	old := member(t, s, "old", "r")
	const n = 40
	clients := make([]*testClient, n)
	for i := range clients {
		clients[i] = connect(t, s)
		clients[i].say(fmt.Sprintf(`{"cmd":"setid","val":"new%d","listener":1}`, i))
		clients[i].until(`"listener":1`)
	}

	busy, release := make(chan struct{}), make(chan struct{})
	free := make(chan error)
	go func() {
		free <- s.Rooms(CL4).Vars("r", func(*RoomVars) {
			close(busy)
			<-release
		})
	}()
	<-busy
	for _, c := range clients {
		c.say(`{"cmd":"link","val":"r","listener":2}`)
	}
	eventually(t, "all wait for the room", func() bool { return waitingFor(s, "r") == n })
	old.say(`{"cmd":"gmsg","val":"behind"}`)
	eventually(t, "the message waits behind them", func() bool { return waitingFor(s, "r") == n+1 })
	close(release)
	if err := <-free; err != nil {
		t.Fatal(err)
	}

	_, before := old.until(`"behind"`)
	for i := range clients {
		name := fmt.Sprintf(`"username":"new%d"`, i)
		if got := strings.Count(strings.Join(before, ""), name); got != 1 {
			t.Errorf("new%d was added %d times", i, got)
		}
	}
	for i, c := range clients {
		_, before := c.until(`"listener":2`)
		var heard []string
		for _, f := range before {
			if strings.Contains(f, `"rooms":"r"`) && !strings.Contains(f, `"behind"`) {
				heard = append(heard, f)
			}
		}
		if len(heard) != 1 || !strings.Contains(heard[0], `"mode":"set"`) || strings.Count(heard[0], `"username"`) != n+1 {
			t.Errorf("new%d hears %d lists or changes, the first with %d names", i, len(heard), strings.Count(strings.Join(heard[:min(1, len(heard))], ""), `"username"`))
		}
	}
}

// waitingFor is the number of messages in the mailbox of a CL4 room.
func waitingFor(s *System, room string) (n int) {
	for _, f := range s.Rooms(CL4).Figures() {
		if f.Key.Name == room {
			n = f.Waiting
		}
	}
	return n
}

// TestArrivalsInTurn: who comes alone is greeted alone, also in a room that is too large to run on the sender.
func TestArrivalsInTurn(t *testing.T) {
	s := testSystem(t, Options{})
	first := member(t, s, "m0", "r")
	for i := 1; i <= directMembers+20; i++ {
		c := connect(t, s)
		c.say(fmt.Sprintf(`{"cmd":"setid","val":"m%d"}`, i), `{"cmd":"link","val":"r","listener":2}`)
		_, before := c.until(`"listener":2`)
		if list := before[len(before)-1]; strings.Count(list, `"username"`) != i+1 {
			t.Fatalf("m%d gets a list of %d", i, strings.Count(list, `"username"`))
		}
		if f := first.hear(); !strings.Contains(f, `"mode":"add"`) || strings.Count(f, `"username"`) != 1 {
			t.Fatalf("m0 hears %s", f)
		}
	}
}

// TestBurst has members speak while their room is busy: everybody hears everything once and in order, whether it went
// out together or not.
func TestBurst(t *testing.T) {
	s := testSystem(t, Options{})
	a, b := member(t, s, "a", "r"), member(t, s, "b", "r")
	a.until(`"add"`)
	busy, release, free := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		free <- s.Rooms(CL4).Vars("r", func(*RoomVars) {
			close(busy)
			<-release
		})
	}()
	<-busy
	before := s.Counters.FanOut.Load()
	const n = 3 * maxBurst
	large := strings.Repeat("x", burstFrame)
	for i := range n {
		text := fmt.Sprintf(`{"cmd":"gmsg","val":"m%d."}`, i)
		switch i % 50 {
		case 20:
			text = fmt.Sprintf(`{"cmd":"gmsg","val":"m%d.%s"}`, i, large)
		case 40:
			text = fmt.Sprintf(`{"cmd":"gmsg","val":"m%d.","listener":1}`, i)
		}
		a.say(text)
	}
	a.say(`{"cmd":"ping","listener":"end"}`)
	eventually(t, "all wait for the room", func() bool { return waitingFor(s, "r") == n+1 })
	close(release)
	if err := <-free; err != nil {
		t.Fatal(err)
	}
	b.say(`{"cmd":"gmsg","val":"last"}`)
	_, heard := b.until(`"last"`)
	_, own := a.until(`"end"`)
	for who, frames := range map[string][]string{"b": heard, "a": own} {
		if len(frames) > n/2 {
			t.Errorf("%s got %d messages in %d frames", who, n, len(frames))
		}
		all, at := strings.Join(frames, ""), -1
		for i := range n {
			text := fmt.Sprintf(`"m%d.`, i)
			if next := strings.Index(all, text); next <= at || strings.Count(all, text) != 1 {
				t.Fatalf("%s: message %d is missing, doubled or out of order", who, i)
			} else {
				at = next
			}
		}
	}
	if got := s.Counters.FanOut.Load() - before; got < 2*n {
		t.Errorf("%d deliveries were counted", got)
	}
}
