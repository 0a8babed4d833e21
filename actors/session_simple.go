package actors

import (
	"time"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/codec/simpleserver"
)

// simpleSession is what a session has that is a client of SimpleServer.
type simpleSession struct {
	client *SimpleClient
	parser simpleserver.Parser
	found  []*simpleserver.Message // by the parser, in this turn
	stash  []*codec.Message        // read, but it is not yet the time to look at it
	held   bool                    // too many messages wait for a tick
	eof    bool                    // the client has closed its side, behind the stash
	over   bool                    // nothing that comes counts any more

	timer  *time.Timer
	armed  bool   // the timer runs
	number uint32 // of the read that the timer belongs to
}

// Messages to the session of a client of SimpleServer; beside these it gets codec.Message, which is what a read
// brought.
type (
	// simpleDue: timer to session. Nothing came since the read of that number.
	simpleDue struct{ number uint32 }
	// simpleEOF: transport to session. The client has closed its side.
	simpleEOF struct{}
	// simpleGo: tick to session. There is room for messages again.
	simpleGo struct{}
)

// SimpleSession is the receiving side of a connection of SimpleServer. Its methods are called by the transport.
type SimpleSession struct{ s *session }

// ConnectSimple spawns the actor of a new connection of SimpleServer. address is HOST:PORT of the client. Without a
// SimpleServer it returns nil.
func (s *System) ConnectSimple(p Peer, address string) *SimpleSession {
	if s.simple == nil {
		return nil
	}
	c := &SimpleClient{out: p.Out, server: s.simple, address: address}
	p.Out = simpleOutbox{c}
	a := newSession(s, p)
	c.ref = a.ref
	a.protocol = Simple
	a.simple = &simpleSession{client: c}
	a.simple.parser.Init(s.simple.cfg.Limits)
	if s.simple.cfg.Relay {
		a.prepareRelay()
	}
	s.spawnSession(a)
	return &SimpleSession{a}
}

// Data hands over what one read brought, with its buffer.
func (r *SimpleSession) Data(m *codec.Message) { r.s.ref.post(m) }

// EOF says that the client has closed its side.
func (r *SimpleSession) EOF() { r.s.ref.post(simpleEOF{}) }

// Closed says that the connection has ended: nothing more will be received, and nothing more is written.
func (r *SimpleSession) Closed(e End) { r.s.ref.post(end{e}) }

func (s *session) startSimple() {
	s.sys.Counters.Sessions.Add(1)
	s.sys.Counters.SimpleClients.Add(1)
	s.update(func(i *ClientInfo) { i.Protocol = Simple })
	s.sys.registry.register(s.ref)
	s.sys.moderation.admit(s)
	if s.strand != nil {
		s.askBroker()
		return
	}
	s.sys.simple.loop.enter(s.simple.client)
	s.sys.hooks.connect(s)
	s.sys.hooks.identified(s)
	s.drainInbox()
}

// onSimpleData takes what a read brought to the parser, now or when there is room for what it finds.
func (s *session) onSimpleData(m *codec.Message) {
	t := s.simple
	switch {
	case t.over:
		m.Release()
	case t.held:
		t.stash = append(t.stash, m)
	default:
		s.feedSimple(m)
	}
}

func (s *session) feedSimple(m *codec.Message) {
	t := s.simple
	s.sys.Simple.BytesIn.Add(uint64(len(m.Payload)))
	err := t.parser.Feed(m.Payload, t)
	s.passOn(m)
	if err != nil {
		s.endSimple(err)
		return
	}
	t.number++
	s.armSimple()
}

// OnMessage implements simpleserver.Events.
func (t *simpleSession) OnMessage(m *simpleserver.Message) { t.found = append(t.found, m) }

