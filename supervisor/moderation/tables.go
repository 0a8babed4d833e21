package moderation

import (
	"net/netip"
	"slices"
)

// prefixTable finds the ranges that an address is in: one look-up for each length that there is.
type prefixTable struct {
	v4, v6 prefixFamily
}

type prefixFamily struct {
	bans    map[netip.Prefix]*Ban
	lengths []int // of the prefixes, the longest first
	count   [129]int
}

func (t *prefixTable) family(ip netip.Addr) *prefixFamily {
	if ip.Is4() {
		return &t.v4
	}
	return &t.v6
}

func (t *prefixTable) add(b *Ban) {
	p, err := ParsePrefix(b.Pattern)
	if err != nil {
		return // Normalize lets none through
	}
	f := t.family(p.Addr())
	if f.bans == nil {
		f.bans = make(map[netip.Prefix]*Ban)
	}
	f.bans[p] = b
	if f.count[p.Bits()]++; f.count[p.Bits()] == 1 {
		f.lengths = append(f.lengths, p.Bits())
		slices.SortFunc(f.lengths, func(a, b int) int { return b - a })
	}
}

func (t *prefixTable) remove(b *Ban) {
	p, err := ParsePrefix(b.Pattern)
	if err != nil {
		return
	}
	f := t.family(p.Addr())
	delete(f.bans, p)
	if f.count[p.Bits()]--; f.count[p.Bits()] == 0 {
		f.lengths = slices.DeleteFunc(f.lengths, func(n int) bool { return n == p.Bits() })
	}
}

// find returns the ban with the smallest range that counts.
func (t *prefixTable) find(ip netip.Addr, counts func(*Ban) bool) *Ban {
	ip = ip.Unmap().WithZone("")
	f := t.family(ip)
	for _, bits := range f.lengths {
		p, err := ip.Prefix(bits)
		if err != nil {
			continue
		}
		if b := f.bans[p]; b != nil && counts(b) {
			return b
		}
	}
	return nil
}

// patternTable finds the patterns that fit a text: exact ones by a look-up, others one by one.
type patternTable struct {
	exact    map[string]*Ban
	patterns []patternBan
}

type patternBan struct {
	glob glob
	ban  *Ban
}

func (t *patternTable) add(b *Ban) {
	text := fold(b.Pattern)
	g, exact := parseGlob(text)
	if !exact {
		t.patterns = append(t.patterns, patternBan{g, b})
		return
	}
	if t.exact == nil {
		t.exact = make(map[string]*Ban)
	}
	t.exact[text] = b
}

func (t *patternTable) remove(b *Ban) {
	text := fold(b.Pattern)
	if _, exact := parseGlob(text); exact {
		delete(t.exact, text)
		return
	}
	t.patterns = slices.DeleteFunc(t.patterns, func(p patternBan) bool { return p.ban.ID == b.ID })
}

// find returns a ban that fits a folded text and counts.
func (t *patternTable) find(text string, counts func(*Ban) bool) *Ban {
	if b := t.exact[text]; b != nil && counts(b) {
		return b
	}
	for i := range t.patterns {
		if p := &t.patterns[i]; counts(p.ban) && p.glob.match(text) {
			return p.ban
		}
	}
	return nil
}
