package simpleserver

import (
	"fmt"
	"slices"
)

// parts puts together what a server has sent in parts (section 6 of the specification): before it knows that the
// client can do with more than 1,024 bytes at once, when it greets who has just connected. Parts that do not follow one
// another are left as they are.
type parts struct {
	limit   int // of a body, in bytes
	pending []*Message
	count   int // of all parts
	size    int // of the bodies that are pending
}

// add takes the next message and calls deliver for what is whole.
func (p *parts) add(m *Message, deliver func(*Message)) {
	number, count := partOf(m)
	if len(p.pending) > 0 && (number != len(p.pending)+1 || count != p.count ||
		!slices.Equal(m.Headers[1:], p.pending[0].Headers[1:]) || p.size+len(m.Body) > p.limit) {
		p.flush(deliver)
	}
	if len(p.pending) == 0 && number != 1 {
		deliver(m)
		return
	}
	p.pending, p.count, p.size = append(p.pending, m), count, p.size+len(m.Body)
	if number < count {
		return
	}
	whole := &Message{Headers: m.Headers[1:], Body: make([]byte, 0, p.size)}
	p.flush(func(part *Message) { whole.Body = append(whole.Body, part.Body...) })
	deliver(whole)
}

// flush delivers the parts that are pending as they are: no others will come.
func (p *parts) flush(deliver func(*Message)) {
	pending := p.pending
	*p = parts{limit: p.limit}
	for _, part := range pending {
		deliver(part)
	}
}

// partOf returns which part of how many a message is, or zeros.
func partOf(m *Message) (number, count int) {
	if len(m.Headers) == 0 || m.Headers[0].Name != "@part" {
		return 0, 0
	}
	value := m.Headers[0].Value
	if n, err := fmt.Sscanf(value, "%04d/%04d", &number, &count); n != 2 || err != nil || number < 1 || number > count ||
		value != fmt.Sprintf("%04d/%04d", number, count) {
		return 0, 0
	}
	return number, count
}