// passOn takes what the parser has found to the next tick or to the broker. read is what it was found in, if anything.
func (s *session) passOn(read *codec.Message) {
	t := s.simple
	if !t.client.framed.Load() && t.parser.Framed() {
		t.client.framed.Store(true)
		s.sys.Simple.Framed.Add(1)
	}
	if s.strand != nil {
		s.relay(t.found, read)
	} else {
		if read != nil {
			read.Release()
		}
		if len(t.found) > 0 && !s.sys.simple.loop.put(t.client, t.found) && !t.over {
			t.held = true
			s.sys.Simple.Pauses.Add(1)
		}
	}
	clear(t.found)
	if t.found = t.found[:0]; cap(t.found) > simpleAhead {
		t.found = nil
	}
}

// armSimple starts the timer that the parser asks for.
func (s *session) armSimple() {
	t, cfg := s.simple, &s.sys.simple.cfg
	var wait time.Duration
	switch t.parser.Waiting() {
	case simpleserver.WaitIdle:
		wait = cfg.Idle
	case simpleserver.WaitIdleLarge:
		wait = cfg.IdleLarge
	case simpleserver.WaitStall:
		wait = cfg.Stall
	default:
		if t.armed {
			t.timer.Stop()
			t.armed = false
		}
		return
	}
	t.armed = true
	if t.timer != nil {
		t.timer.Stop()
	}
	number := t.number
	t.timer = time.AfterFunc(wait, func() { s.ref.post(simpleDue{number}) })
}

// onSimpleDue comes when nothing has been read for some time.
func (s *session) onSimpleDue(d simpleDue) {
	t := s.simple
	if t.over || d.number != t.number || len(t.stash) > 0 {
		return
	}
	t.armed = false
	if err := t.parser.Stall(); err != nil {
		s.endSimple(err)
		return
	}
	t.parser.Idle(t)
	s.passOn(nil)
}

// onSimpleGo goes on with what was put aside.
func (s *session) onSimpleGo() {
	t := s.simple
	if !t.held {
		return
	}
	t.held = false
	for len(t.stash) > 0 && !t.held && !t.over {
		s.feedSimple(t.unstash())
	}
	if len(t.stash) > 0 {
		return
	}
	t.stash = nil
	if t.eof && !t.held {
		s.endSimple(t.parser.End(t))
	}
}

func (s *session) onSimpleEOF() {
	t := s.simple
	t.eof = true
	if !t.held && !t.over {
		s.endSimple(t.parser.End(t))
	}
}

// endSimple is called when nothing more is to be expected of the client, or nothing that makes sense. What came before
// is handled; then the connection is closed.
func (s *session) endSimple(err error) {
	t := s.simple
	if t.over {
		return
	}
	t.over = true
	s.passOn(nil)
	if bad, ok := err.(*simpleserver.CloseError); ok {
		s.sys.Simple.closed(bad.Reason)
		s.sys.hooks.failed(s, bad.Reason)
		s.sys.log.Debug("a client is closed for what it sent", "client", t.client.address, "reason", bad.Reason)
	}
	t.parser.Release()
	t.stop()
	if s.strand != nil {
		t.client.Close()
		return
	}
	s.sys.simple.loop.leave(t.client)
}

// unstash takes the oldest of what was put aside, which is then nobody else's to release.
func (t *simpleSession) unstash() *codec.Message {
	m := t.stash[0]
	t.stash[0] = nil
	t.stash = t.stash[1:]
	return m
}

func (t *simpleSession) stop() {
	if t.timer != nil {
		t.timer.Stop()
	}
	for _, m := range t.stash {
		m.Release()
	}
	t.stash = nil
}

// finishSimple comes when the connection has ended. What had arrived whole is still handled.
func (s *session) finishSimple(e End) {
	t := s.simple
	for len(t.stash) > 0 { // empty once the client has sent something that makes no sense
		t.held = false
		s.feedSimple(t.unstash())
	}
	if !t.over {
		s.endSimple(t.parser.End(t))
	}
	t.client.over()
	if t.client.framed.Load() {
		s.sys.Simple.Framed.Add(-1)
	}
	s.sys.Counters.SimpleClients.Add(-1)
	if s.strand != nil {
		s.finishStrand(e)
	}
}
