package actors

import (
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
	ops   []op   // what has to wait
	stash []any  // what came in while there were ops: *codec.Message, end. The transport bounds it
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

func (o *ordering) busy() bool { return len(o.ops) > 0 || o.await > 0 }

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
	s.order.ops = append(s.order.ops, o)
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
		for len(ord.ops) > 0 {
			if ord.await > 0 {
				return
			}
			o := ord.ops[0]
			// The op is taken off first: what it does may enqueue more.
			ord.ops[0] = op{}
			ord.ops = ord.ops[1:]
			if !s.try(o) {
				ord.ops = append([]op{o}, ord.ops...)
				s.arm()
				return
			}
		}
		ord.ops = nil
		if ord.await > 0 || len(ord.stash) == 0 {
			return
		}
		next := ord.stash[0]
		ord.stash[0] = nil
		if ord.stash = ord.stash[1:]; len(ord.stash) == 0 {
			ord.stash = nil
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
