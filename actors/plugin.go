package actors

import (
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// pluginActors are the actors that plugins have brought, by name.
type pluginActors struct {
	mu      sync.RWMutex
	group   *actor.PID // nil until the tree has been started
	pids    map[string]*actor.PID
	waiting []waitingActor
}

// waitingActor was spawned before the start of the tree.
type waitingActor struct {
	name     string
	producer func() actor.Actor
}

// Spawn starts an actor of a plugin under the supervisor; before Start it is taken note of, and runs when clients can
// connect. Its messages are the plugin's own types. It is restarted when it fails: producer is called again, so state
// that should survive lives outside what it returns. The message that made it fail is lost, those behind it are not.
//
// Handlers of clients and other actors may call it.
func (s *System) Spawn(name string, producer func() actor.Actor) error {
	p := &s.plugins
	p.mu.Lock()
	_, taken := p.pids[name]
	if !taken {
		if p.pids == nil {
			p.pids = make(map[string]*actor.PID)
		}
		p.pids[name] = nil
	}
	started := p.group != nil
	if !taken && !started {
		p.waiting = append(p.waiting, waitingActor{name, producer})
	}
	p.mu.Unlock()
	switch {
	case taken:
		return fmt.Errorf("%w: %s", ErrActorAlreadyExists, name)
	case !started:
		return nil
	}
	return s.spawnPlugin(name, producer)
}

// startPlugins spawns what was waiting for the tree.
func (s *System) startPlugins(group *actor.PID) error {
	p := &s.plugins
	p.mu.Lock()
	p.group = group
	waiting := p.waiting
	p.waiting = nil
	p.mu.Unlock()
	for _, w := range waiting {
		if err := s.spawnPlugin(w.name, w.producer); err != nil {
			return err
		}
	}
	return nil
}

func (s *System) spawnPlugin(name string, producer func() actor.Actor) error {
	p := &s.plugins
	pid, err := s.spawnUnder(p.group, name, actor.PropsFromProducer(
		func() actor.Actor { return &pluginActor{sys: s, name: name, producer: producer} },
		actor.WithMailbox(func() actor.Mailbox { return newMailbox(&s.Counters) }),
		actor.WithDispatcher(s.workers),
	))
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		delete(p.pids, name)
		return fmt.Errorf("spawning the actor %s: %w", name, err)
	}
	p.pids[name] = pid
	return nil
}

// Tell sends a message to the actor of a plugin by its name. Messages of one sender arrive in their order.
func (s *System) Tell(name string, msg any) error {
	s.plugins.mu.RLock()
	pid := s.plugins.pids[name]
	s.plugins.mu.RUnlock()
	if pid == nil {
		return fmt.Errorf("%w: %s", ErrActorDoesNotExist, name)
	}
	s.sendTo(pid, msg)
	return nil
}

// pluginActor logs the failures of a plugin's actor before the supervisor restarts it. It makes the actor with its
// first message, where a failure of the producer is a failure like any other and not one of the parent.
type pluginActor struct {
	sys      *System
	name     string
	producer func() actor.Actor
	actor    actor.Actor
}

// Receive implements actor.Actor.
func (p *pluginActor) Receive(ctx actor.Context) {
	msg := ctx.Message()
	defer func() {
		reason := recover()
		if reason == nil {
			return
		}
		p.sys.Counters.HandlerPanics.Add(1)
		p.sys.noteFailure(pluginFailed, p.name)
		p.sys.log.Error(pluginFailed, "actor", p.name, "message", fmt.Sprintf("%T", msg), "panic", reason, "stack", string(debug.Stack()))
		switch msg.(type) {
		case *actor.Started, *actor.Stopping, *actor.Stopped, *actor.Restarting:
			// A restart would end in the same failure again, for ever, or could not be carried out any more.
		default:
			panic(reason)
		}
	}()
	if _, ok := msg.(*crash); ok {
		panic("injected panic")
	}
	if p.actor == nil {
		p.actor = p.producer()
	}
	p.actor.Receive(ctx)
}
