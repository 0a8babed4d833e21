package moderation

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold maps texts that look alike in the usual tricks to one: full-width and other compatibility forms, upper case,
// invisible characters, and white space of any kind and number.
func fold(s string) string {
	// What one pass takes out may have kept apart what belongs together.
	for range maxFolds {
		if plain(s) {
			break
		}
		next := foldOnce(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// maxFolds bounds the passes. Two are enough for all but texts made to need more.
const maxFolds = 8

func foldOnce(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			gap = b.Len() > 0
			continue
		case invisible(r):
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// plain tells whether a text is its own form, as most names are.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

// invisible tells whether a character takes part in how a text compares but not in how it looks.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector) || r == '\u034f' || r == '\u115f' || r == '\u1160' ||
		r == '\u17b4' || r == '\u17b5' || r == '\u3164' || r == '\uffa0'
}
