package scratch

import (
	"strings"

	"github.com/skeinhq/skein/codec"
)

// receiveTurboWarp does what TurboWarp's cloud-server does with a text message.
func (s *Session) receiveTurboWarp(p *packet, problem problem) Decision {
	if problem != wellFormed {
		return closeWith(CodeProtocolError)
	}
	method, ok := textOf(p.method())
	if !ok {
		return closeWith(CodeProtocolError)
	}
	if s.state == unidentified {
		s.state = identified
	}
	switch string(method) {
	case "handshake":
		if s.state == joined {
			return closeWith(CodeProtocolError)
		}
		return s.handshakeTurboWarp(p)
	case "set", "create":
		// Both are the same, and both are sent on as set.
		return s.afterHandshake(p, (*Session).setTurboWarp)
	case "rename":
		if !s.rules.c.Rename {
			return ignore
		}
		return s.afterHandshake(p, (*Session).renameTurboWarp)
	case "delete":
		if !s.rules.c.Delete {
			return ignore
		}
		return s.afterHandshake(p, (*Session).deleteTurboWarp)
	}
	return closeWith(CodeProtocolError)
}

// afterHandshake closes whoever did not do the handshake.
func (s *Session) afterHandshake(p *packet, do func(*Session, *packet) Decision) Decision {
	if s.state != joined {
		return closeWith(CodeProtocolError)
	}
	return do(s, p)
}

// handshakeTurboWarp checks the project before the username, as cloud-server does.
func (s *Session) handshakeTurboWarp(p *packet) Decision {
	room := undefinedProject
	switch p.projectID().Kind() {
	case codec.KindAbsent:
	case codec.KindString, codec.KindNumber:
		room = projectText(p.projectID())
	default:
		return closeWith(CodeProtocolError)
	}
	if n := utf16Length(room); n < 1 || n > maxProjectID {
		return closeWith(CodeProtocolError)
	}
	user, ok := textOf(p.user())
	if !ok || !s.rules.allowsUsername(user) {
		return closeWith(CodeBadUsername)
	}
	s.room, s.state = room, joined
	return Decision{Kind: Join, Room: room, User: string(user)}
}

// allowsUsername allows 1 to 20 ASCII letters, digits, - and _ unless the name is refused.
func (r *Rules) allowsUsername(name []byte) bool {
	if len(name) < 1 || len(name) > maxUsername {
		return false
	}
	for _, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	if len(r.refused) == 0 {
		return true
	}
	_, refused := r.refused[strings.ToLower(string(name))]
	return !refused
}

// setTurboWarp ignores names and values that are not allowed. Anything else in the message, user and project_id
// too, does not matter.
func (s *Session) setTurboWarp(p *packet) Decision {
	name, ok := s.rules.allowedName(p.name())
	if !ok {
		return ignore
	}
	value, ok := s.rules.allowedValue(p.value())
	if !ok {
		return ignore
	}
	d := Decision{Kind: Apply, Change: Change{Op: OpSet}}
	d.Change.Name, d.Change.Value = detach(name, value)
	return d
}

func (s *Session) renameTurboWarp(p *packet) Decision {
	name, ok := textOf(p.name())
	if !ok {
		return closeWith(CodeProtocolError)
	}
	newName, ok := s.rules.allowedName(p.newName())
	if !ok || !hasNamePrefix(newName) {
		return closeWith(CodeProtocolError)
	}
	d := Decision{Kind: Apply, Change: Change{Op: OpRename}}
	d.Change.Name, d.Change.NewName = detach(name, newName)
	return d
}

// hasNamePrefix wants a name that starts like that of a cloud variable and is longer than that.
func hasNamePrefix(name []byte) bool {
	for _, prefix := range namePrefixes {
		if len(name) > len(prefix) && string(name[:len(prefix)]) == prefix {
			return true
		}
	}
	return false
}

func (s *Session) deleteTurboWarp(p *packet) Decision {
	name, ok := textOf(p.name())
	if !ok {
		return closeWith(CodeProtocolError)
	}
	return Decision{Kind: Apply, Change: Change{Op: OpDelete, Name: string(name)}}
}
