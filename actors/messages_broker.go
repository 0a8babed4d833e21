package actors

import (
	"sync"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/pystrands"
)

// Messages to and from the broker.

// To the broker.
type (
	// wanted: session to broker. A client asks to be let in. The answer is an admission.
	wanted struct {
		from  *Ref
		about *pystrands.Request
		line  *codec.Frame
	}
	// wantedNoMore: session to broker. The client has hung up before the answer.
	wantedNoMore struct{ id string }
	// strandEvent: session to broker. A line about a client, for its owner.
	strandEvent struct {
		strand *strand
		frame  *codec.Frame
		held   *codec.Message // released when the broker has dealt with the event
	}
	// strandGone: session to broker. The client is gone; frame tells its backend, nil when it need not know.
	strandGone struct {
		strand *strand
		frame  *codec.Frame
	}
	// requestExpired: timer to broker. A request has taken too long.
	requestExpired struct{ id string }
	// requestAgain: timer to broker. A request may be put to another backend.
	requestAgain struct{ id string }
	// backendArrived: backend to broker. A connection will be attached soon.
	backendArrived struct{}
	// backendAttached: backend to broker. A connection counts as a backend; arrived tells whether it was announced.
	backendAttached struct {
		backend *backend
		arrived bool
	}
	// backendLost: backend to broker. A connection has ended; arrived tells whether it was announced and not attached.
	backendLost struct {
		backend *backend
		arrived bool
		cause   string
	}
	// heartbeatDue: timer to broker.
	heartbeatDue struct{}
	// holdDue: timer to broker. See whether held clients may go on.
	holdDue struct{}
	// drainBroker: supervisor to broker. Let nobody in any more; done is sent when nobody is left.
	drainBroker struct{ done chan<- struct{} }
)

// To a session.
type (
	// admission: broker to session. The answer to wanted: no says how it is refused; otherwise it is let in.
	admission struct {
		no               *refusal
		strand           *strand
		clientID, roomID string
		metadata         []byte
		subprotocol      string
	}
	// opened: transport to session. The client has been told that it is let in.
	opened struct{}
)

// To a backend's actor; beside these it gets codec.Message, which are whole lines.
type (
	// lineTooLong: transport to backend. A line was skipped.
	lineTooLong struct{}
	// backendEnd: transport to backend. The connection has ended.
	backendEnd struct{ cause string }
	// attachDue: timer to backend. It has been silent for long enough.
	attachDue struct{}
)

// openBackend: transport to group. Spawn the actor of a backend connection.
type openBackend struct{ a *backendActor }

var strandEvents = sync.Pool{New: func() any { return new(strandEvent) }}

func newStrandEvent(m *strand, f *codec.Frame, held *codec.Message) *strandEvent {
	e := strandEvents.Get().(*strandEvent)
	e.strand, e.frame, e.held = m, f, held
	return e
}

// free gives the buffers back.
func (e *strandEvent) free() {
	if e.held != nil {
		e.held.Release()
	}
	*e = strandEvent{}
	strandEvents.Put(e)
}

func (e *strandEvent) undelivered() { e.free() }
func (w *wanted) undelivered()      { w.from.post(&admission{no: refusedFailed}) }
func (a *admission) undelivered() {
	if a.strand != nil {
		a.strand.ref.sys.broker.post(&strandGone{strand: a.strand})
	}
}
