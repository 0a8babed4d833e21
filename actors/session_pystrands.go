package actors

import (
	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/pystrands"
)

// Verdict says what becomes of a client that asked the broker to be let in.
type Verdict struct {
	// Status is the HTTP status of the refusal; 0 lets the client in.
	Status int
	// Reason is a sentence for the client, Cause the label of a metric.
	Reason, Cause string
	// Subprotocol is what the backend wants to speak, if the client has offered it.
	Subprotocol string
}

// standing is how a session of the broker stands with it.
type standing uint8

const (
	asking   standing = iota
	refused           // it will be closed as soon as it is open
	accepted          // the broker knows it; its backend does not yet
	speaking          // its backend knows it
)

// strandSession is what a session has that is a client of the broker.
type strandSession struct {
	standing standing
	request  *pystrands.Request // nil when it is not asking any more
	decide   func(Verdict)
	code     uint16 // close code when it is refused
	reason   string
	strand   *strand
	context  pystrands.Context
}

// AskedSession is the receiving side of a connection that asks the broker to be let in. Its methods are called by the
// transport.
type AskedSession struct{ Session }

// Ask spawns the actor of a connection that asks the broker to be let in. decide is called once with the answer, from
// any goroutine and perhaps before Ask returns. The connection takes frames from then on. Where p.Out is a Throttle,
// the client is held while its backend does not keep up. Without a broker the answer is no.
func (s *System) Ask(p Peer, about *pystrands.Request, decide func(Verdict)) *AskedSession {
	a := newSession(s, p)
	a.protocol = PyStrands
	about.ID = a.ref.ID.UUID()
	a.strand = &strandSession{request: about, decide: decide}
	s.spawnSession(a)
	return &AskedSession{Session{a}}
}

// Opened says that the client has been told that it is let in.
func (r *AskedSession) Opened() { r.s.ref.post(opened{}) }

func (s *session) startStrand() {
	c := &s.sys.Counters
	c.Sessions.Add(1)
	c.PyStrandsClients.Add(1)
	s.update(func(i *ClientInfo) { i.Protocol = PyStrands })
	s.sys.registry.register(s.ref)
	s.sys.moderation.admit(s)
	s.askBroker()
}

// askBroker asks to be let in.
func (s *session) askBroker() {
	if s.sys.broker == nil {
		s.onAdmission(&admission{no: refusedNoBackend})
		return
	}
	about := s.strand.request
	s.sys.broker.post(&wanted{from: s.ref, about: about, line: about.Ask()})
}

// onAdmission is the broker's answer.
func (s *session) onAdmission(a *admission) {
	t := s.strand
	if s.ended { // it has hung up meanwhile; the broker learns that here, because the request was answered before
		a.undelivered()
		return
	}
	t.request = nil
	decide := t.decide
	t.decide = nil
	switch {
	case a.no == nil:
		t.standing = accepted
		t.strand = a.strand
		t.context = pystrands.NewContext(a.clientID, a.roomID, a.metadata)
		s.update(func(i *ClientInfo) { i.Username, i.Named, i.Rooms = a.clientID, true, []string{a.roomID} })
		decide(Verdict{Subprotocol: a.subprotocol})
	case s.sys.broker != nil && s.sys.broker.cfg.CloseAfterUpgrade:
		t.standing = refused
		t.code, t.reason = a.no.code, a.no.reason
		decide(Verdict{})
	default:
		t.standing = refused
		decide(a.no.verdict())
	}
}

func (s *session) onOpened() {
	t := s.strand
	switch t.standing {
	case refused:
		s.close("", t.code, t.reason)
	case accepted:
		t.standing = speaking
		s.tellBroker(t.context.ConnectionOpened(), nil)
		s.sys.hooks.connect(s)
		s.sys.hooks.identified(s)
		s.drainInbox()
	}
}

// onStrandMessage passes a message on. Its buffer is released when the broker has dealt with it, so that a client
// cannot send more than the broker can handle.
func (s *session) onStrandMessage(m *codec.Message) {
	if s.strand.standing != speaking || s.ended {
		m.Release()
		return
	}
	c := &s.sys.Broker
	c.MessagesIn.Add(1)
	c.BytesIn.Add(uint64(len(m.Payload)))
	s.tellBroker(s.strand.context.MessageReceived(m.Payload, m.Binary), m)
	s.drainInbox()
}

func (s *session) tellBroker(f *codec.Frame, m *codec.Message) {
	s.sys.broker.post(newStrandEvent(s.strand.strand, f, m))
}

// finishStrand tells the broker that the client is gone. Its backend hears of it if it has heard of the client.
func (s *session) finishStrand(e End) {
	t := s.strand
	if e.Cause == causeSlowConsumer {
		s.sys.Broker.SlowClosed.Add(1)
	}
	if s.sys.broker == nil {
		return
	}
	switch t.standing {
	case asking:
		s.sys.broker.post(&wantedNoMore{t.request.ID})
		t.decide(refusedFailed.verdict()) // nobody waits for it unless the session has failed
		t.decide = nil
	case accepted:
		s.sys.broker.post(&strandGone{strand: t.strand})
	case speaking:
		s.sys.broker.post(&strandGone{strand: t.strand, frame: t.context.Disconnected()})
	}
}
