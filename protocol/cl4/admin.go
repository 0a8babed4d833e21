package cl4

import "github.com/skeinhq/skein/codec"

// The status codes that CloudLink planned for administrators. StatusAdminFailed is one answer for an unknown user and
// for a wrong password.
const (
	StatusAdminOK        Status = 200
	StatusAdminSyntax    Status = 201
	StatusAdminFailed    Status = 202
	StatusAdminAlready   Status = 203
	StatusAdminElsewhere Status = 204
)

// Username is the name that the val of a setid asks for: a number or boolean counts as its JSON text.
func Username(val codec.Raw) string {
	name, ok := val.Str()
	if !ok {
		name = string(val)
	}
	return clone(name)
}

// RoomNames returns the rooms that the val of a link or unlink names, each once. ok is false for anything else.
func RoomNames(val codec.Raw) (names []string, ok bool) { return roomNames(val) }

// ParseSelector reads an id as pmsg and pvar have it. ok is false for anything but a string, an object or a list of
// them.
func ParseSelector(id codec.Raw) (to Selector, ok bool) { return parseSelector(id) }

// Ambiguous is the details of an E:104: what was looked for, and how many it fits.
func Ambiguous(to string, n int) string { return multipleMatches(to, n) }

// RoomMOTD is what a room says to newcomers. It is the server's motd packet with the room beside it.
func RoomMOTD(room, text string) *codec.Frame {
	b := codec.NewFrameBuffer(48 + len(room) + len(text))
	b = append(b, `{"cmd":"motd"`...)
	b = appendField(b, "val", Text(text))
	b = appendField(b, "rooms", Text(room))
	return codec.FinishText(append(b, '}'))
}
