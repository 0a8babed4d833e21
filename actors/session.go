package actors

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/protocol/scratch"
)

// Close codes that sessions use (RFC 6455 section 7.4.1).
const (
	closeNormal   = 1000
	closePolicy   = 1008
	closeInternal = 1011
)

// session is the actor of one connection. It decodes what the client sends, carries out what it can by itself and
// asks rooms and the registry for the rest. It never blocks.
//
// Everything but ref, peer and what mu guards is owned by the actor's goroutine. There may be a million of them, so
// that what few connections need is allocated when it is needed.
type session struct {
	sys  *System
	ref  *Ref
	peer origin
	self *actor.PID

	// Written by the actor with mu held, so that others may read them with mu held.
	user     identity
	rooms    []*membership
	protocol Protocol // none until the first message
	greeted  bool     // the first handshake was answered

	connected bool
	ended     bool           // the connection has ended; only cleaning up is left
	closing   bool           // Close was decided; what the client still sends is not looked at
	*cloud                   // nil for a client that does not speak Scratch
	strand    *strandSession // PyStrands
	simple    *simpleSession // SimpleServer
	rate      limiter
	expire    *time.Timer   // identification deadline
	opened    int64         // Unix time in nanoseconds
	received  atomic.Uint64 // messages of the client, for operators

	order   ordering
	joining *membership   // the join that is under way
	round   *privateRound // pmsg or pvar to several rooms, under way
	pad     *pad          // while a message is handled

	mu    sync.Mutex
	extra *extra
	inbox *calls // what plugins ask for, from any goroutine
}

// identity is who a CL4 client is, beside its id.
type identity struct {
	Username string
	Named    bool
}

// membership is one joined room. pid is nil until the room has answered the join.
type membership struct {
	name string
	pid  *actor.PID
}

// calls are functions for a session to run.
type calls struct{ list []func(*session) }

// newSession prepares the actor of a connection; its Ref can be sent to before the actor runs.
func newSession(sys *System, p Peer) *session {
	// One allocation for what lives and dies together.
	c := &struct {
		session session
		ref     Ref
		mb      mailbox
	}{}
	s := &c.session
	s.sys, s.ref, s.peer, s.opened = sys, &c.ref, p.origin(), sys.now().UnixNano()
	if sys.speaks(Scratch) {
		s.cloud = &cloud{scratch: sys.rules.NewSession(scratch.LoginExposed(p.Cookie, p.LoginHeader))}
	}
	c.mb.counters, c.mb.quick = &sys.Counters, !sys.hooks.bound.Load()
	c.ref.ID, c.ref.Out, c.ref.sys, c.ref.mb = codec.NewID(), p.Out, sys, &c.mb
	c.ref.client.s = s
	return s
}

// receive gets what comes from the transport, on the goroutine that has read it.
func (s *session) receive(msg any) {
	if s.sys.hooks.bound.Load() {
		s.ref.post(msg)
		return
	}
	s.ref.mb.deliver(msg)
}

// Receive implements actor.Actor.
func (s *session) Receive(ctx actor.Context) {
	defer s.sys.failing(&s.sys.Counters.SessionPanics, sessionFailed, ctx.Self().Id, nil)
	switch m := ctx.Message().(type) {
	case *codec.Message:
		s.onMessage(m)
	case wake:
		s.onWake()
	case *joined:
		s.onJoined(m)
	case privateDone:
		s.onPrivateDone(m)
	case *directMissed:
		s.onDirectMissed(m)
	case *admission:
		s.onAdmission(m)
	case opened:
		s.onOpened()
	case simpleDue:
		s.onSimpleDue(m)
	case simpleGo:
		s.onSimpleGo()
	case simpleEOF:
		s.onSimpleEOF()
	case heldDue:
		s.onHeldDue()
	case identifyExpired:
		s.onIdentifyExpired()
	case end:
		s.onEnd(ctx, m)
	case *actor.Started:
		s.self = ctx.Self()
		s.onStarted()
	case *actor.Stopped:
		s.onStopped()
	case *crash:
		panic("injected panic")
	case actor.SystemMessage, actor.AutoReceiveMessage:
	default:
		s.sys.Counters.UnknownMessages.Add(1)
	}
}

