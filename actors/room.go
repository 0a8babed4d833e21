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
	idOf  func(*M) codec.ID
	list  []M
	index map[codec.ID]int32 // of each member in list; nil in small rooms, which are searched
	joins uint64             // joins seen, for the directory

	figures *roomFigures
}

// Rooms of more than indexAbove members have an index until no more than indexBelow are left. Most rooms are smaller,
// and to search them for somebody who comes or goes costs less than a map per room does in memory.
const (
	indexAbove = 128
	indexBelow = 64
)

func newRoster[M any](sys *System, key RoomKey, dir *actor.PID, idOf func(*M) codec.ID) roster[M] {
	return roster[M]{sys: sys, name: key, dir: dir, mb: newMailbox(&sys.Counters), idOf: idOf, figures: new(roomFigures)}
}

func (r *roster[M]) key() RoomKey      { return r.name }
func (r *roster[M]) mailbox() *mailbox { return r.mb }

func (r *roster[M]) seen() *roomFigures { return r.figures }

// add takes a member in, who must not be one yet. Members that were found before may have moved.
func (r *roster[M]) add(m M) {
	r.list = append(r.list, m)
	r.figures.members.Add(1)
	last := len(r.list) - 1
	switch {
	case r.index != nil:
		r.index[r.idOf(&r.list[last])] = int32(last)
	case len(r.list) > indexAbove:
		r.index = make(map[codec.ID]int32, 2*len(r.list))
		for i := range r.list {
			r.index[r.idOf(&r.list[i])] = int32(i)
		}
	}
}

func (r *roster[M]) position(id codec.ID) (int, bool) {
	if r.index != nil {
		i, ok := r.index[id]
		return int(i), ok
	}
	for i := range r.list {
		if r.idOf(&r.list[i]) == id {
			return i, true
		}
	}
	return 0, false
}

// find returns a member, who stays where it is until members come or go.
func (r *roster[M]) find(id codec.ID) (*M, bool) {
	i, ok := r.position(id)
	if !ok {
		return nil, false
	}
	return &r.list[i], true
}

// remove takes a member out; the last one takes its place.
func (r *roster[M]) remove(id codec.ID) (m M, ok bool) {
	i, ok := r.position(id)
	if !ok {
		return m, false
	}
	m = r.list[i]
	r.figures.members.Add(-1)
	last := len(r.list) - 1
	if r.index != nil {
		delete(r.index, id)
		if i != last {
			r.index[r.idOf(&r.list[last])] = int32(i)
		}
		if last <= indexBelow {
			r.index = nil
		}
	}
	var none M
	r.list[i], r.list[last] = r.list[last], none
	r.list = r.list[:last]
	switch {
	case last == 0:
		r.list = nil
	case cap(r.list) > 64 && last < cap(r.list)/4:
		r.list = append(make([]M, 0, last*2), r.list...)
	}
	return m, true
}

// emptied tells the directory when nobody is left.
func (r *roster[M]) emptied(keep bool) {
	if len(r.list) == 0 {
		r.sys.sendTo(r.dir, &roomEmpty{key: r.name, joins: r.joins, keep: keep})
	}
}
