package moderation

import (
	"net/netip"
	"slices"
)

// MatchIP returns the ban of an address, that of the smallest range if there are several.
func (l *List) MatchIP(ip netip.Addr) (Ban, bool) {
	if l.count[0].Load() == 0 || !ip.IsValid() {
		return Ban{}, false
	}
	now := l.now()
	l.mu.RLock()
	defer l.mu.RUnlock()
	return found(l.ips.find(ip, func(b *Ban) bool { return !b.over(now) }))
}

// MatchName returns the ban of a username.
func (l *List) MatchName(name string) (Ban, bool) { return l.matchText(1, &l.names, name) }

// MatchAgent returns the ban of a User-Agent header.
func (l *List) MatchAgent(agent string) (Ban, bool) { return l.matchText(2, &l.agents, agent) }

func (l *List) matchText(i int, t *patternTable, text string) (Ban, bool) {
	if l.count[i].Load() == 0 {
		return Ban{}, false
	}
	text = fold(text)
	now := l.now()
	l.mu.RLock()
	defer l.mu.RUnlock()
	return found(t.find(text, func(b *Ban) bool { return !b.over(now) }))
}

func found(b *Ban) (Ban, bool) {
	if b == nil {
		return Ban{}, false
	}
	return *b, true
}

// Matches tells whether a ban is for something of its kind, an address in its text form or a text.
func (b Ban) Matches(value string) bool {
	if b.Kind != KindIP {
		var t patternTable
		t.add(&b)
		return t.find(fold(value), func(*Ban) bool { return true }) != nil
	}
	ip, err := netip.ParseAddr(value)
	return err == nil && b.Contains(ip)
}

// Contains tells whether an IP ban is for an address.
func (b Ban) Contains(ip netip.Addr) bool {
	p, err := ParsePrefix(b.Pattern)
	return b.Kind == KindIP && err == nil && p.Contains(ip.Unmap().WithZone(""))
}

// CountRefusal counts clients that were refused or removed because of a ban.
func (l *List) CountRefusal(k Kind, n int) { l.refused[index(k)].Add(uint64(n)) }

// Refused is how many were refused or removed because of bans of a kind.
func (l *List) Refused(k Kind) uint64 { return l.refused[index(k)].Load() }

func index(k Kind) int { return slices.Index(Kinds, k) }