func (s *session) onStarted() {
	s.connected = true
	if s.simple != nil {
		s.startSimple()
		return
	}
	if s.strand != nil {
		s.startStrand()
		return
	}
	s.sys.Counters.Sessions.Add(1)
	s.sys.Counters.Unidentified.Add(1)
	s.sys.registry.register(s.ref)
	s.sys.moderation.admit(s)
	if d := s.sys.identifyTimeout; d > 0 {
		s.expire = time.AfterFunc(d, func() { s.ref.post(identifyExpired{}) })
	}
	if s.sys.speaks(Scratch) {
		s.decide(s.scratch.Open())
	}
	s.sys.hooks.connect(s)
	s.drainInbox()
}

// onMessage handles one message of the client, or keeps it until what came before it has been carried out.
func (s *session) onMessage(m *codec.Message) {
	if s.simple != nil {
		s.onSimpleData(m)
		return
	}
	if s.order.busy() {
		s.order.keep(m)
		return
	}
	s.handle(m)
}

func (s *session) handle(m *codec.Message) {
	s.received.Add(1)
	if s.strand != nil {
		s.onStrandMessage(m)
		return
	}
	defer m.Release()
	if s.closing || s.ended {
		return
	}
	switch s.protocol {
	case CL4:
		s.onCL4(m.Payload)
	case Scratch:
		s.onScratch(m.Payload, m.Binary)
	default:
		s.identify(m)
	}
	s.drainInbox()
}

// onWake goes on with what had to wait.
func (s *session) onWake() {
	s.drainInbox()
	s.resume()
}

// close ends the connection behind everything that was said so far.
func (s *session) close(text string, code uint16, reason string) {
	if s.closing {
		return
	}
	s.closing = true
	if text != "" {
		s.Reply(codec.TextFrameString(text))
	}
	s.local(func() { s.ref.Out.Close(code, reason) })
}

func (s *session) onIdentifyExpired() {
	if s.protocol != None || s.closing || s.ended {
		return
	}
	s.sys.Counters.IdentifyExpired.Add(1)
	s.close("", closePolicy, "no message in time")
}

// onEnd comes behind everything that the client has sent, so it waits for its turn like a message.
func (s *session) onEnd(ctx actor.Context, e end) {
	if s.order.busy() {
		s.order.keep(e)
		return
	}
	s.finish(e.End)
	ctx.Stop(ctx.Self())
}

// finish leaves the rooms and tells plugins. It runs once, at an orderly end or when the actor has failed.
func (s *session) finish(e End) {
	if s.ended || !s.connected {
		return
	}
	s.ended = true
	if s.expire != nil {
		s.expire.Stop()
	}
	if s.cloud != nil {
		s.held.stop()
	}
	s.sys.moderation.gone(s)
	for _, m := range s.rooms {
		if m.pid != nil {
			s.sys.sendTo(m.pid, &leave{from: s.ref})
		} else {
			s.sys.directory.leavePending(s.ref, s.roomKey(m.name))
		}
	}
	if s.joining != nil { // it may have been left again meanwhile
		s.sys.directory.leavePending(s.ref, s.roomKey(s.joining.name))
	}
	s.sys.registry.unregister(s.ref, s.User())
	c := &s.sys.Counters
	c.Sessions.Add(-1)
	switch s.protocol {
	case CL4:
		c.CL4Clients.Add(-1)
	case Scratch:
		c.ScratchClients.Add(-1)
	case PyStrands:
		c.PyStrandsClients.Add(-1)
		s.finishStrand(e)
	case Simple:
		s.finishSimple(e)
	default:
		c.Unidentified.Add(-1)
	}
	if s.strand == nil || s.strand.standing == speaking {
		s.sys.hooks.disconnect(s, e)
	}
	s.sys.log.Debug("client disconnected", "session", s.ref.ID.ULID(), "code", e.Code, "reason", e.Reason, "cause", e.Cause)
}

// onStopped cleans up after a failure; after an orderly end nothing is left to do. It must not panic, or the parent
// would wait for this child for ever.
func (s *session) onStopped() {
	defer func() { _ = recover() }()
	s.ref.mb.kill()
	if !s.ended {
		s.ref.Out.Close(closeInternal, "internal error")
		s.finish(End{Code: closeInternal, Reason: "internal error", Cause: "session_failed"})
	}
	for m := s.order.unstash(); m != nil; m = s.order.unstash() {
		if m, ok := m.(*codec.Message); ok {
			m.Release()
		}
	}
	s.order = ordering{}
}

