package simpleserver

import (
	"bytes"
	"strconv"
	"strings"
)

// model reads a script as the specification says it, without regard for speed: everything pending is looked at from
// its beginning with each event.
type model struct {
	limits  *Limits
	pending string
	reads   map[int]bool // where in pending a read began
	large   bool
	framed  bool
	closed  bool
}

// Kinds of what is pending, as the model names them.
const (
	modelHead   = "incomplete head"
	modelFramed = "framed"
	modelLegacy = "legacy"
	modelRaw    = "raw"
)

func playModel(l *Limits, events []string) []outcome {
	m := &model{limits: l, reads: map[int]bool{}}
	var outcomes []outcome
	for _, event := range events {
		var messages []*Message
		var reason string
		if !m.closed {
			messages, reason = m.event(event)
		}
		if reason != "" || event == eof {
			m.closed, m.pending = true, ""
		}
		o := outcome{shown: showAll(messages), count: len(messages), reason: reason, framed: m.framed, wait: m.wait()}
		if reason != "" {
			if o.shown != "" {
				o.shown += "; "
			}
			o.shown += "close " + reason
		}
		outcomes = append(outcomes, o)
	}
	return outcomes
}

func (m *model) wait() Wait {
	if m.pending == "" {
		return WaitNothing
	}
	if kind, _, _ := m.look(); kind == modelFramed || strings.HasPrefix(m.pending, "$@len:") {
		return WaitStall
	}
	if m.large {
		return WaitIdleLarge
	}
	return WaitIdle
}

func (m *model) event(event string) (messages []*Message, reason string) {
	switch event {
	case idle:
		if m.wait() == WaitIdle || m.wait() == WaitIdleLarge {
			messages = []*Message{m.open()}
			m.drop(len(m.pending))
		}
		return messages, ""
	case stall:
		if m.wait() == WaitStall {
			return nil, "stalled"
		}
		return nil, ""
	case eof:
		if m.pending == "" {
			return nil, ""
		}
		kind, _, _ := m.look()
		if kind == modelFramed || kind == modelHead && strings.HasPrefix(m.pending, "$@len:") {
			return nil, "truncated"
		}
		return []*Message{m.open()}, ""
	case "":
		return nil, ""
	}
	m.large = len(event) >= 1024
	m.reads[len(m.pending)] = true
	m.pending += event
	for m.pending != "" {
		kind, headers, body := m.look()
		size := 0
		switch kind {
		case modelHead:
		case modelFramed:
			digits := headers[0].Value
			if digits == "" || len(digits) > 10 || strings.Trim(digits, "0123456789") != "" {
				return messages, "bad_length"
			}
			n, _ := strconv.Atoi(digits)
			if n > m.limits.maxMessage() {
				return messages, "too_large"
			}
			if body+n <= len(m.pending) {
				size = body + n
			}
		default:
			from := body
			if kind == modelRaw {
				from = 1
			}
			for at := from; at < len(m.pending) && size == 0; at++ {
				if m.isStart(at, kind == modelLegacy && len(headers) == 0) {
					size = at
				}
			}
			if size > m.limits.maxMessage() {
				return messages, "too_large"
			}
		}
		if size == 0 {
			if len(m.pending) > m.limits.maxMessage() && kind != modelFramed &&
				!(kind == modelHead && strings.HasPrefix(m.pending, "$@len:")) {
				return messages, "too_large"
			}
			break
		}
		switch {
		case kind != modelFramed:
			messages = append(messages, &Message{Headers: headers, Body: []byte(m.pending[body:size])})
		case len(headers) > 1 || size > body:
			messages = append(messages, &Message{Headers: headers[1:], Body: []byte(m.pending[body:size])})
		}
		m.framed = m.framed || kind == modelFramed
		m.drop(size)
	}
	return messages, ""
}

// open is the open message as it stands.
func (m *model) open() *Message {
	if kind, headers, body := m.look(); kind == modelLegacy {
		return &Message{Headers: headers, Body: []byte(m.pending[body:])}
	}
	return &Message{Body: []byte(m.pending)}
}

func (m *model) drop(n int) {
	m.pending = m.pending[n:]
	reads := map[int]bool{}
	for at := range m.reads {
		if at >= n && m.pending != "" {
			reads[at-n] = true
		}
	}
	m.reads = reads
}

// look returns the kind of the first message, its headers with the length, and where its body begins.
func (m *model) look() (kind string, headers []Header, body int) {
	if m.pending[0] != '$' {
		return modelRaw, nil, 0
	}
	most := m.limits.maxHead() + 2
	end := strings.IndexByte(m.pending[:min(len(m.pending), most)], '%')
	if end < 0 && len(m.pending) < most {
		return modelHead, nil, 0
	}
	if end < 0 {
		return modelRaw, nil, 0
	}
	if end == 1 {
		return modelLegacy, nil, 2
	}
	entries := strings.Split(m.pending[1:end], "|")
	for i, entry := range entries {
		name, value, colon := strings.Cut(entry, ":")
		last := i == len(entries)-1
		if strings.Contains(name, "$") || last && entry != "" && !colon {
			return modelRaw, nil, 0
		}
		if name != "" {
			headers = append(headers, Header{name, value})
		}
	}
	kind = modelLegacy
	counted := len(headers)
	if len(headers) > 0 && headers[0].Name == "@len" {
		kind = modelFramed
		counted--
	}
	if counted > m.limits.maxHeaders() {
		return modelRaw, nil, 0
	}
	return kind, headers, end + 1
}

func (m *model) isStart(at int, headerless bool) bool {
	return isS1(m.pending[at:]) || strings.HasPrefix(m.pending[at:], "$%") && (headerless || m.reads[at])
}

// isS1 tells whether text begins with a complete head of the strict form.
func isS1(text string) bool {
	if text[0] != '$' {
		return false
	}
	head, _, ok := strings.Cut(text[1:], "%")
	if !ok || !strings.HasSuffix(head, "|") || strings.Contains(head, "$") {
		return false
	}
	for entry := range strings.SplitSeq(strings.TrimSuffix(head, "|"), "|") {
		name, value, colon := strings.Cut(entry, ":")
		if !colon || name == "" || len(name) > 128 || len(value) > 4096 {
			return false
		}
	}
	return true
}

// hasStart tells whether a body would be cut somewhere, if it is read with a message that has headers or none.
func hasStart(body []byte, headerless bool) bool {
	if headerless && bytes.Contains(body, []byte("$%")) {
		return true
	}
	for i := range body {
		if isS1(string(body[i:])) {
			return true
		}
	}
	return false
}
