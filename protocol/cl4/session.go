package cl4

import "github.com/skeinhq/skein/codec"

// Session is what a command may do on behalf of the client that sent it. The session actor implements it.
//
// Everything is asynchronous and takes effect in the order of the calls: a client gets the answers to its commands
// in the order of the commands, however many actors are involved. Raw values are borrowed for the call only; strings
// and frames may be kept.
type Session interface {
	// User is the client's identity as it is now.
	User() User
	// ClientIP is what the client is told of its address.
	ClientIP() string
	// Config is the server's configuration of CL4.
	Config() *Config
	// FirstHandshake returns true the first time it is called.
	FirstHandshake() bool

	// Joined tells which rooms the client is in. The slices of Rooms and RoomBuffer are valid until the next call of
	// either.
	Joined

	// Reply sends a frame to the client.
	Reply(f *codec.Frame)
	// Publish sends a frame to all members of a joined room, and own instead of it to the client itself where own
	// is not nil.
	Publish(room string, f, own *codec.Frame)
	// PublishVar is Publish for a value of gvar, which the room may keep.
	PublishVar(room string, name, val codec.Raw, f, own *codec.Frame)
	// Private looks for recipients in the joined rooms, sends each the frame for its room and answers the client.
	Private(rooms []string, to Selector, frame func(room string) *codec.Frame, listener codec.Raw)
	// Direct sends a frame to the one client of the server with this id, uuid or username, or answers why not.
	Direct(to string, f *codec.Frame, listener codec.Raw)

	// SetUsername names the client, which must not be named yet, tells its rooms and sends it their lists.
	SetUsername(name string)
	// SendUserList sends the client the list of a joined room.
	SendUserList(room string)
	// Join makes the client a member of a room, tells the others if it was not one, and sends it the list.
	Join(room string)
	// Leave ends a membership and tells the members that are left. It does nothing for a room that is not joined.
	Leave(room string)
}

// Config is what operators can set of CL4.
type Config struct {
	// MOTD is sent at the first handshake when EnableMOTD is set.
	MOTD       string
	EnableMOTD bool
	// DeliverToAllMatches delivers to everybody of an ambiguous name instead of answering E:104.
	DeliverToAllMatches bool
	// MaxRooms bounds the rooms that one client may be in. 0 means no limit.
	MaxRooms int
}
