//go:build linux

package main

import "bytes"

// A mark is what numbers a message: who sent it and how many that one had sent before.
type mark struct {
	sender uint16
	seq    uint32
}

// requestBit in a mark's sender tells a request from a message to a room.
const requestBit = 1 << 15

// A numbering is how marks are written in messages: a tag, the sender's digits, the sequence number's digits. The
// width is fixed, so a prebuilt frame is renumbered in place and a received one is found by looking where the last one
// was.
type numbering struct {
	tag              string
	base             uint64
	sender, sequence int // digits
	size             int // of the whole
	blank            string
}

func newNumbering(tag string, base uint64, sender, sequence int) *numbering {
	n := &numbering{tag: tag, base: base, sender: sender, sequence: sequence, size: len(tag) + sender + sequence}
	n.blank = tag + string(bytes.Repeat([]byte("0"), sender+sequence))
	return n
}

// hexMarks are for messages that may hold any text, decimalMarks for those that must be numbers.
var (
	hexMarks     = newNumbering("~skl", 16, 4, 8)
	decimalMarks = newNumbering("9073", 10, 5, 10)
)

const digits = "0123456789abcdef"

// put writes the digits of m behind the tag at b[0:size].
func (n *numbering) put(b []byte, m mark) {
	at := len(n.tag)
	putDigits(b[at:at+n.sender], uint64(m.sender), n.base)
	putDigits(b[at+n.sender:n.size], uint64(m.seq), n.base)
}

func putDigits(b []byte, v, base uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = digits[v%base]
		v /= base
	}
}

// parse reads the mark at the start of b.
func (n *numbering) parse(b []byte) (m mark, ok bool) {
	if len(b) < n.size || string(b[:len(n.tag)]) != n.tag {
		return m, false
	}
	b = b[len(n.tag):n.size]
	sender, ok1 := parseDigits(b[:n.sender], n.base)
	seq, ok2 := parseDigits(b[n.sender:], n.base)
	if !ok1 || !ok2 || sender > 1<<16-1 || seq > 1<<32-1 {
		return m, false
	}
	return mark{uint16(sender), uint32(seq)}, true
}

func parseDigits(b []byte, base uint64) (v uint64, ok bool) {
	for _, c := range b {
		var d uint64
		switch {
		case c >= '0' && c <= '9':
			d = uint64(c - '0')
		case c >= 'a' && c <= 'f':
			d = uint64(c-'a') + 10
		default:
			return 0, false
		}
		if d >= base {
			return 0, false
		}
		v = v*base + d
	}
	return v, true
}

// A markFinder finds marks; messages of one run look alike, so it tries the place of the last find first.
type markFinder struct {
	*numbering
	at int
}

// find returns the mark of payload and what follows it.
func (f *markFinder) find(payload []byte) (m mark, tail []byte, ok bool) {
	if f.at < len(payload) {
		if m, ok = f.parse(payload[f.at:]); ok {
			return m, payload[f.at+f.size:], true
		}
	}
	at := bytes.Index(payload, []byte(f.tag))
	if at < 0 {
		return m, nil, false
	}
	if m, ok = f.parse(payload[at:]); ok {
		f.at = at
		return m, payload[at+f.size:], true
	}
	return m, nil, false
}
