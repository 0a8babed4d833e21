package actors

import (
	"context"
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/pystrands"
)

// broker is the state of the actor between end clients and backends: who is connected, which backend owns whom, and
// what waits. It outlives the actor, which can fail and be restarted.
//
// Everything passes through this one actor, because that is what makes the promises of order simple: the events of a
// client reach its owner in their order also when owners change, and what a backend says takes effect in the order of
// its lines. Encoding and decoding, which cost more, are done by sessions and backends on all cores.
type broker struct {
	sys *System
	cfg BrokerConfig
	log *slog.Logger
	pid *actor.PID
	mb  *mailbox

	backends []*backend // attached, in the order in which they were
	arriving int        // connections that will be attached soon
	requests map[string]*request
	parked   []*request // requests that wait for a backend to be attached

	clients map[string]*strand     // by client id; strand.twin has the others of that id
	rooms   map[string]*strandRoom // by room id
	all     []*strand

	backlog  backlog
	holding  bool // the timer for held clients runs
	drain    chan<- struct{}
	draining bool

	heartbeat *time.Timer
	refusals  map[string]*logLimit // by cause
}

func newBroker(sys *System, cfg BrokerConfig) *broker {
	b := &broker{
		sys: sys, cfg: cfg, log: sys.log, mb: newMailbox(&sys.Counters),
		requests: make(map[string]*request),
		clients:  make(map[string]*strand),
		rooms:    make(map[string]*strandRoom),
		refusals: make(map[string]*logLimit),
	}
	b.backlog = backlog{counters: &sys.Broker, maxEvents: cfg.QueueSize, maxBytes: cfg.QueueBytes}
	return b
}

// post puts a message into the broker's mailbox.
func (b *broker) post(msg any) { b.mb.PostUserMessage(msg) }

// brokerActor is the actor of the broker.
type brokerActor struct{ *broker }

// Receive implements actor.Actor.
func (b brokerActor) Receive(ctx actor.Context) {
	msg := ctx.Message()
	defer b.sys.failing(&b.sys.Counters.BrokerPanics, brokerFailed, "broker", msg)
	switch m := msg.(type) {
	case *strandEvent:
		b.onEvent(m)
	case *actions:
		b.onActions(m)
	case *wanted:
		b.onWanted(m)
	case *wantedNoMore:
		b.onWantedNoMore(m)
	case *strandGone:
		b.onGone(m)
	case *requestExpired:
		b.onExpired(m)
	case *requestAgain:
		b.onAgain(m)
	case *backendArrived:
		b.arriving++
	case *backendAttached:
		b.onAttached(m)
	case *backendLost:
		b.onLost(m)
	case heartbeatDue:
		b.onHeartbeat()
	case holdDue:
		b.onHoldDue()
	case *drainBroker:
		b.onDrain(m)
	case *backendsWanted:
		m.reply <- b.list()
	case *crash:
		panic("injected panic")
	case *actor.Started:
		b.onStarted()
	case *actor.Restarting:
		b.heartbeat.Stop()
	case *actor.Stopped:
		b.onStopped()
	case actor.SystemMessage, actor.AutoReceiveMessage:
	default:
		b.sys.Counters.UnknownMessages.Add(1)
	}
}

func (b *broker) onStarted() {
	b.heartbeat = time.AfterFunc(b.cfg.HeartbeatInterval, func() { b.post(heartbeatDue{}) })
}

func (b *broker) onStopped() {
	b.mb.kill()
	if b.heartbeat != nil {
		b.heartbeat.Stop()
	}
	for _, r := range b.requests {
		r.stop()
	}
}

func (b *broker) onHeartbeat() {
	for _, be := range b.backends {
		be.send(queuedLine{frame: pystrands.Heartbeat()})
	}
	b.heartbeat.Reset(b.cfg.HeartbeatInterval)
}

// DrainBroker has the broker refuse whoever still waits to be let in, and returns when every end client that had been
// let in is gone and its backend has been sent so, or when ctx is done. Without a broker it returns at once.
func (s *System) DrainBroker(ctx context.Context) error {
	if s.broker == nil || s.broker.pid == nil {
		return nil
	}
	done := make(chan struct{}, 1)
	s.broker.post(&drainBroker{done: done})
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.done:
		return ErrStopped
	}
}

func (b *broker) onDrain(m *drainBroker) {
	b.draining, b.drain = true, m.done
	for _, r := range b.requests {
		b.refuse(r, refusedDraining, "")
	}
	b.drained()
}

// drained tells whoever waits for it that nobody is left.
func (b *broker) drained() {
	if b.drain != nil && len(b.all) == 0 {
		b.drain <- struct{}{}
		b.drain = nil
	}
}

