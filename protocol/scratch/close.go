package scratch

// Close codes of the Scratch cloud variable protocol.
const (
	// CodeNormal ends a connection whose first message fits no protocol (CloudLink).
	CodeNormal uint16 = 1000
	// CodeProtocolError is the answer to a message that breaks the rules, and in TurboWarp's dialect also to a
	// full room.
	CodeProtocolError uint16 = 4000
	// CodeBadUsername is the answer to a username that is malformed or refused (TurboWarp).
	CodeBadUsername uint16 = 4002
	// CodeOverloaded means that the server has no space for another room (TurboWarp).
	CodeOverloaded uint16 = 4003
	// CodeUnavailable means that the project is not available, which is how CloudLink answers a change of a room
	// that the client did not join.
	CodeUnavailable uint16 = 4004
	// CodeSecurity means that the client exposed the user's Scratch login.
	CodeSecurity uint16 = 4005
	// CodeUnidentified means that the client does not say what it is in its User-Agent. TurboWarp documents the
	// code; nothing sends it.
	CodeUnidentified uint16 = 4006
)

// Texts and reasons that clients of CloudLink know.
const (
	TextEmpty        = "Empty message"
	TextInvalidJSON  = "Invalid JSON"
	TextUnidentified = "Unable to identify protocol"

	ReasonValidation = "Validation failed"
	ReasonSecurity   = "Connection closed for security reasons"
	reasonRoom       = "Invalid room ID: "

	// TextSecurity is what a client reads whose library sends the login cookie of Scratch along.
	TextSecurity = "The cloud data library that you use sends your Scratch login to a server that has no use for " +
		"it. Change your Scratch password at once and tell the authors of the library. This connection is closed " +
		"to protect your account."
)

// maxReason is the longest reason that fits into a close frame (RFC 6455 section 5.5: 125 bytes with the code).
const maxReason = 123

// Ending says how a connection is closed: a text frame with Text unless it is empty, then a close frame. The zero
// value closes nothing.
type Ending struct {
	Text   string
	Code   uint16
	Reason string
}

// IsZero tells an Ending that closes nothing.
func (e Ending) IsZero() bool { return e.Code == 0 }
