package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// Lists grow with the square of a room: everybody who comes gets a list of all, and all are told of everybody who
// comes. When many come at once, their messages wait in the mailbox of the room one behind the other. Those that came
// together are greeted together: they share one list, in which all of them are, and what the others are told of
// them is one frame per member. Nothing else happens in the room between them, so that a member sees what it
// would see if it had come last of them.

// arrival is a member that is to be sent the list, and of whom the others are told if it is new to them.
type arrival struct {
	from   *Ref
	isNew  bool       // it is in the list for the first time
	values bool       // it is sent the values that are kept, too
	join   *actor.PID // the room, for a client that waits for the answer to its join; else the message is settled
}

// maxArrivals bounds how many are greeted together, and so how long the first of them waits.
const maxArrivals = 256

// waits tells whether a message can be handled before those that have arrived are greeted.
func (r *cl4Room) waits(msg any) bool {
	switch msg.(type) {
	case *join, *named, *listWanted:
		return true
	}
	return false
}

// arrive notes an arrival. It is greeted at once when nobody comes right behind it.
func (r *cl4Room) arrive(a arrival) {
	r.arrivals = append(r.arrivals, a)
	if len(r.arrivals) >= maxArrivals || !r.mb.more() {
		r.greet()
	}
}

// greet tells the members of those who have arrived, and sends these the list.
func (r *cl4Room) greet() {
	arrivals := r.arrivals
	r.arrivals = nil
	defer func() { // whatever happens, nobody waits for ever
		for _, a := range arrivals {
			r.answer(a)
		}
	}()
	if len(r.list) > 1 {
		r.announce(arrivals)
	}
	list := r.userList()
	var values *codec.Frame
	if r.gvars != nil {
		values = r.gvars.events()
	}
	for len(arrivals) > 0 {
		a := arrivals[0]
		arrivals = arrivals[1:]
		a.from.send(list)
		if a.values && values != nil {
			a.from.send(values)
		}
		r.answer(a)
	}
}

// announce tells the others of those who have arrived.
func (r *cl4Room) announce(arrivals []arrival) {
	switch f := r.added(arrivals); {
	case f == nil:
	case len(arrivals) == 1:
		r.fanOut(f, arrivals[0].from)
	default:
		except := make(map[*Ref]struct{}, len(arrivals))
		for _, a := range arrivals {
			except[a.from] = struct{}{}
		}
		r.fanOutExcept(f, except)
	}
}

// answer lets the session of an arrival go on.
func (r *cl4Room) answer(a arrival) {
	if a.join != nil {
		a.from.post(&joined{room: r.name.Name, pid: a.join})
		return
	}
	a.from.settle()
}

// added encodes what the others are told. It is nil when nobody is new.
func (r *cl4Room) added(arrivals []arrival) *codec.Frame {
	var frames []*codec.Frame
	for _, a := range arrivals {
		if !a.isNew {
			continue
		}
		if m, ok := r.find(a.from.ID); ok {
			frames = append(frames, cl4.UserChange("add", m.user().Object(), r.name.Name))
		}
	}
	return codec.JoinFrames(frames)
}
