package scratch

import (
	"strings"

	"github.com/skeinhq/skein/codec"
)

// receiveCloudLink does what CloudLink 0.2.0 does with a message. A first message has been found to fit before.
func (s *Session) receiveCloudLink(p *packet, problem problem) Decision {
	switch {
	case problem == notObject:
		return closeWith(CodeProtocolError) // CloudLink fails here and closes with 1000
	case problem != wellFormed || !p.valid():
		return ignore
	}
	if s.state == unidentified {
		s.state = identified
	}
	method, _ := textOf(p.method())
	switch string(method) {
	case "handshake":
		if s.state == joined {
			return ignore
		}
		return s.handshakeCloudLink(p)
	case "set":
		return s.changeCloudLink(p, OpSet, needsValue)
	case "create":
		return s.changeCloudLink(p, OpCreate, needsValue)
	case "rename":
		return s.changeCloudLink(p, OpRename, needsNewName)
	case "delete":
		return s.changeCloudLink(p, OpDelete, needsNothingElse)
	}
	return ignore
}

func (s *Session) handshakeCloudLink(p *packet) Decision {
	if s.login {
		return s.rules.closeForSecurity()
	}
	var missing missingKeys
	missing.check("user", p.user())
	missing.check("project_id", p.projectID())
	if len(missing) > 0 {
		return missing.failed()
	}
	user, _ := textOf(p.user())
	s.room, s.state = projectText(p.projectID()), joined
	return Decision{Kind: Join, Room: s.room, User: string(user)}
}

// needs names the key that a method needs besides name and project_id.
type needs uint8

const (
	needsNothingElse needs = iota
	needsValue
	needsNewName
)

// changeCloudLink checks a change of a variable: all keys have to be there, and the room has to be the client's
// own. CloudLink itself writes into any room that exists, and fails silently without a value or a new name.
func (s *Session) changeCloudLink(p *packet, op Op, more needs) Decision {
	if s.state != joined {
		return ignore
	}
	var missing missingKeys
	missing.check("name", p.name())
	missing.check("project_id", p.projectID())
	switch more {
	case needsValue:
		missing.check("value", p.value())
	case needsNewName:
		missing.check("new_name", p.newName())
	}
	if len(missing) > 0 {
		return missing.failed()
	}
	if room := p.projectID(); !s.isOwnRoom(room) {
		reason := truncate(reasonRoom+projectText(room), maxReason)
		return Decision{Kind: Close, Close: Ending{Code: CodeUnavailable, Reason: reason}}
	}
	d := Decision{Kind: Apply, Change: Change{Op: op}}
	name, ok := s.rules.allowedName(p.name())
	if !ok {
		return ignore
	}
	switch more {
	case needsNothingElse:
		d.Change.Name = string(name)
	case needsNewName:
		newName, ok := s.rules.allowedName(p.newName())
		if !ok {
			return ignore
		}
		d.Change.Name, d.Change.NewName = detach(name, newName)
	case needsValue:
		value, ok := s.rules.allowedValue(p.value())
		if !ok {
			return ignore
		}
		d.Change.Name, d.Change.Value = detach(name, value)
	}
	return d
}

func (s *Session) isOwnRoom(raw codec.Raw) bool {
	if text, ok := textOf(raw); ok {
		return string(text) == s.room
	}
	return projectText(raw) == s.room
}

// missingKeys collects the keys that a message should have.
type missingKeys []string

func (m *missingKeys) check(key string, raw codec.Raw) {
	if raw.Kind() == codec.KindAbsent {
		*m = append(*m, key)
	}
}

func (m missingKeys) failed() Decision {
	return Decision{Kind: Close, Close: Ending{
		Text:   ReasonValidation + ": missing " + strings.Join(m, ", "),
		Code:   CodeProtocolError,
		Reason: ReasonValidation,
	}}
}
