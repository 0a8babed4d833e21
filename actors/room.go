package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
)

// room is the state of a room of any protocol. It lives outside the actor, so that members and variables are intact
// when the actor has failed and is restarted.
type room interface {
	key() RoomKey
	mailbox() *mailbox
	// seen is what operators are told of the room.
	seen() *roomFigures
	// unsaved tells whether it holds what is nowhere else, so that it has to stay. It is safe for any goroutine.
	unsaved() bool
	// actor returns an actor on this state.
	actor() actor.Actor
}

// roster is what rooms of every protocol have: a name, and members in a dense slice, which is what fan-out walks.
type roster[M any] struct {
	sys   *System
	name  RoomKey
	dir   *actor.PID
	mb    *mailbox
	list  []M
	index map[codec.ID]int // of each member in list
	joins uint64           // joins seen, for the directory

	figures *roomFigures
}

func newRoster[M any](sys *System, key RoomKey, dir *actor.PID) roster[M] {
	return roster[M]{sys: sys, name: key, dir: dir, mb: newMailbox(&sys.Counters), index: make(map[codec.ID]int), figures: new(roomFigures)}
}

func (r *roster[M]) key() RoomKey      { return r.name }
func (r *roster[M]) mailbox() *mailbox { return r.mb }

func (r *roster[M]) seen() *roomFigures { return r.figures }

func (r *roster[M]) add(id codec.ID, m M) {
	r.index[id] = len(r.list)
	r.list = append(r.list, m)
	r.figures.members.Add(1)
}

func (r *roster[M]) find(id codec.ID) (*M, bool) {
	i, ok := r.index[id]
	if !ok {
		return nil, false
	}
	return &r.list[i], true
}

// remove takes a member out; the last one takes its place. idOf tells whose place changed.
func (r *roster[M]) remove(id codec.ID, idOf func(*M) codec.ID) (m M, ok bool) {
	i, ok := r.index[id]
	if !ok {
		return m, false
	}
	m = r.list[i]
	delete(r.index, id)
	r.figures.members.Add(-1)
	last := len(r.list) - 1
	if i != last {
		r.list[i] = r.list[last]
		r.index[idOf(&r.list[i])] = i
	}
	var none M
	r.list[last] = none
	r.list = r.list[:last]
	if cap(r.list) > 64 && len(r.list) < cap(r.list)/4 {
		r.list = append(make([]M, 0, len(r.list)*2), r.list...)
	}
	return m, true
}

// emptied tells the directory when nobody is left.
func (r *roster[M]) emptied(keep bool) {
	if len(r.list) == 0 {
		r.sys.sendTo(r.dir, &roomEmpty{key: r.name, joins: r.joins, keep: keep})
	}
}
