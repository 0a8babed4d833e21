package actors

import (
	"sync/atomic"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
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
		f := e.state.seen()
		r := RoomFigures{
			Key: key, Members: int(f.members.Load()), Messages: f.messages.Load(), Variables: int(f.variables.Load()),
			Waiting: e.state.mailbox().UserMessageCount(),
		}
		if !e.empty || e.kept || r.Variables > 0 {
			out = append(out, r)
		}
	}
	return out
}

// SomeMembers returns at most so many members of a room.
func (l Rooms) SomeMembers(room string, most int) ([]*Client, error) {
	pid, err := l.find(room)
	if err != nil {
		return nil, err
	}
	return ask(l.sys, pid, func(reply chan<- []*Client) any { return &membersWanted{most: most, reply: reply} })
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
