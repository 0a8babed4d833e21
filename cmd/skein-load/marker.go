//go:build linux

package main

import "bytes"

// A marker is the part of a message by which it is known again: "~skl", four hex digits of the sender, eight of the
// sequence number. Its width is fixed, so a prebuilt frame is renumbered in place and a received one is found by
// looking where the last one was.
const (
	markerTag  = "~skl"
	markerSize = len(markerTag) + 4 + 8
)

// blankMarker is what a template holds where numbers are filled in.
const blankMarker = markerTag + "000000000000"

const hexDigits = "0123456789abcdef"

// putMarker writes the digits of sender and seq behind the tag at b[0:markerSize].
func putMarker(b []byte, sender uint16, seq uint32) {
	b = b[len(markerTag):markerSize]
	for i := range 4 {
		b[i] = hexDigits[sender>>(12-4*i)&15]
	}
	for i := range 8 {
		b[4+i] = hexDigits[seq>>(28-4*i)&15]
	}
}

// parseMarker reads the marker at the start of b.
func parseMarker(b []byte) (sender uint16, seq uint32, ok bool) {
	if len(b) < markerSize || string(b[:len(markerTag)]) != markerTag {
		return 0, 0, false
	}
	var v uint64
	for _, c := range b[len(markerTag):markerSize] {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			v = v<<4 | uint64(c-'a'+10)
		default:
			return 0, 0, false
		}
	}
	return uint16(v >> 32), uint32(v), true
}

// A markerFinder finds markers; messages of one run look alike, so it tries the place of the last find first.
type markerFinder struct{ at int }

// find returns the marker of payload and what follows it.
func (f *markerFinder) find(payload []byte) (sender uint16, seq uint32, tail []byte, ok bool) {
	if f.at < len(payload) {
		if sender, seq, ok = parseMarker(payload[f.at:]); ok {
			return sender, seq, payload[f.at+markerSize:], true
		}
	}
	at := bytes.Index(payload, []byte(markerTag))
	if at < 0 {
		return 0, 0, nil, false
	}
	if sender, seq, ok = parseMarker(payload[at:]); ok {
		f.at = at
		return sender, seq, payload[at+markerSize:], true
	}
	return 0, 0, nil, false
}
