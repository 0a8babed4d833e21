package codec

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"
)

// ID is a 128-bit id that is valid as a ULID and as a UUIDv7 (RFC 9562 section 5.7) at once: 48 bits of Unix time in
// milliseconds, the version, a counter of 12 bits, the variant and 62 random bits. Both text forms, and the bytes,
// sort by the order in which ids were made.
//
// An ID is unique, not secret.
type ID [16]byte

// Lengths of the text forms in bytes.
const (
	ULIDLen = ulid.EncodedSize
	UUIDLen = 36
)

// counterBits are the bits of lastID below the time.
const counterBits = 12

// lastID is the time and the counter of the id that was made last.
var lastID atomic.Uint64

// NewID returns an id that is larger than all before it. When more than 4096 are made in a millisecond they borrow
// from the next one. It does not block, and may be called by any goroutine.
func NewID() ID {
	now := uint64(time.Now().UnixMilli()) << counterBits
	for {
		last := lastID.Load()
		next := max(now, last+1)
		if lastID.CompareAndSwap(last, next) {
			return makeID(next, rand.Uint64()) // ChaCha8, seeded by the operating system
		}
	}
}

// makeID lays out an id.
func makeID(stamp, random uint64) (id ID) {
	const counter = 1<<counterBits - 1
	binary.BigEndian.PutUint64(id[:8], stamp>>counterBits<<16|7<<12|stamp&counter)
	binary.BigEndian.PutUint64(id[8:], random>>2|1<<63)
	return id
}

// ULID returns the ULID form: 26 upper-case characters.
func (id ID) ULID() string {
	var text [ULIDLen]byte
	return string(id.AppendULID(text[:0]))
}

// UUID returns the UUID form: 36 characters, lower-case with hyphens.
func (id ID) UUID() string {
	var text [UUIDLen]byte
	return string(id.AppendUUID(text[:0]))
}

// AppendULID appends what ULID returns to dst.
func (id ID) AppendULID(dst []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, ULIDLen)[:n+ULIDLen]
	_ = ulid.ULID(id).MarshalTextTo(dst[n:]) // fails for other lengths only
	return dst
}

// AppendUUID appends what UUID returns to dst.
func (id ID) AppendUUID(dst []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, UUIDLen)[:n+UUIDLen]
	text := dst[n:]
	hex.Encode(text, id[:4])
	text[8] = '-'
	hex.Encode(text[9:], id[4:6])
	text[13] = '-'
	hex.Encode(text[14:], id[6:8])
	text[18] = '-'
	hex.Encode(text[19:], id[8:10])
	text[23] = '-'
	hex.Encode(text[24:], id[10:])
	return dst
}

// ParseID reads either text form, exactly as ULID and UUID write it. It accepts any 128 bits, not only those that
// NewID makes.
func ParseID(s string) (ID, bool) {
	switch len(s) {
	case ULIDLen:
		return parseULID(s)
	case UUIDLen:
		return parseUUID(s)
	}
	return ID{}, false
}

func parseULID(s string) (ID, bool) {
	for i := range len(s) {
		if s[i] >= 'a' { // the ulid package also accepts lower case
			return ID{}, false
		}
	}
	id, err := ulid.ParseStrict(s)
	return ID(id), err == nil
}

func parseUUID(s string) (id ID, ok bool) {
	n := 0
	for i := 0; i < len(s); {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return ID{}, false
			}
			i++
			continue
		}
		high, low := hexDigits[s[i]], hexDigits[s[i+1]]
		if high == 0 || low == 0 || isUpper(s[i]) || isUpper(s[i+1]) {
			return ID{}, false
		}
		id[n] = (high-1)<<4 | (low - 1)
		n++
		i += 2
	}
	return id, true
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
