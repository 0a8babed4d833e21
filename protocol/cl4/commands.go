package cl4

import (
	"strconv"

	"github.com/skeinhq/skein/codec"
)

// Command is one row of the command table: what a command needs, and what it does.
type Command struct {
	Name string
	// Schema is checked after the general validation.
	Schema Schema
	// Username tells that the client must have set its name.
	Username bool
	// Run carries the command out. It has one and only one chance to answer, in the order of Session's calls.
	Run func(s Session, m *Message)
}

// Commands is the command table of CL4. To add a built-in command, add a row.
var Commands = []Command{
	{Name: "handshake", Run: handshake},
	{Name: "ping", Run: ping},
	{Name: "gmsg", Schema: Schema{Required: KeyVal}, Run: gmsg},
	{Name: "gvar", Schema: Schema{Required: KeyName | KeyVal}, Run: gvar},
	{Name: "pmsg", Schema: Schema{Required: KeyID | KeyVal}, Username: true, Run: pmsg},
	{Name: "pvar", Schema: Schema{Required: KeyName | KeyID | KeyVal}, Username: true, Run: pvar},
	{Name: "setid", Schema: Schema{Required: KeyVal, ScalarVal: true}, Run: setid},
	{Name: "link", Schema: Schema{Required: KeyVal}, Username: true, Run: link},
	{Name: "unlink", Schema: Schema{Required: KeyVal}, Username: true, Run: unlink},
	{Name: "direct", Schema: Schema{Required: KeyID | KeyVal, StringID: true}, Run: direct},
}

// Answer sends a status code that repeats the listener of the message.
func Answer(s Session, m *Message, p StatusPacket) {
	p.Listener = m.Answerable()
	s.Reply(p.Frame())
}

func ping(s Session, m *Message) { Answer(s, m, StatusPacket{Status: StatusOK}) }

// handshake greets once; later ones get only the status code.
func handshake(s Session, m *Message) {
	if s.FirstHandshake() {
		s.Reply(Greeting("client_ip", Text(s.ClientIP())))
		s.Reply(versionFrame)
		if c := s.Config(); c.EnableMOTD {
			s.Reply(Greeting("motd", Text(c.MOTD)))
		}
		s.Reply(Greeting("client_obj", s.User().Object()))
		for _, room := range s.Rooms() {
			s.SendUserList(room)
		}
	}
	Answer(s, m, StatusPacket{Status: StatusOK})
}

var versionFrame = Greeting("server_version", Text(ServerVersion))

// gmsg is never answered by a status code: the sender's own copy is the answer, and carries the listener.
func gmsg(s Session, m *Message) { broadcast(s, m, "gmsg", nil) }

func gvar(s Session, m *Message) { broadcast(s, m, "gvar", m.Name) }

func broadcast(s Session, m *Message, cmd string, name codec.Raw) {
	rooms, refused := GatherRooms(s, m)
	if refused != nil {
		s.Reply(refused.Frame())
		return
	}
	for _, room := range rooms {
		var own *codec.Frame
		if m.Listener != nil {
			own = Broadcast(cmd, name, m.Val, room, m.Listener)
		}
		frame := Broadcast(cmd, name, m.Val, room, nil)
		if name == nil {
			s.Publish(room, frame, own)
		} else {
			s.PublishVar(room, name, m.Val, frame, own)
		}
	}
}

func pmsg(s Session, m *Message) { private(s, m, "pmsg", nil) }

func pvar(s Session, m *Message) { private(s, m, "pvar", m.Name) }

func private(s Session, m *Message, cmd string, name codec.Raw) {
	rooms, refused := GatherRooms(s, m)
	if refused != nil {
		s.Reply(refused.Frame())
		return
	}
	to, ok := parseSelector(m.ID)
	if !ok {
		Answer(s, m, StatusPacket{Status: StatusDatatype, Details: Text("id must name clients by strings or user objects.")})
		return
	}
	origin := s.User().Object()
	s.Private(rooms, to, func(room string) *codec.Frame {
		return Private(cmd, name, m.Val, origin, room)
	}, m.Listener)
}

// PrivateAnswer is the status code that ends pmsg and pvar. found is how many recipients there were in all rooms,
// ambiguous how many a single string or object fitted in one room when that was too many, else 0.
func PrivateAnswer(to Selector, found, ambiguous int, listener codec.Raw) StatusPacket {
	switch {
	case ambiguous > 0:
		return StatusPacket{Status: StatusIDNotSpecificEnough, Details: Text(multipleMatches(to.Text, ambiguous)), Listener: listener}
	case found > 0:
		return StatusPacket{Status: StatusOK, Listener: listener}
	}
	return StatusPacket{Status: StatusIDNotFound, Details: Text("No matches found: " + to.Text), Listener: listener}
}

// DirectAnswer is the status code for a direct message that reached nobody: matches is 0 or the number of clients
// that share the name.
func DirectAnswer(to string, matches int, listener codec.Raw) StatusPacket {
	if matches == 0 {
		return StatusPacket{Status: StatusIDNotFound, Listener: listener}
	}
	return StatusPacket{Status: StatusIDNotSpecificEnough, Details: Text(multipleMatches(to, matches)), Listener: listener}
}

func multipleMatches(to string, n int) string {
	return "Multiple matches found for " + to + ", found " + strconv.Itoa(n) +
		" matches. Please use Snowflakes, UUIDs, or client objects instead."
}

func direct(s Session, m *Message) {
	to, _ := m.ID.Str()
	s.Direct(clone(to), Direct(m.Val, s.User().Object(), m.Listener), m.Listener)
}

// setid sets the name once. A number or boolean counts as its JSON text, because existing Scratch extensions turn
// the name 123 into a number.
func setid(s Session, m *Message) {
	if u := s.User(); u.Named {
		Answer(s, m, StatusPacket{Status: StatusIDAlreadySet, Val: u.Object()})
		return
	}
	name, ok := m.Val.Str()
	if !ok {
		name = string(m.Val)
	}
	s.SetUsername(clone(name))
	Answer(s, m, StatusPacket{Status: StatusOK, Val: s.User().Object()})
}

func link(s Session, m *Message) {
	names, ok := roomNames(m.Val)
	if !ok {
		Answer(s, m, StatusPacket{Status: StatusDatatype, Details: Text("val must be the name of a room or a list of them.")})
		return
	}
	if max := s.Config().MaxRooms; max > 0 && len(s.Rooms())+len(names) > max {
		Answer(s, m, StatusPacket{Status: StatusTooLarge, Details: Text("A client can be in " + strconv.Itoa(max) + " rooms at most.")})
		return
	}
	stays := false
	for _, name := range names {
		stays = stays || name == DefaultRoom
	}
	if !stays {
		s.Leave(DefaultRoom)
	}
	for _, name := range names {
		s.Join(name)
	}
	Answer(s, m, StatusPacket{Status: StatusOK})
}

// unlink leaves rooms; an empty text means all of them, except in a list, where it is a name. A client that is then
// in no room is back in the default room.
func unlink(s Session, m *Message) {
	names, ok := roomNames(m.Val)
	if !ok {
		Answer(s, m, StatusPacket{Status: StatusDatatype, Details: Text("val must be the name of a room or a list of them.")})
		return
	}
	if text, isText := m.Val.Str(); isText && text == "" {
		names = append(names[:0], s.Rooms()...)
	}
	for _, name := range names {
		s.Leave(name)
	}
	if len(s.Rooms()) == 0 {
		s.Join(DefaultRoom)
	}
	Answer(s, m, StatusPacket{Status: StatusOK})
}
