package moderation

import (
	"net/netip"
	"slices"
	"sync/atomic"
)

// Policy is bans and rules for names together, as the actors ask for them. It is safe for use by many goroutines.
type Policy struct {
	Bans  *List
	Names *NameRules

	refused [4]atomic.Uint64 // by Cause
}

// What clients are told of a name that they may not have.
const (
	whyReserved = "This name is reserved."
	whyFilter   = "This name is not allowed here."
	whyLength   = "This name is too long."
)

// Banned tells whether, and why, a client may not be connected, and counts it.
func (p *Policy) Banned(ip netip.Addr, agent string) (why string, banned bool) {
	b, banned := p.Bans.MatchIP(ip)
	if !banned && agent != "" {
		b, banned = p.Bans.MatchAgent(agent)
	}
	if !banned {
		return "", false
	}
	p.Bans.CountRefusal(b.Kind, 1)
	return b.Message(), true
}

// RefuseName tells whether, and why, nobody may have a name, and counts it.
func (p *Policy) RefuseName(name string) (why string, refused bool) {
	if p.Bans.count[index(KindName)].Load() == 0 && !p.Names.active() {
		return "", false
	}
	if !readable(name) {
		p.count(CauseLength)
		return whyLength, true
	}
	if b, banned := p.Bans.MatchName(name); banned {
		p.Bans.CountRefusal(KindName, 1)
		p.count(CauseBan)
		return b.Message(), true
	}
	cause, refused := p.Names.refuse(name, fold(name))
	switch {
	case !refused:
		return "", false
	case cause == CauseReserved:
		why = whyReserved
	default:
		why = whyFilter
	}
	p.count(cause)
	return why, true
}

// Fold returns the form of a name in which it is compared with others: in lower case, without invisible characters,
// and with compatibility forms of letters replaced.
func (*Policy) Fold(name string) string {
	if len(name) > MaxCheckedName {
		return name // nobody reads that far
	}
	return fold(name)
}

func (p *Policy) count(c Cause) { p.refused[slices.Index(Causes, c)].Add(1) }

// NamesRefused is how many names were refused for a cause.
func (p *Policy) NamesRefused(c Cause) uint64 { return p.refused[slices.Index(Causes, c)].Load() }
