package actors

// Protocol is what a connection speaks.
type Protocol uint8

// The protocols. On a port of CL4 and Scratch a connection speaks None until its first message; clients of the broker
// and those of SimpleServer have ports of their own.
const (
	None Protocol = iota
	CL4
	Scratch
	PyStrands
	Simple
)

// String returns the name of the protocol in configuration and metrics.
func (p Protocol) String() string {
	switch p {
	case CL4:
		return "cl4"
	case Scratch:
		return "scratch"
	case PyStrands:
		return "pystrands"
	case Simple:
		return "simpleserver"
	}
	return "none"
}

// RoomKey names a room. Rooms of different protocols never mix.
type RoomKey struct {
	Protocol Protocol
	Name     string
}

// String returns PROTOCOL/NAME.
func (k RoomKey) String() string { return k.Protocol.String() + "/" + k.Name }
