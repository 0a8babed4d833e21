package storage

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/scratch"
)

// How rooms and variables are written. Numbers are uvarints unless they are part of a key, where they are big-endian
// so that keys are in their order. Every value is sealed.

// maxText is the longest text that is a key by itself. Of a longer one the hash is, and the text is in the value.
const maxText = 1 << 10 // bytes

// hashed marks a key that is a hash. No text starts with it, because texts are UTF-8.
const hashed = 0xff

// appendText appends a text, or what stands for it, to a key.
func appendText(key []byte, text string) []byte {
	if len(text) <= maxText {
		return append(key, text...)
	}
	sum := sha256.Sum256([]byte(text))
	return append(append(key, hashed), sum[:]...)
}

// text returns the text of a key; full is the one from the value.
func text(key []byte, full string) string {
	if len(key) > 0 && key[0] == hashed {
		return full
	}
	return string(key)
}

// fullText is what the value of a text has to hold beside the key.
func fullText(text string) string {
	if len(text) <= maxText {
		return ""
	}
	return text
}

// head is what is kept of a room beside its variables.
type head struct {
	number  uint64 // under which its variables are
	created int64  // milliseconds since 1970
	touched int64  // milliseconds since 1970
	count   uint64 // of variables
	size    uint64 // bytes of their keys and values
	changes uint64 // in the history, ever
	name    string // where it is too long for a key
}

func roomKey(r actors.StoredRoom) []byte { return appendText([]byte{byte(r.Space)}, r.Name) }

func (h *head) room(key []byte) actors.StoredRoom {
	return actors.StoredRoom{Space: actors.Space(key[0]), Name: text(key[1:], h.name)}
}

func (h *head) encode() []byte {
	b := binary.AppendUvarint(nil, h.number)
	for _, n := range []uint64{uint64(h.created), uint64(h.touched), h.count, h.size, h.changes} {
		b = binary.AppendUvarint(b, n)
	}
	return append(b, h.name...)
}

func decodeHead(key, stored []byte) (*head, error) {
	value, err := unseal(bucketProjects, key, stored)
	if err != nil {
		return nil, err
	}
	r := reader{b: value}
	h := &head{number: r.number(), created: int64(r.number()), touched: int64(r.number()), count: r.number(), size: r.number(), changes: r.number()}
	h.name = string(r.b)
	return h, r.err
}

// numbered is a key that begins with the number of a room.
func numbered(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

func variableKey(number uint64, name string) []byte { return appendText(numbered(number), name) }

func encodeVariable(v *actors.StoredVariable) []byte {
	full := fullText(v.Name)
	b := make([]byte, 0, 24+len(v.User)+len(full)+len(v.Value)+sealLen)
	b = binary.AppendUvarint(b, v.Order)
	b = binary.AppendUvarint(b, uint64(v.Time))
	b = appendLong(appendLong(b, v.User), full)
	return append(b, v.Value...)
}

func decodeVariable(key, stored []byte) (v actors.StoredVariable, err error) {
	value, err := unseal(bucketValues, key, stored)
	if err != nil {
		return v, err
	}
	r := reader{b: value}
	v.Order, v.Time, v.User = r.number(), int64(r.number()), r.text()
	v.Name = text(key[numberLen:], r.text())
	v.Value = string(r.b)
	return v, r.err
}

func changeKey(number, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(numbered(number), sequence)
}

func encodeChange(c *actors.StoredChange) []byte {
	b := binary.AppendUvarint([]byte{byte(c.Op)}, uint64(c.Time))
	for _, s := range []string{c.User, c.Name, c.NewName} {
		b = appendLong(b, s)
	}
	return append(b, c.Value...)
}

func decodeChange(key, stored []byte) (c actors.StoredChange, err error) {
	value, err := unseal(bucketHistory, key, stored)
	if err != nil {
		return c, err
	}
	r := reader{b: value}
	c.Op, c.Time, c.User = scratch.Op(r.number()), int64(r.number()), r.text()
	c.Name, c.NewName = r.text(), r.text()
	c.Value = string(r.b)
	return c, r.err
}

const numberLen = 8 // bytes of a number in a key

// appendLong appends a text with its length.
func appendLong(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// reader takes a value apart.
type reader struct {
	b   []byte
	err error
}

func (r *reader) number() uint64 {
	n, used := binary.Uvarint(r.b)
	if used <= 0 {
		r.err = fmt.Errorf("%w: a number is cut off", ErrDamaged)
		return 0
	}
	r.b = r.b[used:]
	return n
}

func (r *reader) text() string {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.err = fmt.Errorf("%w: a text is cut off", ErrDamaged)
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}
