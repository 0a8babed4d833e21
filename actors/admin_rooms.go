package actors

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/protocol/scratch"
)

// roomFigures are what a room tells operators of itself without being asked, so that a list of all rooms disturbs none
// of them.
type roomFigures struct {
	members   atomic.Int64
	messages  atomic.Uint64
	variables atomic.Int64
}

// RoomFigures is one room in a list.
type RoomFigures struct {
	Key     RoomKey
	Members int
	// Messages is what the room has fanned out or, of Scratch, the changes of variables, since it was opened.
	Messages uint64
	// Variables is the number of cloud variables.
	Variables int
	// Waiting is the number of messages in its mailbox.
	Waiting int
}

// Messages of operators to directory and rooms.
type (
	// roomsWanted: operator to directory. The rooms of a protocol that have members or variables, or were created.
	roomsWanted struct {
		protocol Protocol
		reply    chan<- []RoomFigures
	}
	// membersWanted: operator to room. At most so many members.
	membersWanted struct {
		most  int
		reply chan<- []*Client
	}
	// announce: operator to CL4 room. A frame for all members; their number is the answer.
	announce struct {
		frame *codec.Frame
		reply chan<- int
	}
)

func (m *membersWanted) undelivered() { close(m.reply) }
func (a *announce) undelivered()      { close(a.reply) }

// Figures returns all rooms in no order. Each shard of the directory makes its part in one go, and the rooms are not
// asked.
func (l Rooms) Figures() []RoomFigures {
	var all []RoomFigures
	for _, shard := range l.sys.directory.shards {
		part, _ := ask(l.sys, shard, func(reply chan<- []RoomFigures) any {
			return &roomsWanted{protocol: l.protocol, reply: reply}
		})
		all = append(all, part...)
	}
	return all
}

func (a *directoryShard) figures(p Protocol) []RoomFigures {
	out := make([]RoomFigures, 0, len(a.rooms))
	for key, e := range a.rooms {
		if key.Protocol != p {
			continue
		}
		r := e.told(key)
		if !e.empty || e.kept || r.Variables > 0 {
			out = append(out, r)
		}
	}
	return out
}

func someMembers[M any](list []M, most int, ref func(*M) *Ref) []*Client {
	out := make([]*Client, min(most, len(list)))
	for i := range out {
		out[i] = &ref(&list[i]).client
	}
	return out
}

// Announce sends a message of the server to the members of a CL4 room, as one of them sends a gmsg, or a gvar where
// name is given. It returns how many they are.
func (l Rooms) Announce(room string, name, val codec.Raw) (int, error) {
	if l.protocol != CL4 {
		return 0, ErrRoomUnsupportedProtocol
	}
	pid, err := l.find(room)
	if err != nil {
		return 0, err
	}
	frame := cl4.Broadcast(announcement(name), name, val, room, nil)
	return ask(l.sys, pid, func(reply chan<- int) any { return &announce{frame: frame, reply: reply} })
}

func announcement(name codec.Raw) string {
	if name != nil {
		return "gvar"
	}
	return "gmsg"
}

// Announce sends a message of the server to every CL4 client, as if it came from the default room. It is encoded once.
// It returns how many they are.
func (s *System) Announce(name, val codec.Raw) int {
	frame := cl4.Broadcast(announcement(name), name, val, cl4.DefaultRoom, nil)
	n := 0
	for _, c := range s.Clients().All() {
		if c.Protocol() == CL4 {
			c.SendFrame(frame)
			n++
		}
	}
	return n
}

// reachRoom: operator to directory. The room, also when nobody is in it as long as it keeps its variables; it is loaded
// where there is storage, which may turn out to have nothing of it.
type reachRoom struct {
	key   RoomKey
	reply chan<- *actor.PID
}

// reach finds a room like find, and those that only keep their variables too.
func (l Rooms) reach(room string) (*actor.PID, error) {
	key := l.key(room)
	pid, err := ask(l.sys, l.sys.directory.shard(key), func(reply chan<- *actor.PID) any {
		return &reachRoom{key: key, reply: reply}
	})
	switch {
	case err != nil:
		return nil, err
	case pid == nil:
		return nil, fmt.Errorf("%w: %s", ErrRoomDoesNotExist, room)
	}
	return pid, nil
}

// reachGrace is how long a room stays in memory that was loaded for an operator alone.
const reachGrace = 10 * time.Second

func (a *directoryShard) onReach(ctx actor.Context, m *reachRoom) {
	e := a.rooms[m.key]
	onDisk := m.key.Protocol == Scratch && a.sys.journal != nil
	if e == nil && onDisk {
		if _, ok := a.sys.admitRoom(Scratch); ok {
			e = a.spawn(ctx, m.key)
			e.empty, e.expires = true, a.sys.now().Add(reachGrace)
		}
	}
	find := &findRoom{key: m.key, reply: m.reply}
	switch {
	case e == nil || !onDisk && e.empty && !e.kept && e.state.seen().variables.Load() == 0:
		m.reply <- nil
	case e.pid == nil:
		e.asking = append(e.asking, find)
	default:
		m.reply <- e.pid
	}
}

// RoomDetail is one room as it is now.
type RoomDetail struct {
	RoomFigures
	// First are some of the members.
	First []*Client
	// List are the cloud variables, in the order of their creation.
	List []scratch.Variable
}

// Detail returns one room with at most so many of its members.
func (l Rooms) Detail(room string, most int) (d RoomDetail, err error) {
	pid, err := l.reach(room)
	if err != nil {
		return d, err
	}
	d.First, err = ask(l.sys, pid, func(reply chan<- []*Client) any { return &membersWanted{most: most, reply: reply} })
	if err != nil {
		return d, err
	}
	if l.protocol == Scratch {
		d.List, err = ask(l.sys, pid, func(reply chan<- []scratch.Variable) any { return &variablesWanted{reply: reply} })
		if err == nil && len(d.First) == 0 && len(d.List) == 0 && !l.Exists(room) {
			err = fmt.Errorf("%w: %s", ErrRoomDoesNotExist, room)
		}
		if err != nil {
			return d, err
		}
	}
	key := l.key(room)
	d.RoomFigures, err = ask(l.sys, l.sys.directory.shard(key), func(reply chan<- RoomFigures) any {
		return &figuresWanted{key: key, reply: reply}
	})
	return d, err
}

// figuresWanted: operator to directory. The figures of one room; the zero value where there is none.
type figuresWanted struct {
	key   RoomKey
	reply chan<- RoomFigures
}

func (a *directoryShard) figuresOf(key RoomKey) RoomFigures {
	if e := a.rooms[key]; e != nil {
		return e.told(key)
	}
	return RoomFigures{Key: key}
}

func (e *entry) told(key RoomKey) RoomFigures {
	f := e.state.seen()
	return RoomFigures{
		Key: key, Members: int(f.members.Load()), Messages: f.messages.Load(), Variables: int(f.variables.Load()),
		Waiting: e.state.mailbox().UserMessageCount(),
	}
}
