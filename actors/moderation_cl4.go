package actors

import (
	"slices"

	"github.com/skeinhq/skein/protocol/cl4"
)

// moderated puts rules for names and rooms in front of the commands that give a name or change rooms.
func (m *moderation) moderated(table map[string]*command) {
	if m.rules == nil {
		return
	}
	for name, before := range map[string]func(*session, *cl4.Message) *obstacle{
		"setid": m.beforeSetID, "link": m.beforeLink, "unlink": m.beforeUnlink,
	} {
		run := table[name].run
		table[name].run = func(cs cl4.Session, msg *cl4.Message) {
			s := cs.(*session)
			if o := before(s, msg); o != nil {
				p := cl4.StatusPacket{Status: o.status, Details: cl4.Text(o.details)}
				m.sys.Counters.refused(p.Status)
				cl4.Answer(cs, msg, p)
				return
			}
			run(moderatedSession{s}, msg)
		}
	}
}

// moderatedSession adds to a session what rooms have to say to newcomers.
type moderatedSession struct{ *session }

// Join implements cl4.Session.
func (s moderatedSession) Join(room string) {
	joined := s.membership(room) != nil
	s.session.Join(room)
	if motd := s.sys.moderation.motd(room); motd != "" && !joined {
		s.Reply(cl4.RoomMOTD(room, motd))
	}
}

func (m *moderation) motd(room string) string {
	g := &m.guards
	if !g.active.Load() {
		return ""
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if r := g.rooms[room]; r != nil {
		return r.MOTD
	}
	return ""
}

// SetUsername implements cl4.Session. A name that was banned while the client took it is seen here, or by Expel.
func (s moderatedSession) SetUsername(name string) {
	s.session.SetUsername(name)
	if why, refused := s.sys.moderation.rules.RefuseName(name); refused {
		s.close("", s.nameCode(), why)
	}
}

func (m *moderation) beforeSetID(s *session, msg *cl4.Message) *obstacle {
	if s.user.Named {
		return nil // E:107
	}
	name := cl4.Username(msg.Val)
	if why, refused := m.rules.RefuseName(name); refused {
		return &obstacle{cl4.StatusRefused, why}
	}
	if m.guards.unique == NamesFree {
		return nil
	}
	return m.guards.take(s.ref.ID, m.rules.Fold(name), s.Rooms())
}

func (m *moderation) beforeLink(s *session, msg *cl4.Message) *obstacle {
	names, ok := m.roomsOf(s, msg)
	if !ok {
		return nil
	}
	if max := s.Config().MaxRooms; max > 0 && len(s.rooms)+len(names) > max {
		return nil // E:113
	}
	return m.enter(s, names)
}

// beforeUnlink sees to it that a client that leaves its last room may be back in the default room.
func (m *moderation) beforeUnlink(s *session, msg *cl4.Message) *obstacle {
	if m.guards.unique != NamesUniqueInRoom {
		return nil
	}
	names, ok := m.roomsOf(s, msg)
	if !ok {
		return nil
	}
	text, isText := msg.Val.Str()
	all := isText && text == ""
	for _, r := range s.rooms {
		if !all && !slices.Contains(names, r.name) {
			return nil
		}
	}
	return m.enter(s, []string{cl4.DefaultRoom})
}

// roomsOf returns the rooms that a message names, where there is anything to look at.
func (m *moderation) roomsOf(s *session, msg *cl4.Message) (names []string, ok bool) {
	if !m.guards.active.Load() {
		return nil, false
	}
	return cl4.RoomNames(msg.Val)
}

// enter asks for all rooms of a list that the client is not in.
func (m *moderation) enter(s *session, names []string) *obstacle {
	names = slices.DeleteFunc(names, func(name string) bool { return s.membership(name) != nil })
	return m.guards.enter(s.ref.ID, m.rules.Fold(s.user.Username), names)
}
