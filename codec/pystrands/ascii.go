package pystrands

import (
	"encoding/hex"
	"unicode/utf16"
	"unicode/utf8"
)

// Everything that goes to a backend is ASCII: the Python library decodes what each recv brings by itself, and a
// character that the border of a buffer cuts in two would end its connection.

const hexDigits = "0123456789abcdef"

// plain tells the bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// AppendASCII appends s to dst as a JSON string of ASCII characters with its quotes. Each byte that is not part of
// valid UTF-8 becomes U+FFFD.
func AppendASCII[T []byte | string](dst []byte, s T) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			dst = appendEscape(dst, r)
			i += n
		} else {
			dst = appendControl(dst, c)
			i++
		}
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// ASCIILen is how many bytes AppendASCII appends for s.
func ASCIILen(s []byte) int {
	n := len(`""`)
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			n += int(lengths[c])
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		n += len(`\uXXXX`)
		if r >= 0x10000 {
			n += len(`\uXXXX`)
		}
		i += size
	}
	return n
}

// lengths has what ASCII characters take in a JSON string.
var lengths = func() (t [utf8.RuneSelf]uint8) {
	for c := range t {
		t[c] = 1
		if !plain[c] {
			t[c] = uint8(len(appendControl(nil, byte(c))))
		}
	}
	return t
}()

// appendControl writes a quote, a backslash or a control character.
func appendControl(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

func appendEscape(dst []byte, r rune) []byte {
	if r >= 0x10000 {
		high, low := utf16.EncodeRune(r)
		return appendUnit(appendUnit(dst, high), low)
	}
	return appendUnit(dst, r)
}

func appendUnit(dst []byte, u rune) []byte {
	return append(dst, '\\', 'u', hexDigits[u>>12&15], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}

// AppendASCIIRaw appends a JSON text, which is valid, to dst in ASCII and without the blanks between its values.
// Numbers stay as they are written. In strings, each byte that is not part of valid UTF-8 becomes U+FFFD, and so does
// each escape of half a surrogate pair.
func AppendASCIIRaw(dst, text []byte) []byte {
	inString := false
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"':
			inString = !inString
		case !inString:
			if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
				i++
				continue
			}
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(text[i:])
			dst = appendEscape(dst, r)
			i += n
			continue
		case c == '\\' && i+6 <= len(text) && text[i+1] == 'u':
			n := 6
			switch u := unit(text[i+2:]); {
			case !utf16.IsSurrogate(u):
				dst = append(dst, text[i:i+6]...)
			case i+12 <= len(text) && text[i+6] == '\\' && text[i+7] == 'u' &&
				utf16.DecodeRune(u, unit(text[i+8:])) != utf8.RuneError:
				n = 12
				dst = append(dst, text[i:i+12]...)
			default:
				dst = appendEscape(dst, utf8.RuneError)
			}
			i += n
			continue
		case c == '\\' && i+1 < len(text):
			dst = append(dst, c)
			i++
			c = text[i]
		}
		dst = append(dst, c)
		i++
	}
	return dst
}

// unit reads four hexadecimal digits.
func unit(digits []byte) rune {
	var b [2]byte
	if _, err := hex.Decode(b[:], digits[:4]); err != nil {
		return utf8.RuneError
	}
	return rune(b[0])<<8 | rune(b[1])
}
