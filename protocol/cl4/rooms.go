package cl4

import (
	"github.com/mailru/easyjson"

	"github.com/skeinhq/skein/codec"
	wire "github.com/skeinhq/skein/codec/cl4"
)

// Joined tells which rooms a client is in. Session implements it.
type Joined interface {
	// Rooms returns all of them.
	Rooms() []string
	// RoomBuffer returns an empty slice to collect rooms in.
	RoomBuffer() []string
	// Joined looks one up and returns its name in a form that may be kept.
	Joined(room string) (string, bool)
}

// GatherRooms returns the rooms that a message names, each once, or the answer for one that cannot be carried out.
// Without the key these are all rooms that the sender has joined.
func GatherRooms(s Joined, m *Message) ([]string, *StatusPacket) {
	switch m.Rooms.Kind() {
	case codec.KindAbsent:
		return s.Rooms(), nil
	case codec.KindString:
		name, _ := m.Rooms.Str()
		if room, joined := s.Joined(name); joined {
			return append(s.RoomBuffer(), room), nil
		}
		return nil, notJoined(name, m)
	case codec.KindArray:
		return gatherList(s, m)
	}
	return nil, &StatusPacket{Status: StatusDatatype, Details: Text("rooms must be the name of a room or a list of them."), Listener: m.Listener}
}

func gatherList(s Joined, m *Message) ([]string, *StatusPacket) {
	elements, err := list(m.Rooms)
	if err != nil {
		return nil, &StatusPacket{Status: StatusDatatype, Details: Text(err.Error()), Listener: m.Listener}
	}
	// Types come before membership, for all elements, so that the answer does not depend on their order.
	for _, e := range elements {
		if !scalarKinds.has(e.Kind()) {
			return nil, &StatusPacket{Status: StatusDatatype, Details: Text("rooms must hold names of rooms only."), Listener: m.Listener}
		}
	}
	rooms := s.RoomBuffer()
	seen := make(map[string]struct{}, min(len(elements), 64))
	for _, e := range elements {
		name, ok := e.Str()
		if !ok {
			return nil, notJoined(string(e), m) // a number or boolean is nobody's room
		}
		room, joined := s.Joined(name)
		if !joined {
			return nil, notJoined(name, m)
		}
		if _, twice := seen[room]; !twice {
			seen[room] = struct{}{}
			rooms = append(rooms, room)
		}
	}
	return rooms, nil
}

func notJoined(room string, m *Message) *StatusPacket {
	return &StatusPacket{
		Status:   StatusRoomNotJoined,
		Details:  Text("Attempted to access room " + room + " while not joined."),
		Listener: m.Listener,
	}
}

// roomNames reads the `val` of link and unlink: a name or an array of names, each once.
func roomNames(val codec.Raw) ([]string, bool) {
	if name, ok := val.Str(); ok {
		return []string{clone(name)}, true
	}
	if val.Kind() != codec.KindArray {
		return nil, false
	}
	elements, err := list(val)
	if err != nil {
		return nil, false
	}
	names := make([]string, 0, len(elements))
	seen := make(map[string]struct{}, min(len(elements), 64))
	for _, e := range elements {
		name, ok := e.Str()
		if !ok {
			return nil, false
		}
		if _, twice := seen[name]; !twice {
			name = clone(name)
			seen[name] = struct{}{}
			names = append(names, name)
		}
	}
	return names, true
}

// list reads the elements of an array.
func list(array codec.Raw) (wire.List, error) {
	var l wire.List
	err := easyjson.Unmarshal(array, &l)
	return l, err
}
