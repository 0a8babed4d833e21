package actors

import (
	"sync"
	"sync/atomic"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// maxRuledRooms bounds the rooms that have rules.
const maxRuledRooms = 10_000

// guards keep rooms to their rules and names unique. Sessions ask when they take a name and when they enter or leave
// a room, which is seldom, so one lock is enough; while there is nothing to keep nobody takes it.
type guards struct {
	unique UniqueNames
	active atomic.Bool // unique is set or there are rules

	mu    sync.Mutex
	names map[claim]codec.ID // who has a name
	rooms map[string]*ruledRoom
}

// claim is where a name is to be unique.
type claim struct {
	room string // empty where the scope is the server
	name string // folded
}

type ruledRoom struct {
	RoomRules
	members map[codec.ID]struct{}
	left    map[codec.ID]struct{} // who has left while members is being filled; nil when it is full
}

// obstacle is why a client may not take a name or enter a room.
type obstacle struct {
	status  cl4.Status
	details string
}

func (g *guards) init(u UniqueNames) {
	g.unique = u
	g.names, g.rooms = make(map[claim]codec.ID), make(map[string]*ruledRoom)
	g.active.Store(u != NamesFree)
}

// claims are what a client takes with a name in rooms.
func (g *guards) claims(folded string, rooms []string) []claim {
	switch g.unique {
	case NamesUniqueOnServer:
		return []claim{{name: folded}}
	case NamesUniqueInRoom:
		all := make([]claim, len(rooms))
		for i, room := range rooms {
			all[i] = claim{room, folded}
		}
		return all
	}
	return nil
}

// take gives a client its name in rooms, or says where another has it. Nothing is taken then.
func (g *guards) take(id codec.ID, folded string, rooms []string) *obstacle {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.takeLocked(id, folded, rooms)
}

func (g *guards) takeLocked(id codec.ID, folded string, rooms []string) *obstacle {
	all := g.claims(folded, rooms)
	for _, c := range all {
		if other, taken := g.names[c]; taken && other != id {
			where := "on this server"
			if g.unique == NamesUniqueInRoom {
				where = "in the room " + c.room
			}
			return &obstacle{cl4.StatusIDConflict, "The name is in use " + where + "."}
		}
	}
	for _, c := range all {
		g.names[c] = id
	}
	return nil
}

// enter lets a named client into rooms that it is not in, or says what is against it. Nothing is changed then.
func (g *guards) enter(id codec.ID, folded string, rooms []string) *obstacle {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, room := range rooms {
		r := g.rooms[room]
		switch {
		case r == nil:
		case r.Locked:
			return &obstacle{cl4.StatusRefused, "The room " + room + " is locked."}
		case r.MaxClients > 0 && !r.has(id) && len(r.members) >= r.MaxClients:
			return &obstacle{cl4.StatusRefused, "The room " + room + " is full."}
		}
	}
	if o := g.takeLocked(id, folded, rooms); o != nil {
		return o
	}
	for _, room := range rooms {
		if r := g.rooms[room]; r != nil {
			r.members[id] = struct{}{}
		}
	}
	return nil
}

func (r *ruledRoom) has(id codec.ID) bool {
	_, ok := r.members[id]
	return ok
}

// entered takes note of a session in a room, however it came in: a plugin may have put it there, past all rules.
func (m *moderation) entered(s *session, room string) {
	g := &m.guards
	if m.rules == nil || !g.active.Load() || s.protocol != CL4 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if r := g.rooms[room]; r != nil {
		r.members[s.ref.ID] = struct{}{}
	}
	if s.user.Named {
		_ = g.takeLocked(s.ref.ID, m.rules.Fold(s.user.Username), []string{room})
	}
}

// named takes note of a session that has a name, however it came by it: a plugin may have given it one that is taken.
func (m *moderation) named(s *session) {
	if m.rules != nil && m.guards.unique != NamesFree {
		_ = m.guards.take(s.ref.ID, m.rules.Fold(s.user.Username), s.Rooms())
	}
}

// left takes note of a session that is not in a room any more.
func (m *moderation) left(s *session, room string) {
	g := &m.guards
	if m.rules == nil || !g.active.Load() || s.protocol != CL4 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if r := g.rooms[room]; r != nil {
		delete(r.members, s.ref.ID)
		if r.left != nil {
			r.left[s.ref.ID] = struct{}{}
		}
	}
	if g.unique == NamesUniqueInRoom {
		g.release(s, m.rules, room)
	}
}

// gone takes note of a session that has ended, before it forgets its rooms.
func (m *moderation) gone(s *session) {
	if m.rules == nil || !m.guards.active.Load() || s.protocol != CL4 {
		return
	}
	for _, r := range s.rooms {
		m.left(s, r.name)
	}
	if m.guards.unique == NamesUniqueOnServer {
		m.guards.mu.Lock()
		defer m.guards.mu.Unlock()
		m.guards.release(s, m.rules, "")
	}
}

func (g *guards) release(s *session, rules Moderator, room string) {
	if !s.user.Named {
		return
	}
	c := claim{room, rules.Fold(s.user.Username)}
	if g.names[c] == s.ref.ID {
		delete(g.names, c)
	}
}

// rule changes the rules of a room. It returns the room when its members are not known yet.
func (g *guards) rule(room string, rules RoomRules) (*ruledRoom, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.rooms[room]
	switch {
	case rules == (RoomRules{}):
		delete(g.rooms, room)
		g.active.Store(g.unique != NamesFree || len(g.rooms) > 0)
		return nil, nil
	case r != nil:
		r.RoomRules = rules
		return nil, nil
	case len(g.rooms) >= maxRuledRooms:
		return nil, ErrManyRules
	}
	r = &ruledRoom{RoomRules: rules, members: make(map[codec.ID]struct{}), left: make(map[codec.ID]struct{})}
	g.rooms[room] = r
	g.active.Store(true)
	return r, nil
}

// fill adds the members from before there were rules.
func (g *guards) fill(r *ruledRoom, members []Member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range members {
		id := m.Client.s.ref.ID
		if _, left := r.left[id]; !left {
			r.members[id] = struct{}{}
		}
	}
	r.left = nil
}
