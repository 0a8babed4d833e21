package simpleserver

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Events of a script that are not reads.
const (
	idle  = "\x00idle"
	stall = "\x00stall"
	eof   = "\x00eof"
)

// show writes a message down: (a=1,b=2) body.
func show(m *Message) string {
	var headers []string
	for _, h := range m.Headers {
		headers = append(headers, h.Name+"="+h.Value)
	}
	return fmt.Sprintf("(%s) %s", strings.Join(headers, ","), m.Body)
}

func showAll(messages []*Message) string {
	var all []string
	for _, m := range messages {
		all = append(all, show(m))
	}
	return strings.Join(all, "; ")
}

// keeper keeps messages.
type keeper struct{ messages []*Message }

func (k *keeper) OnMessage(m *Message) { k.messages = append(k.messages, m) }

// outcome is what an event led to.
type outcome struct {
	shown  string // messages, and "close" with the reason
	count  int    // of messages
	reason string
	wait   Wait
	framed bool
}

// play feeds a parser with a script and returns what each event led to.
func play(t testing.TB, l *Limits, events []string) []outcome {
	t.Helper()
	var p Parser
	p.Init(l)
	var all keeper
	var outcomes []outcome
	largest := 0
	for _, event := range events {
		var k keeper
		var err error
		switch event {
		case idle:
			p.Idle(&k)
		case stall:
			err = p.Stall()
		case eof:
			err = p.End(&k)
		default:
			in := []byte(event)
			largest = max(largest, len(in))
			err = p.Feed(in, &k)
			if string(in) != event {
				t.Fatalf("%q has become %q", event, in)
			}
			clear(in)
		}
		o := outcome{shown: showAll(k.messages), count: len(k.messages), wait: p.Waiting(), framed: p.Framed()}
		if err != nil {
			var c *CloseError
			if !errors.As(err, &c) {
				t.Fatalf("%T", err)
			}
			o.reason = c.Reason
			if o.shown != "" {
				o.shown += "; "
			}
			o.shown += "close " + c.Reason
		}
		outcomes = append(outcomes, o)
		all.messages = append(all.messages, k.messages...)
		checkBuffer(t, &p, largest)
	}
	// What was delivered is nobody else's, and still what it was.
	for _, m := range all.messages {
		checkMessage(t, m)
	}
	var later []string
	for _, m := range all.messages {
		later = append(later, show(m))
	}
	i := 0
	for _, o := range outcomes {
		if got := strings.Join(later[i:i+o.count], "; "); !strings.HasPrefix(o.shown, got) {
			t.Fatalf("%q has become %q", o.shown, got)
		}
		i += o.count
	}
	return outcomes
}

// checkBuffer checks that memory is bounded by what is pending, or was.
func checkBuffer(t testing.TB, p *Parser, largest int) {
	t.Helper()
	if p.buf == nil {
		if p.kind != kindUnknown {
			t.Fatalf("nothing pending, but of kind %d", p.kind)
		}
		return
	}
	if n := p.Pending(); n == 0 {
		t.Fatal("an empty buffer is kept")
	}
	limit := max(p.limits.maxMessage(), 0) + p.limits.maxHead() + 2
	if p.Pending() > limit {
		t.Fatalf("%d bytes pending, the limit is %d", p.Pending(), limit)
	}
	if c := cap(p.buf.data); c > max(1<<minBufferBits, 2*(limit+largest)) {
		t.Fatalf("buffer of %d for %d bytes, the limit is %d", c, p.Pending(), limit)
	}
}

// checkMessage checks that a body can be changed, and appended to, without harm to the headers. What that does to other
// messages is seen when they are compared.
func checkMessage(t testing.TB, m *Message) {
	t.Helper()
	before := show(m)
	body := bytes.Clone(m.Body)
	headers := slices.Clone(m.Headers)
	clear(m.Body[:cap(m.Body)])
	if !slices.Equal(m.Headers, headers) {
		t.Fatalf("headers of %q have changed with the body", before)
	}
	copy(m.Body, body)
}
