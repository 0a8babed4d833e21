package actors

import (
	"github.com/asynkron/protoactor-go/actor"
)

// group is a parent without logic of its own, so that it cannot fail: a restart of a parent stops all its children.
type group struct {
	sys *System

	// Sessions share one Props, because one each would cost a closure per connection. Its producers read this field,
	// which is set for the time of the spawn; sessions are never restarted.
	opening      *session
	sessionProps *actor.Props
}

func newGroup(sys *System) *group {
	g := &group{sys: sys}
	g.sessionProps = actor.PropsFromProducer(
		func() actor.Actor { return g.opening },
		actor.WithMailbox(func() actor.Mailbox { return g.opening.ref.mb }),
		actor.WithDispatcher(sys.workers),
	)
	return g
}

// Receive implements actor.Actor.
func (g *group) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *openSession:
		g.opening = m.s
		if _, err := ctx.SpawnNamed(g.sessionProps, m.s.ref.ID.ULID()); err != nil {
			g.sys.log.Error("a session could not be spawned", "err", err)
			m.s.ref.Out.Close(closeInternal, "internal error")
		}
		g.opening = nil
	case *openRoom:
		state := m.state
		props := actor.PropsFromProducer(
			func() actor.Actor { return state.actor() },
			actor.WithMailbox(func() actor.Mailbox { return state.mailbox() }),
			actor.WithDispatcher(g.sys.workers),
		)
		pid, err := ctx.SpawnNamed(props, state.key().String())
		if err != nil {
			// The old actor of that name has not stopped yet. Its successor needs no name of its own.
			pid = ctx.Spawn(props)
		}
		g.sys.sendTo(m.dir, &roomUp{key: state.key(), pid: pid})
	case *openBackend:
		m.a.spawn(ctx)
	case *openActor:
		pid, err := ctx.SpawnNamed(m.props, m.name)
		m.reply <- spawned{pid, err}
	case *actor.Terminated:
		// The library's set of children does not let go of a PID that was taken out until another takes its place, and
		// a PID remembers its actor until something is sent to it.
		ctx.Send(m.Who, forget{})
	case actor.SystemMessage, actor.AutoReceiveMessage:
	default:
		g.sys.Counters.UnknownMessages.Add(1)
	}
}
