package actors

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
)

// Ref is what other actors hold of a session: where its frames go and whom to tell when something that it asked for
// has been done. It is made once per connection and shared.
type Ref struct {
	ID  codec.ID
	Out Outbox

	sys *System
	mb  *mailbox

	// A session keeps its answers in order by counting what it has sent to other actors and what they have settled.
	// While the two differ, the rest of what it has to say goes through the same actor or waits.
	settled atomic.Uint64
	waiting atomic.Uint64 // the count that the session waits for; 0: it does not wait

	findable bool // it speaks CL4; owned by the registry

	client Client // the handle that plugins get
}

// post puts a message into the session's mailbox.
func (r *Ref) post(msg any) { r.mb.post(msg) }

// send appends a frame to the client's outbox and counts it when it is lost.
func (r *Ref) send(f *codec.Frame) {
	if !r.Out.Send(f) {
		r.sys.Counters.FramesLost.Add(1)
	}
}

// settle is called by an actor that has carried out a message of this session, after everything that the message
// makes the client see was appended to its outbox.
func (r *Ref) settle() {
	n := r.settled.Add(1)
	if r.waiting.Load() == n {
		r.post(wake{})
	}
}

// sendTo is the project's send: it ignores nil addresses and counts them, where the library would panic or spin.
func (s *System) sendTo(pid *actor.PID, msg any) {
	if pid == nil || msg == nil {
		s.Counters.NilMessages.Add(1)
		return
	}
	s.root.Send(pid, msg)
}
