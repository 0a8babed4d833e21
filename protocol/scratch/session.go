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

// ignore is the Decision that nothing happens.
var ignore = Decision{}

// closeWith ends the connection without text and reason, as TurboWarp always does.
func closeWith(code uint16) Decision {
	return Decision{Kind: Close, Close: Ending{Code: code}}
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

// NewSession returns the state of a new connection. login is what LoginExposed said of its request.
func (r *Rules) NewSession(login bool) Session { return Session{rules: r, login: login} }

// Identified says whether the client is known to speak Scratch: whether a message was received that fits.
func (s *Session) Identified() bool { return s.state != unidentified }

// Joined returns the room of the last Join.
func (s *Session) Joined() (room string, ok bool) { return s.room, s.state == joined }

// Open decides about the connection before its first message.
func (s *Session) Open() Decision {
	if s.login && s.rules.closesAtOpening() {
		return s.rules.closeForSecurity()
	}
	return ignore
}

// Receive decides about a message, the first one included. It keeps nothing of payload.
func (s *Session) Receive(payload []byte, binary bool) Decision {
	r := s.rules
	if s.state == unidentified && r.refusesWithText() && !r.Fits(payload, binary) {
		return r.Refuse(payload, binary)
	}
	if binary && !r.c.Dialect.readsBinary() {
		return ignore
	}
	p, problem := parse(payload, binary)
	defer p.release()
	if r.c.Dialect == CloudLink {
		return s.receiveCloudLink(p, problem)
	}
	return s.receiveTurboWarp(p, problem)
}
