package simpleserver

import (
	"bytes"
	"strings"
	"testing"
)

// headOf is a message whose encoded headers take so many bytes.
func headOf(size int) *Message {
	return &Message{Headers: []Header{{"n", strings.Repeat("v", size-len("n:|"))}}}
}

func TestEncoderLimits(t *testing.T) {
	check := func(m *Message, legacy, framed string) {
		t.Helper()
		checkError(t, m.Check(), legacy)
		_, err := m.AppendLegacy(nil)
		checkError(t, err, legacy)
		out, err := m.AppendFramed([]byte("before"))
		checkError(t, err, framed)
		if framed != "" && string(out) != "before" {
			t.Errorf("%.20q was appended together with an error", out)
		}
	}
	// The length is one of the headers, and may be what is too much.
	const length = len("@len:0|")
	check(headOf(MaxHead), "", ErrHeadTooLarge.Name)
	check(headOf(MaxHead+1), ErrHeadTooLarge.Name, ErrHeadTooLarge.Name)
	check(headOf(MaxHead-length+1), "", ErrHeadTooLarge.Name)
	check(headOf(MaxHead-length), "", "")
	m := headOf(MaxHead - length)
	m.Body = []byte("ten bytes.") // one digit more
	check(m, "", ErrHeadTooLarge.Name)

	many := &Message{}
	for range MaxHeaders {
		many.Add("n", "")
	}
	check(many, "", "")
	many.Add("n", "")
	check(many, ErrTooManyHeaders.Name, ErrTooManyHeaders.Name)
}

func TestPartLimits(t *testing.T) {
	const prefix = len("$@part:0001/0001|%")
	parts := func(head, body int) (int, error) {
		m := headOf(head)
		m.Body = bytes.Repeat([]byte("x"), body)
		parts, err := m.LegacyParts(PercentKeep)
		return len(parts), err
	}
	least := MaxLegacyMessage - prefix - minPartRoom
	if n, err := parts(least, 100); n != 7 || err != nil {
		t.Errorf("%d parts, %v", n, err)
	}
	_, err := parts(least+1, 100)
	checkError(t, err, ErrHeadTooLarge.Name)
	if n, err := parts(least, maxParts*minPartRoom); n != maxParts || err != nil {
		t.Errorf("%d parts, %v", n, err)
	}
	_, err = parts(least, maxParts*minPartRoom+1)
	checkError(t, err, ErrTooLarge.Name)
	if n, err := parts(MaxLegacyMessage-len("$%")-5, 5); n != 1 || err != nil {
		t.Errorf("%d parts, %v", n, err)
	}
}

// TestWaiting checks which timer a read asks for.
func TestWaiting(t *testing.T) {
	for _, test := range []struct {
		reads []string
		want  Wait
	}{
		{[]string{"$a:1|%x"}, WaitIdle},
		{[]string{strings.Repeat("x", largeRead-1)}, WaitIdle},
		{[]string{strings.Repeat("x", largeRead)}, WaitIdleLarge},
		{[]string{strings.Repeat("x", largeRead), "x"}, WaitIdle},
		{[]string{"$"}, WaitIdle},
		{[]string{"$@len"}, WaitIdle},
		{[]string{"$@len:"}, WaitStall},
		{[]string{"$@len:", strings.Repeat("1", largeRead)}, WaitStall},
		{[]string{"$@len:1|%"}, WaitStall},
		{[]string{"$|@len:1|%"}, WaitStall}, // entries that are empty are skipped
		{[]string{"$@len:1|%x"}, WaitNothing},
		{[]string{"$@len:1|%x$"}, WaitIdle},
		{[]string{Hello}, WaitNothing},
	} {
		var p Parser
		p.Init(&Limits{})
		for _, read := range test.reads {
			if err := p.Feed([]byte(read), &keeper{}); err != nil {
				t.Fatal(err)
			}
		}
		if got := p.Waiting(); got != test.want {
			t.Errorf("%.40q: %d, want %d", test.reads, got, test.want)
		}
	}
}
