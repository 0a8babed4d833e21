package actors

import (
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
)

// ordering keeps what a session makes its client, and others, see in the order of the client's commands, although
// several actors append to outboxes on its behalf.
//
// The rule: while messages to one actor (the lane) have not been settled, the session may send more to that actor,
// whose mailbox keeps the order; its own answers then travel through the same mailbox. Anything for another actor
// waits until all is settled, and so do the client's later messages. So commands that use one room, the usual case,
// never wait, and those that change rooms wait for one hand-over.
type ordering struct {
	lane  *actor.PID
	sent  uint64 // messages to rooms and registry; Ref.settled counts those that were carried out
	await int    // answers that must come before anything else happens
	queue *delayed
}

// delayed is what has to wait; there is none where nothing does.
type delayed struct {
	ops   []op
	next  int   // of ops
	stash []any // what came in meanwhile: *codec.Message, end. The transport bounds it
}

// op is one thing that waits: a message for an actor, a frame for the client, or a function.
type op struct {
	to     *membership // or pid
	pid    *actor.PID
	msg    any
	frame  *codec.Frame
	fn     func()
	settle bool // fn runs only when everything is settled
}

func (o *ordering) busy() bool {
	return o.await > 0 || o.queue != nil && o.queue.next < len(o.queue.ops)
}

// delays recycles those of busy sessions.
var delays = sync.Pool{New: func() any { return new(delayed) }}

func (o *ordering) waiting() *delayed {
	if o.queue == nil {
		o.queue = delays.Get().(*delayed)
	}
	return o.queue
}

// keep puts a message of the client behind everything that waits.
func (o *ordering) keep(m any) {
	q := o.waiting()
	q.stash = append(q.stash, m)
}

// unstash returns the next message that was kept, nil when there is none.
func (o *ordering) unstash() any {
	q := o.queue
	if q == nil || len(q.stash) == 0 {
		return nil
	}
	m := q.stash[0]
	q.stash[0] = nil
	if q.stash = q.stash[1:]; len(q.stash) == 0 {
		q.stash = nil
	}
	return m
}

// take returns the next op that waits.
func (q *delayed) take() op {
	o := q.ops[q.next]
	q.ops[q.next] = op{}
	q.next++
	return o
}

// rest gives the queue up if nothing waits any more.
func (o *ordering) rest() {
	q := o.queue
	if q == nil || q.next < len(q.ops) || len(q.stash) > 0 {
		return
	}
	o.queue = nil
	if cap(q.ops) <= maxRecycled {
		q.ops, q.next = q.ops[:0], 0
		delays.Put(q)
	}
}

// settled tells whether everything that was sent has been carried out. An actor that failed just behind settling a
// message has settled it twice.
func (s *session) settled() bool { return s.ref.settled.Load() >= s.order.sent }

// tell sends a message that will be settled to an actor, now or when it is its turn.
func (s *session) tell(pid *actor.PID, msg any) { s.enqueue(op{pid: pid, msg: msg}) }

// tellRoom is tell for a room that may not have answered the join yet.
func (s *session) tellRoom(m *membership, msg any) { s.enqueue(op{to: m, msg: msg}) }

// Reply implements cl4.Session.
func (s *session) Reply(f *codec.Frame) { s.enqueue(op{frame: f}) }

// local runs fn when everything before it was carried out.
func (s *session) local(fn func()) { s.enqueue(op{fn: fn, settle: true}) }

func (s *session) enqueue(o op) {
	if !s.order.busy() && s.try(o) {
		return
	}
	q := s.order.waiting()
	q.ops = append(q.ops, o)
	s.arm()
}

// try carries an op out if it is its turn.
func (s *session) try(o op) bool {
	ord := &s.order
	switch {
	case o.fn != nil:
		if o.settle && !s.settled() {
			return false
		}
		o.fn()
	case o.frame != nil:
		if s.settled() {
			s.ref.send(o.frame)
			return true
		}
		ord.sent++
		s.sys.sendTo(ord.lane, &relay{from: s.ref, frame: o.frame})
	default:
		pid := o.pid
		if o.to != nil {
			pid = o.to.pid
		}
		if pid == nil {
			o.msg.(undeliverableBefore).skipped(s)
			return true
		}
		if pid != ord.lane && !s.settled() {
			return false
		}
		ord.lane = pid
		ord.sent++
		s.sys.sendTo(pid, o.msg)
	}
	return true
}

// undeliverableBefore is a message for a room that turned out not to exist.
type undeliverableBefore interface{ skipped(*session) }

// arm asks for a wake when what was sent so far is settled.
func (s *session) arm() {
	ord := &s.order
	if ord.await > 0 {
		return // the answer wakes the session
	}
	s.ref.waiting.Store(ord.sent)
	if s.settled() {
		s.ref.post(wake{})
	}
}

// resume carries out what waits, in order, and then the client's messages that came in meanwhile.
func (s *session) resume() {
	ord := &s.order
	for {
		for {
			q := ord.queue // what an op does may give it up
			if q == nil || q.next == len(q.ops) {
				break
			}
			if ord.await > 0 {
				return
			}
			// The op is taken off first: what it does may enqueue more.
			o := q.take()
			if !s.try(o) {
				q.next--
				q.ops[q.next] = o
				s.arm()
				return
			}
		}
		if ord.await > 0 {
			return
		}
		if q := ord.queue; q != nil {
			q.ops, q.next = q.ops[:0], 0
		}
		next := ord.unstash()
		if next == nil {
			ord.rest()
			return
		}
		switch m := next.(type) {
		case *codec.Message:
			s.handle(m)
		case end:
			s.finish(m.End)
			s.sys.root.Stop(s.self)
		}
	}
}
