package simpleserver

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// PercentPolicy says what becomes of percent signs in the body of a message to a legacy peer (section 6). The Python
// client sees the body only up to the first.
type PercentPolicy uint8

// Percent policies.
const (
	// PercentKeep sends them as they are.
	PercentKeep PercentPolicy = iota
	// PercentFullWidth sends U+FF05, which looks similar, in their place.
	PercentFullWidth
)

const (
	// MaxLegacyMessage is the limit on what is sent to a legacy peer as one message, in bytes: the size of one recv of
	// the Python client.
	MaxLegacyMessage = 1024

	maxParts    = 9999
	minPartRoom = 16

	replacement = "\uFFFD"
	fullWidth   = "\uFF05"
)

// LegacyParts returns the message in the form for a legacy peer (section 6): one message, or several of which each has
// a part of the body and begins with the header @part, of at most MaxLegacyMessage bytes each. Each is to be written
// for itself. Bytes that are not UTF-8 are replaced; the message is not changed.
//
// The parts belong to the caller. They share their memory, but appending to one does not touch another. The error is
// an *Error.
func (m *Message) LegacyParts(policy PercentPolicy) ([][]byte, error) {
	if _, err := m.head(); err != nil {
		return nil, err
	}
	head := 0
	clean := true
	for i := range m.Headers {
		h := &m.Headers[i]
		clean = clean && utf8.ValidString(h.Name) && utf8.ValidString(h.Value)
		head += len(h.Name) + len(h.Value) + len(":|")
	}
	if !clean {
		m, head = m.withCleanHeaders()
	}
	body := legacyBody(m.Body, policy)
	size := len("$%") + head + len(body)
	if size <= MaxLegacyMessage {
		out := m.appendHead(append(make([]byte, 0, size), '$'))
		return [][]byte{append(out, body...)}, nil
	}

	prefix := len("$@part:0001/0001|%") + head
	room := MaxLegacyMessage - prefix
	if room < minPartRoom {
		return nil, ErrHeadTooLarge
	}
	count := 0
	for rest := body; len(rest) > 0; rest = rest[fit(rest, room):] {
		if count++; count > maxParts {
			return nil, ErrTooLarge
		}
	}
	parts := make([][]byte, 0, count)
	out := make([]byte, 0, count*prefix+len(body))
	for rest := body; len(rest) > 0; {
		start := len(out)
		out = append(out, '$')
		out = append(out, partName...)
		out = appendFourDigits(append(out, ':'), len(parts)+1)
		out = appendFourDigits(append(out, '/'), count)
		out = m.appendHead(append(out, '|'))
		n := fit(rest, room)
		out = append(out, rest[:n]...)
		rest = rest[n:]
		parts = append(parts, out[start:len(out):len(out)])
	}
	return parts, nil
}

// withCleanHeaders returns a copy of the message whose headers are UTF-8, and how many bytes they take.
func (m *Message) withCleanHeaders() (clean *Message, head int) {
	clean = &Message{Headers: make([]Header, 0, len(m.Headers)), Body: m.Body}
	for _, h := range m.Headers {
		h = Header{strings.ToValidUTF8(h.Name, replacement), strings.ToValidUTF8(h.Value, replacement)}
		head += len(h.Name) + len(h.Value) + len(":|")
		clean.Headers = append(clean.Headers, h)
	}
	return clean, head
}

// legacyBody returns the body as a legacy peer gets it, without a copy if there is nothing to replace.
func legacyBody(body []byte, policy PercentPolicy) []byte {
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte(replacement))
	}
	if policy == PercentFullWidth && bytes.IndexByte(body, '%') >= 0 {
		body = bytes.ReplaceAll(body, []byte{'%'}, []byte(fullWidth))
	}
	return body
}

// fit is how many bytes of text, which is UTF-8, go into room without cutting a character.
func fit(text []byte, room int) int {
	if len(text) <= room {
		return len(text)
	}
	for !utf8.RuneStart(text[room]) {
		room--
	}
	return room
}

func appendFourDigits(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/1000), byte('0'+n/100%10), byte('0'+n/10%10), byte('0'+n%10))
}
