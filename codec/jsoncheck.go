package codec

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// MaxJSONDepth is the deepest nesting that CheckJSON can be told to accept.
const MaxJSONDepth = 10_000

// ErrJSONDepth is what a JSONError wraps when the text is nested too deeply.
var ErrJSONDepth = errors.New("JSON nested too deeply")

// JSONError says where a text stops being JSON.
type JSONError struct {
	// Offset is the position of the first wrong byte, or the length of the text when its end is missing.
	Offset int
	// Msg is a sentence that includes the offset.
	Msg string

	cause error
}

// Error implements error.
func (e *JSONError) Error() string { return e.Msg }

// Unwrap returns ErrJSONDepth or nil.
func (e *JSONError) Unwrap() error { return e.cause }

// CheckJSON checks that b is one JSON value (RFC 8259) with at most white space around it, in which at most maxDepth
// arrays and objects are open at once. It accepts what json.Valid accepts, so that strings may hold bytes that are not
// UTF-8. A maxDepth that is not positive, or above MaxJSONDepth, means MaxJSONDepth.
//
// It does not allocate unless there is an error, which is a *JSONError.
func CheckJSON(b []byte, maxDepth int) error {
	if maxDepth <= 0 || maxDepth > MaxJSONDepth {
		maxDepth = MaxJSONDepth
	}
	at, end := scanJSON(b, min(maxDepth, wordDepth), nil)
	if end == endDepth && maxDepth > wordDepth {
		at, end = scanDeepJSON(b, maxDepth)
	}
	if end == endGood {
		if at = skipSpace(b, at); at == len(b) {
			return nil
		}
		end = endWrong
	}
	return newJSONError(b, at, end, maxDepth)
}

// Ends of a scan.
const (
	endGood  = iota // the value ends in front of the offset
	endWrong        // the byte at the offset, or the end of the text, is not expected
	endDepth
)

// wordDepth is the nesting for which one word can tell objects from arrays.
const wordDepth = 64

// scanDeepJSON is scanJSON for texts that are nested more deeply than wordDepth. It begins anew, since it is rare.
func scanDeepJSON(b []byte, maxDepth int) (at, end int) {
	var outer [MaxJSONDepth/wordDepth + 1]uint64
	return scanJSON(b, maxDepth, outer[:])
}

// scanJSON reads one value at the start of b and tells how and where that ended. Instead of calling itself for nested values it keeps a
// bit for each level, which is set for objects: the innermost levels in one word, further ones in outer.
func scanJSON(b []byte, maxDepth int, outer []uint64) (at, end int) {
	var (
		levels uint64
		depth  int
		key    bool // an object's key comes before the value
		ok     bool
		i      int
	)
	for {
		i = skipSpace(b, i)
		if key {
			if i >= len(b) || b[i] != '"' {
				return i, endWrong
			}
			if i, ok = scanString(b, i+1); !ok {
				return i, endWrong
			}
			i = skipSpace(b, i)
			if i >= len(b) || b[i] != ':' {
				return i, endWrong
			}
			i = skipSpace(b, i+1)
		}
		if i >= len(b) {
			return i, endWrong
		}

		switch c := b[i]; c {
		case '"':
			i, ok = scanString(b, i+1)
		case '{', '[':
			if depth == maxDepth {
				return i, endDepth
			}
			if depth&(wordDepth-1) == 0 && depth > 0 {
				outer[depth/wordDepth-1] = levels
			}
			depth++
			levels <<= 1
			key = c == '{'
			if key {
				levels |= 1
			}
			i = skipSpace(b, i+1)
			if i >= len(b) || b[i] != c+2 { // '{'+2 is '}' and '['+2 is ']'
				continue
			}
			ok = true // empty, and closed below
		case 't':
			i, ok = scanWord(b, i, "true")
		case 'f':
			i, ok = scanWord(b, i, "false")
		case 'n':
			i, ok = scanWord(b, i, "null")
		default:
			i, ok = scanNumber(b, i)
		}
		if !ok {
			return i, endWrong
		}

		// Behind a value: close what ends here, until another value follows.
		for {
			if depth == 0 {
				return i, endGood
			}
			i = skipSpace(b, i)
			if i >= len(b) {
				return i, endWrong
			}
			c := b[i]
			object := levels&1 != 0
			if c == ',' {
				key = object
				i++
				break
			}
			if object && c != '}' || !object && c != ']' {
				return i, endWrong
			}
			i++
			depth--
			levels >>= 1
			if depth&(wordDepth-1) == 0 && depth > 0 {
				levels = outer[depth/wordDepth-1]
			}
		}
	}
}

