package actors

import (
	"time"

	"github.com/skeinhq/skein/codec"
)

// backend is a backend as the broker sees it. It belongs to the broker's actor.
type backend struct {
	out      BackendOutbox
	name     string // for the log
	attached bool
	lost     bool
	since    time.Time // when it was attached
	owned    int       // clients
	asked    int       // open requests

	// unsent are the lines that were given to out and may not have been handed over to the operating system yet. If
	// the backend dies they go elsewhere.
	unsent lineQueue
	base   uint64 // lines that were given to out before the first of unsent

	holding []*strand // clients that are not read from because of this backend
}

// BackendOutbox is the sending side of a backend connection.
type BackendOutbox interface {
	Outbox
	// Written is how many of the frames that Send took have been handed over whole to the operating system. It only
	// grows.
	Written() uint64
}

// Throttle is implemented by outboxes of connections whose other side, reading, can be held.
type Throttle interface {
	// Hold stops reading, or goes on with it. It does not wait.
	Hold(on bool)
}

// queuedLine is a line for a backend, and what to do about it when the backend dies first.
type queuedLine struct {
	frame   *codec.Frame
	strand  *strand  // an event of this client
	request *request // this request's question
	failure bool     // of a client that was refused
}

// send gives a line to a backend.
func (be *backend) send(e queuedLine) {
	be.prune()
	be.unsent.push(e)
	be.out.Send(e.frame) // when it is not taken, the backend is dying, and its end will find the line in unsent
}

// prune forgets the lines that were handed over.
func (be *backend) prune() {
	for written := be.out.Written(); be.base < written; be.base++ {
		be.unsent.pop()
	}
}

// lineQueue is a queue of lines that uses its memory again.
type lineQueue struct {
	list  []queuedLine
	first int
	bytes int // of the lines
}

func (q *lineQueue) len() int { return len(q.list) - q.first }

func (q *lineQueue) push(e queuedLine) {
	if q.first > 0 && len(q.list) == cap(q.list) && q.first >= len(q.list)/2 {
		n := copy(q.list, q.list[q.first:])
		clear(q.list[n:])
		q.list, q.first = q.list[:n], 0
	}
	q.list = append(q.list, e)
	q.bytes += e.frame.Len()
}

func (q *lineQueue) pop() queuedLine {
	e := q.list[q.first]
	q.list[q.first] = queuedLine{}
	q.first++
	q.bytes -= e.frame.Len()
	if q.len() == 0 {
		q.list, q.first = q.list[:0], 0
		if cap(q.list) > maxRecycled {
			q.list = nil
		}
	}
	return e
}

// onEvent sends an event of a client to the backend that owns it.
func (b *broker) onEvent(e *strandEvent) {
	b.route(e.strand, e.frame)
	e.free()
}

// route sends a line about a client to its owner, or keeps it when there is none. Without an owner the client gets one.
func (b *broker) route(m *strand, f *codec.Frame) {
	if m.owner == nil || m.owner.lost {
		be := b.pick()
		if be == nil {
			b.backlog.add(m, f)
			return
		}
		b.own(m, be)
	}
	be := m.owner
	be.send(queuedLine{frame: f, strand: m})
	if be.unsent.bytes > b.cfg.BackendQueueBytes && !m.held && !m.gone {
		b.hold(m, be)
	}
}

// own makes a backend the owner of a client.
func (b *broker) own(m *strand, be *backend) {
	if m.owner == be {
		return
	}
	if m.owner != nil {
		b.sys.Broker.Reassigned.Add(1)
	}
	m.owner = be
	if !m.gone {
		be.owned++
	}
}

// hold stops reading from a client whose backend has too much to do.
func (b *broker) hold(m *strand, be *backend) {
	t, ok := m.ref.Out.(Throttle)
	if !ok {
		return
	}
	t.Hold(true)
	m.held = true
	be.holding = append(be.holding, m)
	b.sys.Broker.Held.Add(1)
	if !b.holding {
		b.holding = true
		time.AfterFunc(holdCheck, func() { b.post(holdDue{}) })
	}
}

func (b *broker) onHoldDue() {
	b.holding = false
	for _, be := range b.backends {
		if len(be.holding) == 0 {
			continue
		}
		be.prune()
		if be.unsent.bytes <= b.cfg.BackendQueueBytes/2 {
			be.release()
		} else if !b.holding {
			b.holding = true
			time.AfterFunc(holdCheck, func() { b.post(holdDue{}) })
		}
	}
}

// release lets all held clients of a backend go on.
func (be *backend) release() {
	for _, m := range be.holding {
		m.held = false
		m.ref.Out.(Throttle).Hold(false)
	}
	be.holding = nil
}

// onAttached counts a backend in. It gets what has waited for one.
func (b *broker) onAttached(m *backendAttached) {
	be := m.backend
	if m.arrived {
		b.arriving--
	}
	if be.lost {
		return
	}
	be.attached, be.since = true, b.sys.now()
	b.backends = append(b.backends, be)
	b.sys.Broker.Backends.Add(1)
	b.sys.Broker.BackendsIn.Add(1)
	waiting := len(b.backlog.events)
	b.backlog.take(func(k kept) {
		if k.strand == nil {
			be.send(queuedLine{frame: k.frame, failure: true})
			return
		}
		b.route(k.strand, k.frame)
	})
	b.unpark()
	b.log.Info("backend attached", "backend", be.name, "backends", len(b.backends), "backlog", waiting)
}

// onLost counts a backend out. What was not handed over to it goes elsewhere, ahead of anything newer.
func (b *broker) onLost(m *backendLost) {
	be := m.backend
	be.lost = true
	be.release()
	if m.arrived {
		b.arriving--
		if b.arriving == 0 && len(b.backends) == 0 {
			b.unpark()
		}
	}
	if !be.attached {
		return
	}
	for i, other := range b.backends {
		if other == be {
			b.backends = append(b.backends[:i:i], b.backends[i+1:]...)
			break
		}
	}
	b.sys.Broker.Backends.Add(-1)
	b.sys.Broker.BackendsLost.Add(1)
	be.prune()
	b.log.Info("backend lost", "backend", be.name, "cause", m.cause, "backends", len(b.backends), "rerouted", be.unsent.len())
	for be.unsent.len() > 0 {
		e := be.unsent.pop()
		switch {
		case e.strand != nil:
			b.route(e.strand, e.frame)
		case e.request != nil && b.requests[e.request.about.ID] == e.request && e.request.asked == be:
			b.askAgain(e.request) // nobody has seen the question
		case e.failure:
			b.routeFailure(e.frame)
		}
	}
	for id, r := range b.requests {
		if r.asked == be {
			r.again = time.AfterFunc(askedGrace, func() { b.post(&requestAgain{id}) })
		}
	}
}

// routeFailure sends what is to be said of a refused client to any backend.
func (b *broker) routeFailure(f *codec.Frame) {
	if be := b.pick(); be != nil {
		be.send(queuedLine{frame: f, failure: true})
		return
	}
	b.backlog.addFailure(f)
}
