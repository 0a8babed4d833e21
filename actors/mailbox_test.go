package actors

import (
	"sync"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// directActor spawns an actor with a direct mailbox.
func directActor(t *testing.T, receive func(ctx actor.Context)) *mailbox {
	t.Helper()
	s := testSystem(t, Options{})
	m := newDirectMailbox(&s.Counters)
	_, err := s.spawnUnder(s.plugins.group, "direct", actor.PropsFromProducer(
		func() actor.Actor { return actor.ReceiveFunc(receive) },
		actor.WithMailbox(func() actor.Mailbox { return m }),
		actor.WithDispatcher(s.workers),
	))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestDirectRunsOnTheSender would deadlock if another goroutine handled the message: got is not locked.
func TestDirectRunsOnTheSender(t *testing.T) {
	var got []int
	m := directActor(t, func(ctx actor.Context) {
		if n, ok := ctx.Message().(int); ok {
			got = append(got, n)
		}
	})
	for i := range 100 {
		m.PostUserMessage(i)
		if len(got) != i+1 || got[i] != i {
			t.Fatalf("message %d was not handled", i)
		}
	}
}

// TestDirectTurnEnds: a sender does not go on for ever with what others, or the actor itself, send meanwhile.
func TestDirectTurnEnds(t *testing.T) {
	returned, done := make(chan struct{}), make(chan struct{})
	var m *mailbox
	m = directActor(t, func(ctx actor.Context) {
		n, ok := ctx.Message().(int)
		switch {
		case !ok:
		case n == 10*directTurn:
			<-returned // never, if it is the sender that has come so far
			close(done)
		default:
			m.PostUserMessage(n + 1)
		}
	})
	m.PostUserMessage(0)
	close(returned)
	<-done
}

// TestDirectFailure: the sender does not notice that the actor has panicked, and the actor is restarted.
func TestDirectFailure(t *testing.T) {
	handled := make(chan int, 10)
	m := directActor(t, func(ctx actor.Context) {
		if n, ok := ctx.Message().(int); ok {
			if n == 1 {
				panic("injected panic")
			}
			handled <- n
		}
	})
	for i := range 3 {
		m.PostUserMessage(i)
	}
	if a, b := <-handled, <-handled; a != 0 || b != 2 {
		t.Errorf("%d and %d were handled", a, b)
	}
}

// TestDirectSenders has many senders at once: all messages are handled once, those of each sender in order, and no
// two at a time.
func TestDirectSenders(t *testing.T) {
	const senders, each = 8, 2000
	next := make([]int, senders)
	left := senders * each
	done := make(chan struct{})
	m := directActor(t, func(ctx actor.Context) {
		msg, ok := ctx.Message().([2]int)
		if !ok {
			return
		}
		if next[msg[0]] != msg[1] {
			t.Errorf("message %d of sender %d comes for %d", msg[1], msg[0], next[msg[0]])
		}
		next[msg[0]]++
		if left--; left == 0 {
			close(done)
		}
	})
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for i := range each {
				m.PostUserMessage([2]int{s, i})
			}
		})
	}
	all.Wait()
	<-done
}

// TestHandlersDoNotHoldTheReader: where plugins are bound, who hands over a message does not run their handlers.
func TestHandlersDoNotHoldTheReader(t *testing.T) {
	s := testSystem(t, Options{})
	returned := make(chan struct{})
	s.CL4().OnCommand("slow", func(*Client, cl4.Message) error {
		<-returned
		return nil
	})
	c := connect(t, s)
	c.session.Message(codec.NewMessage([]byte(`{"cmd":"slow"}`), false))
	close(returned)
	c.say(`{"cmd":"ping","listener":1}`)
	c.until(`"listener":1`)
}
