// Package moderation says who may not connect and which names nobody may use: bans, rules for names, and the users
// who may administer the server from inside CL4.
package moderation

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind is what a ban looks at.
type Kind string

// The kinds of bans.
const (
	KindIP    Kind = "ip"    // an address or a range
	KindName  Kind = "name"  // a username, exact or with * for any part
	KindAgent Kind = "agent" // a User-Agent header, exact or with * for any part
)

// Kinds lists the kinds of bans.
var Kinds = []Kind{KindIP, KindName, KindAgent}

// Ban is one ban. Times are UTC.
type Ban struct {
	// ID is a ULID, given by List.Add.
	ID string `json:"id"`
	// Kind is what Pattern is compared with.
	Kind Kind `json:"kind"`
	// Pattern is an address, a range such as 10.0.0.0/8, or a text in which * stands for any part. Case, invisible
	// characters and compatibility forms of letters do not matter in texts.
	Pattern string `json:"pattern"`
	// Reason is shown to whoever is refused. It may be empty.
	Reason string `json:"reason"`
	// By is who made the ban, for operators.
	By      string    `json:"by"`
	Created time.Time `json:"created"`
	// Expires is when the ban ends. The zero value means never.
	Expires time.Time `json:"expires,omitzero"`
}

// Limits on a ban, in bytes.
const (
	maxPattern = 512
	maxReason  = 1024
	maxBy      = 256
)

// ErrInvalidBan is what errors of bans that make no sense match.
var ErrInvalidBan = errors.New("invalid ban")

// Message is what a banned client is told.
func (b Ban) Message() string {
	if b.Reason == "" {
		return "You are banned from this server."
	}
	return "You are banned from this server: " + b.Reason
}

// over tells whether the ban has ended.
func (b *Ban) over(now time.Time) bool { return !b.Expires.IsZero() && !now.Before(b.Expires) }

// Normalize checks a ban and puts its pattern into the form in which it is kept: ranges without host bits, texts
// without blanks around them. An IPv6 address alone becomes its /64, which is what one client usually has, unless it
// is the loopback address; write /128 for the one address.
func (b Ban) Normalize() (Ban, error) {
	invalid := func(format string, args ...any) (Ban, error) {
		return b, fmt.Errorf("%w: %s", ErrInvalidBan, fmt.Sprintf(format, args...))
	}
	b.Pattern = strings.TrimSpace(b.Pattern)
	switch {
	case b.Pattern == "":
		return invalid("the pattern is missing")
	case len(b.Pattern) > maxPattern:
		return invalid("the pattern is longer than %d bytes", maxPattern)
	case len(b.Reason) > maxReason:
		return invalid("the reason is longer than %d bytes", maxReason)
	case len(b.By) > maxBy:
		return invalid("the name of its author is longer than %d bytes", maxBy)
	case !utf8.ValidString(b.Pattern) || !utf8.ValidString(b.Reason):
		return invalid("pattern and reason must be UTF-8")
	}
	switch b.Kind {
	case KindIP:
		p, err := ParsePrefix(b.Pattern)
		if err != nil {
			return invalid("%v", err)
		}
		b.Pattern = formatPrefix(p)
	case KindName, KindAgent:
		if fold(b.Pattern) == "" {
			return invalid("the pattern has no visible character")
		}
	default:
		return invalid("%q is not one of %s, %s, %s", b.Kind, KindIP, KindName, KindAgent)
	}
	b.Created, b.Expires = b.Created.UTC(), b.Expires.UTC()
	return b, nil
}

// ParsePrefix reads the pattern of an IP ban. IPv4-mapped IPv6 is IPv4.
func ParsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		if a.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%q has a zone, which means nothing to others", s)
		}
		a = a.Unmap()
		bits := a.BitLen()
		if a.Is6() && !a.IsLoopback() {
			bits = 64
		}
		return netip.PrefixFrom(a, bits).Masked(), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8", s)
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("%q mixes IPv4 and IPv6; write two ranges", s)
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// formatPrefix writes a single address without its length.
func formatPrefix(p netip.Prefix) string {
	if p.IsSingleIP() && (p.Addr().Is4() || p.Addr().IsLoopback()) {
		return p.Addr().String()
	}
	return p.String()
}

// sortBans orders bans by the time they were made.
func sortBans(bans []Ban) {
	slices.SortFunc(bans, func(a, b Ban) int { return cmp.Compare(a.ID, b.ID) })
}