func (s *session) roomKey(name string) RoomKey { return RoomKey{Protocol: s.protocol, Name: name} }

// identify finds out what the client speaks from its first message.
func (s *session) identify(m *codec.Message) {
	if s.sys.only(Scratch) {
		if _, own := s.sys.scratch.foreign(m.Payload, m.Binary); own != nil {
			s.identifyAs(Scratch)
			s.onScratch(m.Payload, m.Binary)
			return
		}
		d := s.scratch.Receive(m.Payload, m.Binary)
		if s.scratch.Identified() { // what is ignored does not count as having said something
			s.identifyAs(Scratch)
		}
		s.carryOut(m.Payload, m.Binary, d)
		return
	}
	for _, p := range s.sys.protocols {
		switch p {
		case CL4:
			var msg cl4.Message
			if cl4.Decode(m.Payload, &msg) == nil {
				s.identifyAs(CL4)
				s.onCL4(m.Payload)
				return
			}
		case Scratch:
			if s.sys.rules.Fits(m.Payload, m.Binary) {
				s.identifyAs(Scratch)
				s.onScratch(m.Payload, m.Binary)
				return
			}
		}
	}
	s.sys.Counters.BadFirst.Add(1)
	d := s.sys.rules.Refuse(m.Payload, m.Binary)
	s.sys.hooks.failed(s, d.Close.Reason)
	s.decide(d)
}

// identifyAs settles what the client speaks. A CL4 client enters the default room, of which nobody is told.
func (s *session) identifyAs(p Protocol) {
	s.setProtocol(p)
	if p == CL4 {
		s.sys.registry.identified(s.ref)
		s.enter(cl4.DefaultRoom)
	}
	s.sys.hooks.identified(s)
	s.drainInbox()
}

func (s *session) setProtocol(p Protocol) {
	s.mu.Lock()
	s.protocol = p
	s.mu.Unlock()
	if p != Scratch {
		s.cloud = nil
	}
	if s.expire != nil {
		s.expire.Stop()
		s.expire = nil
	}
	c := &s.sys.Counters
	c.Unidentified.Add(-1)
	if p == CL4 {
		c.CL4Clients.Add(1)
	} else {
		c.ScratchClients.Add(1)
	}
}

// do runs f on the session's actor: at once when a handler of this session is running, else soon. It is safe for use
// by many goroutines.
func (s *session) do(f func(*session)) {
	s.mu.Lock()
	first := s.inbox == nil
	if first {
		s.inbox = new(calls)
	}
	s.inbox.list = append(s.inbox.list, f)
	s.mu.Unlock()
	if first {
		s.ref.post(wake{})
	}
}

// drainInbox carries out what plugins asked for, also during the handler that has just returned, so that its answers
// come before those to the next message.
func (s *session) drainInbox() {
	for {
		s.mu.Lock()
		todo := s.inbox
		s.inbox = nil
		s.mu.Unlock()
		if todo == nil {
			return
		}
		for _, f := range todo.list {
			if !s.ended {
				f(s)
			}
		}
	}
}

// update changes what plugins see of a client that is not CL4's.
func (s *session) update(f func(*ClientInfo)) {
	s.mu.Lock()
	f(&s.more().told)
	s.mu.Unlock()
}

// info is what plugins read, from any goroutine.
func (s *session) info() ClientInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.overview()
	if i.Rooms == nil && len(s.rooms) > 0 {
		i.Rooms = make([]string, len(s.rooms))
		for n, m := range s.rooms {
			i.Rooms[n] = m.name
		}
	}
	return i
}

// overview is info without the rooms of CL4 and Scratch. mu is held.
func (s *session) overview() ClientInfo {
	i := ClientInfo{Username: s.user.Username, Named: s.user.Named, Protocol: s.protocol, Handshaken: s.greeted}
	if s.extra != nil {
		told := &s.extra.told
		if told.Named {
			i.Username, i.Named = told.Username, true
		}
		if told.Protocol != None {
			i.Protocol = told.Protocol
		}
		i.Rooms = told.Rooms
	}
	return i
}
