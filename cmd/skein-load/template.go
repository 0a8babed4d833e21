//go:build linux

package main

import "bytes"

// A template is a prebuilt client message with a mark that is renumbered in place.
type template struct {
	numbering *numbering
	bytes     []byte
	marker    int    // where the mark starts in bytes
	key       []byte // masks the mark; nil where nothing is masked
	payload   int    // bytes of payload
	pad       []byte // what follows the mark and must still do so in what the server makes of it
}

// newTemplate builds the message of payload, which contains one blank mark with pad behind it, as f puts it on the wire.
func newTemplate(f framing, n *numbering, payload, pad []byte) *template {
	at := bytes.Index(payload, []byte(n.blank))
	if at < 0 {
		panic("template without mark")
	}
	b := f.append(nil, payload)
	t := &template{numbering: n, bytes: b, marker: len(b) - len(payload) + at, payload: len(payload), pad: pad}
	if f == webSocket {
		t.key = make([]byte, n.size)
		for i := range t.key {
			t.key[i] = maskKey[(at+i)&3]
		}
	}
	return t
}

// appendNumbered appends the message with the given numbers to b.
func (t *template) appendNumbered(b []byte, m mark) []byte {
	start := len(b) + t.marker
	b = append(b, t.bytes...)
	at := b[start : start+t.numbering.size]
	copy(at, t.numbering.tag)
	t.numbering.put(at, m)
	for i := range t.key {
		at[i] ^= t.key[i]
	}
	return b
}