// strand is an end client of the broker, from when it was let in to its end. It belongs to the broker's actor.
type strand struct {
	ref      *Ref
	clientID string
	owner    *backend // nil: none yet
	room     *strandRoom
	twin     *strand // the next client with the same id
	seat     int     // in room.members
	place    int     // in broker.all
	held     bool    // it is not read from
	gone     bool
}

// strandRoom is a room of the broker: its members in a dense slice, which is what fan-out walks.
type strandRoom struct {
	id      string
	members []*strand
}

// admit makes an end client of an accepted request.
func (b *broker) admit(ref *Ref, clientID, roomID string, owner *backend) *strand {
	m := &strand{ref: ref, clientID: clientID, place: len(b.all)}
	b.all = append(b.all, m)
	m.twin = b.clients[clientID]
	b.clients[clientID] = m
	m.room = b.rooms[roomID]
	if m.room == nil {
		m.room = &strandRoom{id: roomID}
		b.rooms[roomID] = m.room
		b.sys.Broker.Rooms.Add(1)
	}
	m.seat = len(m.room.members)
	m.room.members = append(m.room.members, m)
	b.own(m, owner)
	b.sys.Broker.Clients.Add(1)
	return m
}

// onGone takes an end client out. What its backend was sent before is followed by the news.
func (b *broker) onGone(g *strandGone) {
	m := g.strand
	if m.gone {
		return
	}
	m.gone = true
	b.all = without(b.all, m.place, func(other *strand, at int) { other.place = at })
	if m.room.members = without(m.room.members, m.seat, func(other *strand, at int) { other.seat = at }); len(m.room.members) == 0 {
		delete(b.rooms, m.room.id)
		b.sys.Broker.Rooms.Add(-1)
	}
	b.forget(m)
	b.sys.Broker.Clients.Add(-1)
	if g.frame != nil {
		b.route(m, g.frame)
	}
	if m.owner != nil {
		m.owner.owned--
	}
	b.drained()
}

// forget takes m out of the clients with its id.
func (b *broker) forget(m *strand) {
	first := b.clients[m.clientID]
	if first == m {
		if m.twin == nil {
			delete(b.clients, m.clientID)
		} else {
			b.clients[m.clientID] = m.twin
		}
		return
	}
	for ; first != nil; first = first.twin {
		if first.twin == m {
			first.twin = m.twin
			return
		}
	}
}

// without takes an element out of a slice without order; the last one takes its place, of which moved is told.
func without(list []*strand, at int, moved func(*strand, int)) []*strand {
	last := len(list) - 1
	if at != last {
		list[at] = list[last]
		moved(list[at], at)
	}
	list[last] = nil
	list = list[:last]
	if cap(list) > 64 && last < cap(list)/4 {
		list = append(make([]*strand, 0, 2*last), list...)
	}
	return list
}

// onActions carries out what a backend has said, in the order of its lines.
func (b *broker) onActions(a *actions) {
	for i := range a.lines {
		l := &a.lines[i]
		switch l.Kind {
		case pystrands.Private:
			b.toClient(l.Target, l.Frame)
		case pystrands.Room:
			b.toRoom(l.Target, l.Frame)
		case pystrands.Broadcast:
			b.toEach(b.all, l.Frame)
		case pystrands.Respond:
			b.onResponse(a.from, l)
		case pystrands.Auth:
			a.from.send(queuedLine{frame: pystrands.AuthOK(l.RequestID)})
		case pystrands.Bad:
			a.from.send(queuedLine{frame: pystrands.BadLine(l.Problem)})
		}
	}
	a.free()
}

func (b *broker) toClient(id string, f *codec.Frame) {
	m := b.clients[id]
	if m == nil {
		b.sys.Broker.Dropped[dropUnknownClient].Add(1)
	}
	for ; m != nil; m = m.twin {
		b.say(m, f)
	}
}

func (b *broker) toRoom(id string, f *codec.Frame) {
	room := b.rooms[id]
	if room == nil {
		b.sys.Broker.Dropped[dropUnknownRoom].Add(1)
		return
	}
	b.toEach(room.members, f)
}

// toEach appends the same bytes to the outbox of each.
func (b *broker) toEach(list []*strand, f *codec.Frame) {
	lost := 0
	for _, m := range list {
		if !m.ref.Out.Send(f) {
			lost++
		}
	}
	b.said(len(list)-lost, lost, f)
}

func (b *broker) say(m *strand, f *codec.Frame) {
	if m.ref.Out.Send(f) {
		b.said(1, 0, f)
	} else {
		b.said(0, 1, f)
	}
}

func (b *broker) said(sent, lost int, f *codec.Frame) {
	c := &b.sys.Broker
	c.MessagesOut.Add(uint64(sent))
	c.BytesOut.Add(uint64(sent * len(f.Payload())))
	b.sys.Counters.FanOut.Add(uint64(sent))
	if lost > 0 {
		c.Dropped[dropSlowClient].Add(uint64(lost))
		b.sys.Counters.FramesLost.Add(uint64(lost))
	}
}
