package actors

import (
	"fmt"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// Rooms is the list of rooms of one protocol. Its methods ask the directory or a room and wait for the answer, which
// never takes long; they may be called from handlers.
type Rooms struct {
	sys      *System
	protocol Protocol
}

// Rooms returns the rooms of a protocol.
func (s *System) Rooms(p Protocol) Rooms { return Rooms{s, p} }

// Member is one member of a room.
type Member struct {
	Client   *Client
	Username string
	Named    bool
}

// RoomVars are two maps of a room that plugins may use as they like. They go with the last member.
type RoomVars struct {
	Global, Private map[string]any
}

func (l Rooms) key(room string) RoomKey { return RoomKey{Protocol: l.protocol, Name: room} }

func (l Rooms) find(room string) (*actor.PID, error) {
	key := l.key(room)
	pid, err := ask(l.sys, l.sys.directory.shard(key), func(reply chan<- *actor.PID) any {
		return &findRoom{key: key, reply: reply}
	})
	if err != nil {
		return nil, err
	}
	if pid == nil {
		return nil, fmt.Errorf("%w: %s", ErrRoomDoesNotExist, room)
	}
	return pid, nil
}

// Exists tells whether a room has members or was created.
func (l Rooms) Exists(room string) bool {
	_, err := l.find(room)
	return err == nil
}

// Names returns the names of all rooms.
func (l Rooms) Names() []string {
	var names []string
	for _, shard := range l.sys.directory.shards {
		keys, _ := ask(l.sys, shard, func(reply chan<- []RoomKey) any { return &listRooms{reply: reply} })
		for _, k := range keys {
			if k.Protocol == l.protocol {
				names = append(names, k.Name)
			}
		}
	}
	return names
}

// Create makes a room that exists without members, until Delete.
func (l Rooms) Create(room string) error {
	key := l.key(room)
	return l.command(key, func(reply chan<- error) any { return &createRoom{key: key, reply: reply} })
}

// Delete ends a room without members.
func (l Rooms) Delete(room string) error {
	key := l.key(room)
	return l.command(key, func(reply chan<- error) any { return &deleteRoom{key: key, reply: reply} })
}

func (l Rooms) command(key RoomKey, msg func(chan<- error) any) error {
	failed, err := ask(l.sys, l.sys.directory.shard(key), msg)
	if err != nil {
		return err
	}
	return failed
}

// Subscribe makes a client a member of a room. Doing it twice does nothing.
func (l Rooms) Subscribe(c *Client, room string) error {
	if l.protocol != CL4 || c.Protocol() != l.protocol {
		return ErrRoomUnsupportedProtocol
	}
	return c.Join(room)
}

// Unsubscribe ends a membership.
func (l Rooms) Unsubscribe(c *Client, room string) error {
	if l.protocol != CL4 || c.Protocol() != l.protocol {
		return ErrRoomUnsupportedProtocol
	}
	return c.Leave(room)
}

// Members returns the members of a room.
func (l Rooms) Members(room string) ([]Member, error) {
	pid, err := l.find(room)
	if err != nil {
		return nil, err
	}
	return ask(l.sys, pid, func(reply chan<- []Member) any { return &members{reply: reply} })
}

// All returns the clients that are in any of the rooms, each once. Rooms that do not exist are passed over.
func (l Rooms) All(rooms ...string) []*Client {
	var all []*Client
	seen := make(map[*Client]struct{})
	for _, room := range rooms {
		ms, _ := l.Members(room)
		for _, m := range ms {
			if _, twice := seen[m.Client]; !twice {
				seen[m.Client] = struct{}{}
				all = append(all, m.Client)
			}
		}
	}
	return all
}

// Find returns the members of a room that an id, uuid or username means.
func (l Rooms) Find(room, key string) ([]*Client, error) {
	ms, err := l.Members(room)
	if err != nil {
		return nil, err
	}
	id, isID := codec.ParseID(key)
	var named []*Client
	for _, m := range ms {
		if isID && m.Client.s.ref.ID == id {
			return []*Client{m.Client}, nil
		}
		if m.Named && m.Username == key {
			named = append(named, m.Client)
		}
	}
	if named == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoResultsFound, key)
	}
	return named, nil
}

// UserList returns the user objects of all members with a name.
func (l Rooms) UserList(room string) ([]codec.Raw, error) {
	ms, err := l.Members(room)
	if err != nil {
		return nil, err
	}
	objects := []codec.Raw{}
	for _, m := range ms {
		if m.Named {
			objects = append(objects, cl4.User{ID: m.Client.s.ref.ID, Username: m.Username, Named: true}.Object())
		}
	}
	return objects, nil
}

// Vars runs use on the room's actor, where nothing else happens to the room meanwhile. use must not block, nor call
// methods of Rooms. Its panic is returned as an error.
func (l Rooms) Vars(room string, use func(*RoomVars)) error {
	pid, err := l.find(room)
	if err != nil {
		return err
	}
	failed := fmt.Errorf("%w: %s", ErrRoomDoesNotExist, room) // unless the room gets to it
	done := make(chan struct{})
	l.sys.sendTo(pid, &vars{use: func(v *RoomVars) {
		defer func() {
			failed = nil
			if reason := recover(); reason != nil {
				l.sys.Counters.HandlerPanics.Add(1)
				failed = fmt.Errorf("using the variables of room %s: %v", room, reason)
			}
		}()
		if v.Global == nil {
			v.Global, v.Private = make(map[string]any), make(map[string]any)
		}
		use(v)
	}, done: done})
	select {
	case <-done:
		return failed
	case <-l.sys.done:
		return ErrStopped
	}
}
