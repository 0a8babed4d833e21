package actors

import (
	"errors"
	"hash/maphash"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// roomGrace is how long the actor of an empty room lives on. Whoever comes back within it saves a spawn, and
// whatever was on its way to the room has long arrived when it stops.
const roomGrace = time.Second

// directory finds rooms by name and creates and stops them. It is spread over shards, each an actor; every join goes
// through it, so that a room cannot be stopped while somebody is on the way in.
type directory struct {
	sys    *System
	shards []*actor.PID
	seed   maphash.Seed
}

func (d *directory) shard(key RoomKey) *actor.PID {
	if len(d.shards) == 0 {
		return nil
	}
	return d.shards[(maphash.String(d.seed, key.Name)+uint64(key.Protocol))%uint64(len(d.shards))]
}

func (d *directory) join(j *join) { d.sys.sendTo(d.shard(j.key), j) }

func (d *directory) leavePending(ref *Ref, key RoomKey) {
	d.sys.sendTo(d.shard(key), &leavePending{from: ref, key: key})
}

// directoryShard is what one shard knows. It outlives the actor, which can fail and be restarted.
type directoryShard struct {
	sys   *System
	group *actor.PID // the parent of its rooms
	rooms map[RoomKey]*entry
}

// entry is one room.
type entry struct {
	state   room
	pid     *actor.PID  // nil while it is being spawned
	waiting []any       // for the room, until it is spawned
	asking  []*findRoom // plugins that wait for its pid
	joins   uint64      // sent to the room
	empty   bool        // nobody is in it and nobody is on the way
	kept    bool        // a plugin has created it
	expires time.Time   // when it is stopped if it is still empty
}

// directoryActor is the actor of a shard.
type directoryActor struct{ *directoryShard }

// Receive implements actor.Actor.
func (a directoryActor) Receive(ctx actor.Context) {
	msg := ctx.Message()
	defer a.sys.failing(&a.sys.Counters.RegistryPanics, directoryFailed, ctx.Self().Id, msg)
	switch m := msg.(type) {
	case *join:
		a.onJoin(ctx, m)
	case *leavePending:
		if e := a.rooms[m.key]; e != nil {
			a.forward(e, &leave{from: m.from})
		}
	case *roomUp:
		a.onRoomUp(m)
	case *roomEmpty:
		a.onRoomEmpty(m)
	case sweep:
		a.onSweep(ctx)
	case *findRoom:
		a.onFind(m)
	case *createRoom:
		m.reply <- a.onCreate(ctx, m.key)
	case *deleteRoom:
		m.reply <- a.onDelete(m)
	case *listRooms:
		keys := make([]RoomKey, 0, len(a.rooms))
		for key, e := range a.rooms {
			if !e.empty || e.kept {
				keys = append(keys, key)
			}
		}
		m.reply <- keys
	case *roomsWanted:
		m.reply <- a.figures(m.protocol)
	case *figuresWanted:
		m.reply <- a.figuresOf(m.key)
	case *reachRoom:
		a.onReach(ctx, m)
	case *crash:
		panic("injected panic")
	case actor.SystemMessage, actor.AutoReceiveMessage:
	default:
		a.sys.Counters.UnknownMessages.Add(1)
	}
}

func (a *directoryShard) onJoin(ctx actor.Context, j *join) {
	e := a.rooms[j.key]
	if e == nil {
		why, ok := a.sys.admitRoom(j.key.Protocol)
		if !ok && !a.evict(j.key.Protocol) {
			j.from.post(&joined{room: j.key.Name, why: why})
			return
		}
		e = a.spawn(ctx, j.key)
	}
	e.joins++
	e.empty = false
	a.forward(e, j)
}

// maxEvictionLooks bounds how many rooms are looked at for one that can make room for another.
const maxEvictionLooks = 64

// evict stops a Scratch room without members whose variables are on disk, if it comes upon one soon: those that stay in
// memory only because somebody may come back keep nobody out.
func (a *directoryShard) evict(p Protocol) bool {
	if p != Scratch || a.sys.journal == nil {
		return false
	}
	looks := 0
	for key, e := range a.rooms { // in no order
		if key.Protocol == p && e.empty && !e.kept && e.pid != nil && !e.state.unsaved() {
			a.stop(key, e)
			return true
		}
		if looks++; looks == maxEvictionLooks {
			break
		}
	}
	return false
}

// forward sends a message to a room, as soon as there is one.
func (a *directoryShard) forward(e *entry, msg any) {
	if e.pid == nil {
		e.waiting = append(e.waiting, msg)
		return
	}
	a.sys.sendTo(e.pid, msg)
}

func (a *directoryShard) spawn(ctx actor.Context, key RoomKey) *entry {
	e := &entry{state: a.sys.newRoom(key, ctx.Self())}
	a.rooms[key] = e
	a.sys.Counters.rooms(key.Protocol).Add(1)
	a.sys.sendTo(a.group, &openRoom{state: e.state, dir: ctx.Self()})
	return e
}

func (a *directoryShard) onRoomUp(m *roomUp) {
	e := a.rooms[m.key]
	e.pid = m.pid
	for _, msg := range e.waiting {
		a.sys.sendTo(m.pid, msg)
	}
	e.waiting = nil
	for _, f := range e.asking {
		f.reply <- e.pid
	}
	e.asking = nil
}

// onFind answers as soon as the room has been spawned.
func (a *directoryShard) onFind(m *findRoom) {
	e := a.rooms[m.key]
	switch {
	case e == nil || e.empty && !e.kept:
		m.reply <- nil
	case e.pid == nil:
		e.asking = append(e.asking, m)
	default:
		m.reply <- e.pid
	}
}

// onRoomEmpty marks a room for the sweep, unless somebody was sent to it meanwhile.
func (a *directoryShard) onRoomEmpty(m *roomEmpty) {
	e := a.rooms[m.key]
	if e == nil || e.joins != m.joins {
		return
	}
	e.empty = true
	e.expires = a.sys.now().Add(roomGrace)
	if m.keep {
		e.expires = a.sys.now().Add(a.sys.emptyRoomTTL())
	}
}

func (a *directoryShard) onSweep(ctx actor.Context) {
	now := a.sys.now()
	for key, e := range a.rooms {
		if e.empty && !e.kept && e.pid != nil && now.After(e.expires) && !e.state.unsaved() {
			a.stop(key, e)
		}
	}
}

// stop ends a room whose mailbox holds nothing that anybody waits for.
func (a *directoryShard) stop(key RoomKey, e *entry) {
	delete(a.rooms, key)
	a.sys.Counters.rooms(key.Protocol).Add(-1)
	a.sys.root.Poison(e.pid)
}

func (a *directoryShard) onCreate(ctx actor.Context, key RoomKey) error {
	e := a.rooms[key]
	if e != nil && (!e.empty || e.kept) {
		return ErrRoomAlreadyExists
	}
	if e == nil {
		if _, ok := a.sys.admitRoom(key.Protocol); !ok {
			return errors.New("too many rooms")
		}
		e = a.spawn(ctx, key)
		e.empty = true
	}
	e.kept = true
	return nil
}

func (a *directoryShard) onDelete(m *deleteRoom) error {
	e := a.rooms[m.key]
	switch {
	case e == nil || e.empty && !e.kept:
		return ErrRoomDoesNotExist
	case !e.empty && !m.force:
		return ErrRoomNotEmpty
	}
	e.kept = false
	e.expires = a.sys.now().Add(roomGrace)
	return nil
}
