package actors

import (
	"crypto/sha256"
	"crypto/subtle"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	codecstrands "github.com/skeinhq/skein/codec/pystrands"
	"github.com/skeinhq/skein/protocol/pystrands"
)

// backendActor is the actor of one backend connection: it decodes its lines for the broker, and knows when the
// connection counts as a backend. When it fails its connection is closed.
type backendActor struct {
	sys    *System
	broker *broker
	mb     *mailbox
	known  *backend // as the broker sees it

	spoken   bool // it has sent a line; a token counts only as the first
	trusted  bool // it need not say a token, or has said it
	arrived  bool // the broker counts it as one that will be attached
	attached bool
	closing  bool
	ended    bool
	timer    *time.Timer
	errors   window // of error events
}

// Backend is the receiving side of one backend connection. Its methods are called by the transport.
type Backend struct{ a *backendActor }

// ConnectBackend spawns the actor of a backend connection. name is what the log calls it. It returns nil when there are
// too many, or no broker.
func (s *System) ConnectBackend(out BackendOutbox, name string) *Backend {
	b := s.broker
	if b == nil {
		return nil
	}
	if n := s.backendConnections.Add(1); int(n) > b.cfg.MaxBackends {
		s.backendConnections.Add(-1)
		s.Broker.BackendsOver.Add(1)
		s.log.Warn("a backend was refused: there are as many backend connections as max-backends allows", "backend", name)
		return nil
	}
	a := &backendActor{
		sys: s, broker: b, mb: newMailbox(&s.Counters), known: &backend{out: out, name: name},
		trusted: b.cfg.Token == "",
	}
	s.sendTo(s.backends, &openBackend{a})
	return &Backend{a}
}

// spawn is called by the parent.
func (a *backendActor) spawn(ctx actor.Context) {
	ctx.Spawn(actor.PropsFromProducer(
		func() actor.Actor { return a },
		actor.WithMailbox(func() actor.Mailbox { return a.mb }),
		actor.WithDispatcher(a.sys.workers),
	))
}

// Lines hands over whole lines, with the buffer.
func (b *Backend) Lines(m *codec.Message) { b.a.mb.PostUserMessage(m) }

// Oversize says that a line was skipped because it was too long.
func (b *Backend) Oversize() { b.a.mb.PostUserMessage(lineTooLong{}) }

// Closed says that the connection has ended: nothing more will be received, and nothing more is written.
func (b *Backend) Closed(cause string) { b.a.mb.PostUserMessage(backendEnd{cause}) }

// Receive implements actor.Actor.
func (a *backendActor) Receive(ctx actor.Context) {
	defer a.sys.failing(&a.sys.Counters.BrokerPanics, "a backend's actor failed; its connection is closed", a.known.name, nil)
	switch m := ctx.Message().(type) {
	case *codec.Message:
		a.onLines(m)
	case lineTooLong:
		a.onOversize()
	case attachDue:
		a.onAttachDue()
	case backendEnd:
		a.end(m.cause)
		ctx.Stop(ctx.Self())
	case *crash:
		panic("injected panic")
	case *actor.Started:
		a.onStarted()
	case *actor.Stopped:
		a.onStopped()
	case actor.SystemMessage, actor.AutoReceiveMessage:
	default:
		a.sys.Counters.UnknownMessages.Add(1)
	}
}

func (a *backendActor) onStarted() {
	if !a.trusted {
		a.timer = time.AfterFunc(authTimeout, func() { a.mb.PostUserMessage(attachDue{}) })
		return
	}
	a.arrived = true
	a.broker.post(&backendArrived{})
	a.timer = time.AfterFunc(a.broker.cfg.AttachDelay, func() { a.mb.PostUserMessage(attachDue{}) })
}

// onAttachDue comes when a connection has said nothing for long enough to be attached, or too long to be trusted.
func (a *backendActor) onAttachDue() {
	if a.trusted {
		a.attach()
	} else {
		a.distrust("a backend was refused: it did not say its token in time")
	}
}

func (a *backendActor) attach() {
	if a.attached || a.ended {
		return
	}
	a.attached = true
	a.timer.Stop()
	a.broker.post(&backendAttached{backend: a.known, arrived: a.arrived})
	a.arrived = false
}

