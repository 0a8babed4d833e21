package actors

import (
	"net/netip"
	"time"
	"unique"
)

// Close codes for clients that are removed. Scratch's players come back after any close but these two: 4002 asks the
// person for another name, 4004 ends it.
const (
	closeBadName            = 4002
	closeProjectUnavailable = 4004
)

// Moderator says who may not be connected and which names nobody may have. Its methods are called by session actors,
// so they must not block, and count what they refuse.
type Moderator interface {
	// Banned tells whether, and in a sentence why, a client may not be here. agent is its User-Agent header.
	Banned(ip netip.Addr, agent string) (why string, banned bool)
	// RefuseName tells whether, and in a sentence why, nobody may have a name.
	RefuseName(name string) (why string, refused bool)
	// Fold returns the form of a name in which it is compared with others.
	Fold(name string) string
}

// UniqueNames says where the name of a CL4 client must be the only one of its kind.
type UniqueNames uint8

// The choices of UniqueNames.
const (
	NamesFree           UniqueNames = iota // nowhere
	NamesUniqueInRoom                      // in each room
	NamesUniqueOnServer                    // among all CL4 clients
)

// moderation is what sessions are subject to. Without a Moderator nothing is looked at.
type moderation struct {
	sys    *System
	rules  Moderator // nil: none
	guards guards
}

func (m *moderation) init(sys *System, rules Moderator, u UniqueNames) {
	m.sys, m.rules = sys, rules
	m.guards.init(u)
}

// admit closes a connection that was banned between the door and the client list. The other order cannot be missed:
// Expel finds whoever is in the list.
func (m *moderation) admit(s *session) {
	if m.rules == nil {
		return
	}
	if why, banned := m.rules.Banned(s.peer.IP, s.peer.agent()); banned {
		s.close("", s.banCode(), why)
	}
}

// banCode is the close code for a client that may not be here. A client that has said nothing yet is taken for one of
// Scratch's where they are served.
func (s *session) banCode() uint16 {
	if s.protocol == Scratch || s.protocol == None && s.sys.speaks(Scratch) {
		return closeProjectUnavailable
	}
	return closePolicy
}

// nameCode is the close code for a client whose name nobody may have any more.
func (s *session) nameCode() uint16 {
	if s.protocol == Scratch {
		return closeBadName
	}
	return closePolicy
}

// refuseScratchName closes a Scratch client whose name nobody may have.
func (s *session) refuseScratchName(name string) bool {
	rules := s.sys.moderation.rules
	if rules == nil {
		return false
	}
	why, refused := rules.RefuseName(name)
	if refused {
		s.close("", closeBadName, why)
	}
	return refused
}

// How many clients Expel closes at once, and how long it waits then: whoever stays is told of each one that leaves a
// room, and has to be able to take it.
const (
	expelBatch = 256
	expelPause = 20 * time.Millisecond
)

// Expel closes the connections that pick chooses, with the reason, and returns how many there were. Clients get the
// close code that keeps them away: of Scratch 4004, or 4002 when forName is set, others 1008. It closes some 10,000
// clients a second. pick is called on the caller's goroutine; new connections are not seen, so whatever keeps them out
// has to be in force before.
func (s *System) Expel(pick func(*Client) bool, forName bool, why string) int {
	n := 0
	for _, shard := range s.registry.shards {
		refs, err := ask(s, shard, func(reply chan<- []*Ref) any { return &listClients{reply: reply} })
		if err != nil {
			return n
		}
		for _, ref := range refs {
			if !pick(&ref.client) {
				continue
			}
			ref.client.s.do(func(s *session) {
				code := s.banCode()
				if forName {
					code = s.nameCode()
				}
				s.close("", code, why)
			})
			if n++; n%expelBatch == 0 && !s.pause(expelPause) {
				return n
			}
		}
	}
	return n
}

// pause waits. It returns false when the server is stopping.
func (s *System) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.done:
		return false
	}
}

// MakeAgent keeps a User-Agent header for Peer.Agent: clients are many, their programs few.
func MakeAgent(header string) unique.Handle[string] {
	return unique.Make(header[:min(len(header), maxAgent)])
}

// maxAgent bounds the bytes of a User-Agent header that are kept and compared.
const maxAgent = 512

func (p *origin) agent() string {
	if p.Agent == (unique.Handle[string]{}) {
		return ""
	}
	return p.Agent.Value()
}

// Agent is the start of the client's User-Agent header, empty where there was none.
func (c *Client) Agent() string { return c.s.peer.agent() }
