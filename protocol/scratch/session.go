package scratch

// Kind says what a Decision asks for.
type Kind uint8

// The kinds of decisions.
const (
	// Ignore asks for nothing.
	Ignore Kind = iota
	// Close ends the connection as Decision.Close says.
	Close
	// Join takes the connection into the room Decision.Room. It comes at most once per connection.
	Join
	// Apply hands Decision.Change to the room that was joined.
	Apply
)

// Decision is what a message leads to. Its strings are independent of the message.
type Decision struct {
	Kind   Kind
	Close  Ending // Close
	Room   string // Join: the project, as text
	User   string // Join
	Change Change // Apply
}

// Session is what one connection has said so far. It belongs to the session actor.
type Session struct {
	rules *Rules
	room  string
	state state
	login bool
}

type state uint8

const (
	unidentified state = iota // nothing was received that fits
	identified                // it speaks Scratch, but the handshake is missing
	joined
)

// LoginExposed says whether a client sent the login of a Scratch user along: a Cookie header that starts with
// scratchsessionsid=, as TurboWarp's cloud-server looks for it, or a header of that name, as CloudLink does.
func LoginExposed(cookie, scratchsessionsid string) bool { panic("TODO") }

// NewSession returns the state of a new connection. login is what LoginExposed said of its request.
func (r *Rules) NewSession(login bool) Session { return Session{rules: r, login: login} }

// Open decides about the connection before its first message.
func (s *Session) Open() Decision { panic("TODO") }

// Identified says whether the client is known to speak Scratch: whether a message was received that fits.
func (s *Session) Identified() bool { return s.state != unidentified }

// Fits says whether a first message is one of Scratch. It is for a port that serves several protocols, which asks
// each of them in turn and hands the message to the session of the one that it fits.
func (r *Rules) Fits(payload []byte, binary bool) bool { panic("TODO") }

// Refuse decides about a first message that fits no protocol of the port.
func (r *Rules) Refuse(payload []byte, binary bool) Decision { panic("TODO") }

// Receive decides about a message, the first one included. It keeps nothing of payload.
func (s *Session) Receive(payload []byte, binary bool) Decision { panic("TODO") }
