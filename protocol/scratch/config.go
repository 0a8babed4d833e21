package scratch

import (
	"strings"
	"time"
)

// Dialect is one of the two ways in which servers speak the protocol.
type Dialect uint8

// The dialects.
const (
	// TurboWarp is what TurboWarp's cloud-server speaks, the server that most clients are written for.
	TurboWarp Dialect = iota
	// CloudLink is what CloudLink 0.2.0 speaks on the port that it shares with CL4.
	CloudLink
)

// Values says which values a variable may have.
type Values uint8

// The kinds of values.
const (
	// ValuesByDialect is numbers for TurboWarp and anything for CloudLink.
	ValuesByDialect Values = iota
	// ValuesNumeric allows numbers and strings that are written like one, as TurboWarp's cloud-server does.
	ValuesNumeric
	// ValuesAny allows any JSON but null, as CloudLink does.
	ValuesAny
)

// Defaults of Config, which are those of TurboWarp's cloud-server.
const (
	DefaultValueLength   = 100_000
	DefaultVariables     = 128
	DefaultClients       = 128
	DefaultRooms         = 16_384
	DefaultNameLength    = 1_024
	DefaultFlushInterval = time.Second / 60
	DefaultRoomTTL       = time.Hour
)

// Unlimited switches a limit off.
const Unlimited = -1

// Config is what a server can set. The zero value is TurboWarp's dialect with its limits. CloudLink knows no
// limits, so in its dialect a zero ValueLength, Variables, Clients, Rooms or NameLength means no limit.
type Config struct {
	Dialect Dialect
	// Shared says that the port serves other protocols too, so that the first message selects one.
	Shared bool
	// Values says which values are allowed; others are ignored. Zero value means what the dialect does.
	Values Values
	// ValueLength bounds a value, in UTF-16 units as JavaScript counts. Zero value means DefaultValueLength.
	ValueLength int
	// Variables bounds the variables of a room. Zero value means DefaultVariables.
	Variables int
	// Clients bounds the members of a room. Zero value means DefaultClients.
	Clients int
	// Rooms bounds the rooms of a server. Zero value means DefaultRooms.
	Rooms int
	// NameLength bounds the name of a variable, in UTF-16 units. Zero value means DefaultNameLength.
	NameLength int
	// Rename and Delete allow the two methods in TurboWarp's dialect; CloudLink's always has them.
	Rename, Delete bool
	// RefusedNames are usernames that TurboWarp's dialect refuses, whatever their case. Empty means none.
	RefusedNames []string
	// FlushInterval is how long TurboWarp's dialect collects updates. Zero value means DefaultFlushInterval, a
	// negative one that updates are sent at once, as CloudLink's dialect always does.
	FlushInterval time.Duration
	// RoomTTL is how long TurboWarp's dialect keeps the variables of a room without members. Zero value means
	// DefaultRoomTTL, a negative one not at all, as CloudLink's dialect always does.
	RoomTTL time.Duration
}

// Rules are a Config with its gaps filled. They never change, and any number of sessions and rooms share them.
type Rules struct {
	c       Config
	refused map[string]struct{}
}

// NewRules fills the gaps of c.
func NewRules(c Config) *Rules {
	cloudlink := c.Dialect == CloudLink
	limit := func(v *int, byDefault int) {
		switch {
		case *v < 0, *v == 0 && cloudlink:
			*v = Unlimited
		case *v == 0:
			*v = byDefault
		}
	}
	limit(&c.ValueLength, DefaultValueLength)
	limit(&c.Variables, DefaultVariables)
	limit(&c.Clients, DefaultClients)
	limit(&c.Rooms, DefaultRooms)
	limit(&c.NameLength, DefaultNameLength)
	if c.Values == ValuesByDialect {
		c.Values = ValuesNumeric
		if cloudlink {
			c.Values = ValuesAny
		}
	}
	duration := func(d *time.Duration, byDefault time.Duration) {
		switch {
		case *d < 0 || cloudlink:
			*d = 0
		case *d == 0:
			*d = byDefault
		}
	}
	duration(&c.FlushInterval, DefaultFlushInterval)
	duration(&c.RoomTTL, DefaultRoomTTL)
	r := &Rules{c: c, refused: make(map[string]struct{}, len(c.RefusedNames))}
	for _, name := range c.RefusedNames {
		r.refused[strings.ToLower(name)] = struct{}{}
	}
	return r
}

// Dialect returns the dialect that is spoken.
func (r *Rules) Dialect() Dialect { return r.c.Dialect }

// FlushInterval is how long a room collects updates. Zero means that every update is sent at once.
func (r *Rules) FlushInterval() time.Duration { return r.c.FlushInterval }

// RoomTTL is how long a room without members keeps its variables. Zero means that it goes with its last member.
func (r *Rules) RoomTTL() time.Duration { return r.c.RoomTTL }

// AdmitClient says whether a room with that many members takes another one. The newcomer to a full room is closed
// with 4000 in TurboWarp's dialect, although its documentation reserves 4003 for that.
func (r *Rules) AdmitClient(members int) (Ending, bool) {
	if within(members+1, r.c.Clients) {
		return Ending{}, true
	}
	return Ending{Code: CodeProtocolError}, false
}

// AdmitRoom says whether a server with that many rooms, those without members too, may have another one. The
// client that asked for one too many is closed with 4003.
func (r *Rules) AdmitRoom(rooms int) (Ending, bool) {
	if within(rooms+1, r.c.Rooms) {
		return Ending{}, true
	}
	return Ending{Code: CodeOverloaded}, false
}

// within says whether n keeps to a limit, which may be Unlimited.
func within(n, limit int) bool { return limit < 0 || n <= limit }