// skipSpace returns the position of the first byte from i on that is not white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// Words to look at eight bytes of a string at once.
const (
	onesWord      = 0x0101010101010101
	highWord      = 0x80 * onesWord
	spaceWord     = ' ' * onesWord
	quoteWord     = '"' * onesWord
	backslashWord = '\\' * onesWord
)

// scanString reads a string from behind its opening quote, and returns the position behind its closing quote or that
// of a wrong byte.
func scanString(b []byte, i int) (int, bool) {
	for {
		for i+8 <= len(b) {
			// A byte's high bit becomes set when the byte is below ' ', or the same as '"' or '\\'. Of wrong ones
			// above it, the lowest set bit never is one.
			w := binary.LittleEndian.Uint64(b[i:])
			q := w ^ quoteWord
			e := w ^ backslashWord
			m := ((w-spaceWord)&^w | (q-onesWord)&^q | (e-onesWord)&^e) & highWord
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
			i++
		}
		if i >= len(b) || b[i] < ' ' {
			return i, false
		}
		if b[i] == '"' {
			return i + 1, true
		}
		i++
		if i >= len(b) {
			return i, false
		}
		switch b[i] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			i++
		case 'u':
			i++
			for end := i + 4; i < end; i++ {
				if i >= len(b) || hexDigits[b[i]] == 0 {
					return i, false
				}
			}
		default:
			return i, false
		}
	}
}

// hexDigits has one more than the value of each hexadecimal digit, and 0 for other bytes.
var hexDigits = func() (t [256]uint8) {
	for i := range uint8(10) {
		t['0'+i] = i + 1
	}
	for i := range uint8(6) {
		t['a'+i], t['A'+i] = i+11, i+11
	}
	return t
}()

// scanWord reads one of the three literal names.
func scanWord(b []byte, i int, word string) (int, bool) {
	if len(b)-i >= len(word) && string(b[i:i+len(word)]) == word {
		return i + len(word), true
	}
	for j := 0; j < len(word) && i < len(b) && b[i] == word[j]; j++ {
		i++
	}
	return i, false
}

// scanNumber reads a number.
func scanNumber(b []byte, i int) (int, bool) {
	if b[i] == '-' {
		i++
	}
	switch {
	case i >= len(b) || b[i]-'0' > 9:
		return i, false
	case b[i] == '0':
		i++
	default:
		i = skipDigits(b, i)
	}
	if i < len(b) && b[i] == '.' {
		i++
		if i >= len(b) || b[i]-'0' > 9 {
			return i, false
		}
		i = skipDigits(b, i)
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if i >= len(b) || b[i]-'0' > 9 {
			return i, false
		}
		i = skipDigits(b, i)
	}
	return i, true
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

func newJSONError(b []byte, at, end, maxDepth int) *JSONError {
	where := " at offset " + strconv.Itoa(at)
	switch {
	case end == endDepth:
		return &JSONError{at, "nested deeper than " + strconv.Itoa(maxDepth) + " levels" + where, ErrJSONDepth}
	case at >= len(b):
		return &JSONError{at, "unexpected end of JSON input" + where, nil}
	}
	r, _ := utf8.DecodeRune(b[at:])
	return &JSONError{at, "invalid character " + strconv.QuoteRune(r) + where, nil}
}
