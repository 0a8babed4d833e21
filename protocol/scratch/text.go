package scratch

import (
	"strings"
	"unicode/utf8"

	"github.com/skeinhq/skein/codec"
)

// utf16Length counts as JavaScript's length does.
func utf16Length(s string) int {
	n := 0
	for _, c := range s {
		n += utf16Units(c)
	}
	return n
}

func utf16Units(c rune) int {
	if c > 0xffff {
		return 2
	}
	return 1
}

// utf16LengthOfString is utf16Length of the characters of a JSON string, without decoding it.
func utf16LengthOfString(raw codec.Raw) int {
	n := 0
	for i := 1; i < len(raw)-1; {
		switch c := raw[i]; {
		case c == '\\' && raw[i+1] == 'u':
			n, i = n+1, i+6
		case c == '\\':
			n, i = n+1, i+2
		case c < utf8.RuneSelf:
			n, i = n+1, i+1
		default:
			r, size := utf8.DecodeRune(raw[i:])
			n, i = n+utf16Units(r), i+size
		}
	}
	return n
}

// isCompact says whether a JSON text has no space outside of strings.
func isCompact(raw codec.Raw) bool {
	if k := raw.Kind(); k != codec.KindArray && k != codec.KindObject {
		return true
	}
	inString := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '\\':
			i++
		case c == '"':
			inString = !inString
		case c <= ' ' && !inString:
			return false
		}
	}
	return true
}

// compact returns a valid JSON text without space outside of strings. Updates are joined by newlines, so a value
// must not contain any; valid strings never do.
func compact(raw codec.Raw) []byte {
	dst := make([]byte, 0, len(raw))
	inString := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '\\':
			dst = append(dst, c, raw[i+1])
			i++
		case c == '"':
			inString = !inString
			dst = append(dst, c)
		case c > ' ' || inString:
			dst = append(dst, c)
		}
	}
	return dst
}

// truncate cuts s to at most n bytes without splitting a character.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// detach copies a name and a value out of a message with one allocation.
func detach(name, value []byte) (string, string) {
	var b strings.Builder
	b.Grow(len(name) + len(value))
	b.Write(name)
	b.Write(value)
	both := b.String()
	return both[:len(name)], both[len(name):]
}
