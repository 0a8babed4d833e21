package actors

import (
	"fmt"

	"github.com/asynkron/protoactor-go/actor"
)

// Spawn starts an actor of a plugin under the supervisor. Its messages are the plugin's own types, and it is
// restarted when it fails: producer is called again, so state that should survive lives outside what it returns.
// The name must be free. It must not be called from an actor's Receive; handlers of clients may call it.
func (s *System) Spawn(name string, producer func() actor.Actor) (*actor.PID, error) {
	pid, err := s.spawnUnder(s.plugins, name, actor.PropsFromProducer(
		func() actor.Actor { return pluginActor{s, name, producer()} },
		actor.WithMailbox(func() actor.Mailbox { return newMailbox(&s.Counters) }),
	))
	if err != nil {
		return nil, fmt.Errorf("spawning the actor %s: %w", name, err)
	}
	s.named.Store(name, pid)
	return pid, nil
}

// Tell sends a message to the actor of a plugin by its name.
func (s *System) Tell(name string, msg any) error {
	pid, ok := s.named.Load(name)
	if !ok {
		return fmt.Errorf("%w: %s", ErrActorDoesNotExist, name)
	}
	s.sendTo(pid.(*actor.PID), msg)
	return nil
}

// pluginActor logs the failures of a plugin's actor before the supervisor restarts it.
type pluginActor struct {
	sys  *System
	name string
	actor.Actor
}

// Receive implements actor.Actor.
func (p pluginActor) Receive(ctx actor.Context) {
	defer func() {
		if reason := recover(); reason != nil {
			p.sys.Counters.HandlerPanics.Add(1)
			p.sys.log.Error("a plugin's actor failed and is restarted", "actor", p.name, "panic", reason)
			panic(reason)
		}
	}()
	p.Actor.Receive(ctx)
}
