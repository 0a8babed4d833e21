package actors

import (
	"errors"
	"fmt"

	"github.com/skeinhq/skein/protocol/cl4"
)

// RoomRules are what an operator says about a CL4 room. They belong to its name, and stay until they are changed,
// whether anybody is in the room or not. The zero value means no rules.
type RoomRules struct {
	// Locked lets nobody in who is not in it.
	Locked bool `json:"locked"`
	// MaxClients bounds the members that link makes. Zero value means no limit.
	MaxClients int `json:"max_clients"`
	// MOTD is sent to clients that link to the room. Empty means nothing.
	MOTD string `json:"motd"`
}

// Errors of Rooms.SetRules.
var (
	ErrManyRules   = errors.New("too many rooms have rules")
	ErrDefaultRoom = errors.New("everybody starts in the default room: it can be neither locked nor limited nor deleted")
)

// Rules returns the rules of a CL4 room.
func (l Rooms) Rules(room string) RoomRules {
	g := &l.sys.moderation.guards
	g.mu.Lock()
	defer g.mu.Unlock()
	if r := g.rooms[room]; r != nil && l.protocol == CL4 {
		return r.RoomRules
	}
	return RoomRules{}
}

// SetRules changes the rules of a CL4 room, which need not exist, for clients that link from now on. The default room
// may have a MOTD only.
func (l Rooms) SetRules(room string, rules RoomRules) error {
	switch {
	case l.protocol != CL4:
		return ErrRoomUnsupportedProtocol
	case rules.MaxClients < 0:
		return fmt.Errorf("a room for %d clients", rules.MaxClients)
	case room == cl4.DefaultRoom && (rules.Locked || rules.MaxClients > 0):
		return ErrDefaultRoom
	}
	r, err := l.sys.moderation.guards.rule(room, rules)
	if r == nil {
		return err
	}
	// Whoever enters or leaves from here on is seen. The members from before are those that the room knows, but it
	// must not be asked with the lock held, which sessions wait for.
	members, err := l.Members(room)
	if err != nil && !errors.Is(err, ErrRoomDoesNotExist) && !errors.Is(err, ErrNotStarted) {
		return err
	}
	l.sys.moderation.guards.fill(r, members)
	return nil
}

// Close ends a CL4 room: its members leave it, into the default room where they are in no other, and its rules and
// its being kept without members end. It returns how many members there were. Nobody can link to it meanwhile.
func (l Rooms) Close(room string) (members int, err error) {
	switch {
	case l.protocol != CL4:
		return 0, ErrRoomUnsupportedProtocol
	case room == cl4.DefaultRoom:
		return 0, ErrDefaultRoom
	}
	existed := l.Rules(room) != (RoomRules{})
	if err := l.SetRules(room, RoomRules{Locked: true}); err != nil {
		return 0, err
	}
	present, err := l.Members(room)
	for _, m := range present {
		m.Client.s.do(func(s *session) { s.removeFrom(room) })
	}
	key := l.key(room)
	forced := l.command(key, func(reply chan<- error) any { return &deleteRoom{key: key, force: true, reply: reply} })
	err = errors.Join(l.SetRules(room, RoomRules{}), ignore(ErrRoomDoesNotExist, err), ignore(ErrRoomDoesNotExist, forced))
	if err == nil && forced != nil && !existed {
		err = forced
	}
	return len(present), err
}

// removeFrom ends a membership by order of an operator.
func (s *session) removeFrom(room string) {
	if s.closing || s.membership(room) == nil {
		return
	}
	s.Leave(room)
	if len(s.rooms) == 0 {
		s.Join(cl4.DefaultRoom)
	}
}

// ignore returns err unless it is of a kind that does not matter.
func ignore(kind, err error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return err
}