func (a *backendActor) distrust(why string) {
	if a.closing || a.ended {
		return
	}
	a.closing = true
	a.sys.Broker.BackendsUnfit.Add(1)
	a.sys.log.Warn(why+"; see the setting backend-token", "backend", a.known.name)
	a.known.out.Close(closePolicy, "no token")
}

// onLines decodes what one read has brought and hands it to the broker as a whole.
func (a *backendActor) onLines(m *codec.Message) {
	batch := newActions(a.known, m)
	for block := m.Payload; !a.closing; {
		line, rest, ok := codecstrands.NextLine(block)
		if !ok {
			break
		}
		block = rest
		l := batch.next()
		pystrands.Decode(line, l)
		switch {
		case !a.trusted:
			a.authenticate(l)
		case a.spoken && l.Kind == pystrands.Auth:
			l.Kind = pystrands.Ignored
		}
		a.spoken = true
		if a.closing {
			batch.lines = batch.lines[:len(batch.lines)-1]
			break
		}
		if l.Kind == pystrands.Bad {
			a.countBad(batch)
		} else {
			a.attach()
		}
		if l.Kind == pystrands.Ignored {
			batch.lines = batch.lines[:len(batch.lines)-1]
		}
	}
	a.broker.post(batch)
}

// authenticate looks at the first line of a connection that has to say a token.
func (a *backendActor) authenticate(l *pystrands.Line) {
	want, got := sha256.Sum256([]byte(a.broker.cfg.Token)), sha256.Sum256([]byte(l.Token))
	if l.Kind != pystrands.Auth || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
		a.distrust("a backend was refused: its first line is not the token")
		return
	}
	a.trusted = true
}

// countBad counts the line that the batch ends with. It stays there, to be answered, as long as there are not too many.
func (a *backendActor) countBad(batch *actions) {
	a.sys.Broker.LinesBad.Add(1)
	if !a.errors.take(a.sys.now()) {
		a.sys.Broker.LinesUnstated.Add(1)
		batch.lines = batch.lines[:len(batch.lines)-1]
	}
}

// window allows badLineRate things per second.
type window struct {
	start time.Time
	n     int
}

func (w *window) take(now time.Time) bool {
	if now.Sub(w.start) >= time.Second {
		w.start, w.n = now, 0
	}
	w.n++
	return w.n <= badLineRate
}

func (a *backendActor) onOversize() {
	if !a.trusted {
		a.distrust("a backend was refused: its first line is not the token")
		return
	}
	batch := newActions(a.known, nil)
	*batch.next() = pystrands.Line{Kind: pystrands.Bad, Problem: "the line is too long"}
	a.countBad(batch)
	a.broker.post(batch)
}

// end tells the broker, behind everything that the backend has said.
func (a *backendActor) end(cause string) {
	if a.ended {
		return
	}
	a.ended = true
	if a.timer != nil {
		a.timer.Stop()
	}
	a.sys.backendConnections.Add(-1)
	a.broker.post(&backendLost{backend: a.known, arrived: a.arrived, cause: cause})
}

// onStopped cleans up after a failure; after an orderly end nothing is left to do.
func (a *backendActor) onStopped() {
	defer func() { _ = recover() }()
	a.mb.kill()
	a.known.out.Close(closeInternal, "internal error")
	a.end("failed")
}

// actions is what one read of a backend connection has brought.
type actions struct {
	from  *backend
	lines []pystrands.Line
	held  *codec.Message // counts against what the connection may have in flight until the actions are carried out
}

var actionPool = sync.Pool{New: func() any { return new(actions) }}

func newActions(from *backend, m *codec.Message) *actions {
	a := actionPool.Get().(*actions)
	a.from, a.held = from, m
	return a
}

// next makes room for another line and returns it.
func (a *actions) next() *pystrands.Line {
	if len(a.lines) < cap(a.lines) {
		a.lines = a.lines[:len(a.lines)+1]
	} else {
		a.lines = append(a.lines, pystrands.Line{})
	}
	return &a.lines[len(a.lines)-1]
}

// free gives the buffers back.
func (a *actions) free() {
	if a.held != nil {
		a.held.Release()
	}
	clear(a.lines[:cap(a.lines)])
	if cap(a.lines) > maxRecycled {
		a.lines = nil
	}
	a.from, a.held, a.lines = nil, nil, a.lines[:0]
	actionPool.Put(a)
}

func (a *actions) undelivered() { a.free() }
