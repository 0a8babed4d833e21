package simpleserver

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// scriptOf cuts a stream into reads of these lengths, over and over; the highest values are timers. What comes after
// many reads comes at once: the model looks at everything each time.
func scriptOf(stream, lengths []byte) (events []string) {
	events = append(events, "")
	for i := 0; len(stream) > 0; i++ {
		n := len(stream)
		if len(lengths) > 0 && i < 256 {
			switch n = int(lengths[i%len(lengths)]); {
			case n == 0xff && events[len(events)-1] != idle:
				events = append(events, idle)
				continue
			case n == 0xfe && events[len(events)-1] != stall:
				events = append(events, stall)
				continue
			case n > 0x80: // from there on in larger steps, so that there are reads of all sizes that matter
				n = (n - 0x80) * 16
			}
			n = min(max(n, 1), len(stream))
		}
		events = append(events, string(stream[:n]))
		stream = stream[n:]
	}
	return append(events, idle, eof)
}

// FuzzParser checks that any stream, cut anywhere and with any timers in between, leads to what the model says, and
// that never more is kept than the limits allow.
func FuzzParser(f *testing.F) {
	for i, p := range pieces {
		f.Add([]byte(p+pieces[(i+7)%len(pieces)]+p), []byte{3, 0xff, 1}, uint8(i), uint8(i), uint8(0))
	}
	f.Add([]byte("$a:1|%x$b:2|%y"), []byte{14}, uint8(0), uint8(0), uint8(0))
	f.Add([]byte("$@len:9|%$a:1|%x%y$@len:0|%"), []byte{1}, uint8(9), uint8(0), uint8(0))
	f.Add([]byte("$one%$%two$%"), []byte{4, 1, 2}, uint8(0), uint8(4), uint8(1))
	f.Add([]byte("$@len:0000000001|a:|b:|%x"), []byte{9, 0xff, 0xfe, 1}, uint8(1), uint8(30), uint8(1))
	f.Add(bytes.Repeat([]byte("$a:"), 700), []byte{0xc8}, uint8(0), uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, stream, lengths []byte, maxMessage, maxHead, maxHeaders uint8) {
		if len(stream) > 8<<10 {
			return // for the same reason
		}
		l := &Limits{MaxMessage: int(maxMessage), MaxHead: int(maxHead), MaxHeaders: int(maxHeaders)}
		compareWithModel(t, l, scriptOf(stream, lengths))
	})
}

// fuzzMessage makes a message of a text that lists headers, name and value in turn, one per line.
func fuzzMessage(headers string, body []byte) *Message {
	m := &Message{Body: body}
	if headers == "" {
		return m
	}
	lines := strings.Split(headers, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		m.Add(lines[i], lines[i+1])
	}
	return m
}

// FuzzRoundTrip checks that whatever the encoder does not refuse is read as it was: framed in any pieces, and without
// a length when it comes alone and its body looks like no other message.
func FuzzRoundTrip(f *testing.F) {
	f.Add("a\n1\nb\n", []byte("body"), []byte{1})
	f.Add("@len:\n5\na\n$:", []byte("$a:1|%x\x00\xff"), []byte{2, 0xff, 3})
	f.Add("", []byte{}, []byte{1})
	f.Add("a$\nx", []byte("x"), []byte{})
	f.Add("a\n50%", []byte("x"), []byte{})
	f.Add("é\n\xff", bytes.Repeat([]byte("%"), 2*apart), []byte{0x90})
	f.Fuzz(func(t *testing.T, headers string, body, lengths []byte) {
		m := fuzzMessage(headers, body)
		framed, err := m.AppendFramed(nil)
		legacy, err2 := m.AppendLegacy(nil)
		if (m.Check() == nil) != (err2 == nil) || err2 != nil && err == nil {
			t.Fatalf("%v, but %v and %v", m.Check(), err, err2)
		}
		if err2 != nil {
			return
		}
		want := show(m)
		if !hasStart(body, len(m.Headers) == 0) && len(body) < 1<<12 {
			if shown, _, reason := outcomeOf(play(t, &Limits{}, []string{string(legacy), idle})); shown != want || reason != "" {
				t.Errorf("legacy: got %q %s, want %q", shown, reason, want)
			}
		}
		if err != nil { // there is no room for the length
			return
		}
		if len(m.Headers) == 0 && len(body) == 0 {
			if want = ""; string(framed) != Hello {
				t.Errorf("an empty message is %q", framed)
			}
		}
		// The timers come behind the first bytes, which could be a legacy message's.
		events := append([]string{string(framed[:6])}, scriptOf(framed[6:], lengths)...)
		events = slices.DeleteFunc(events, func(e string) bool { return e == stall })
		if shown, _, reason := outcomeOf(play(t, &Limits{MaxMessage: max(len(body), 1)}, events)); shown != want || reason != "" {
			t.Errorf("framed: got %q %s, want %q", shown, reason, want)
		}
	})
}

// FuzzLegacyParts checks that parts are what a Python client can read, and make up the message together.
func FuzzLegacyParts(f *testing.F) {
	f.Add("a\n1", []byte("100 %"), true)
	f.Add("big\n1", bytes.Repeat([]byte("x"), 3000), false)
	f.Add("", bytes.Repeat([]byte("é€😀"), 300), true)
	f.Add("a\n"+strings.Repeat("v", 980), bytes.Repeat([]byte("\xff"), 600), false)
	f.Add("a\xff\n"+strings.Repeat("\xffv", 200), bytes.Repeat([]byte("%\xe2\x82"), 600), true)
	f.Fuzz(func(t *testing.T, headers string, body []byte, wide bool) {
		checkParts(t, fuzzMessage(headers, body), wide)
	})
}

func checkParts(t testing.TB, m *Message, wide bool) {
	t.Helper()
	policy := PercentKeep
	if wide {
		policy = PercentFullWidth
	}
	before := show(m)
	parts, err := m.LegacyParts(policy)
	if show(m) != before {
		t.Fatalf("%q has become %q", before, show(m))
	}
	if refused := m.Check(); refused != nil {
		if err != refused {
			t.Fatalf("%v, but the parts: %v", refused, err)
		}
		return
	}
	if err != nil {
		if err != ErrHeadTooLarge && err != ErrTooLarge {
			t.Fatal(err)
		}
		return
	}
	var joined strings.Builder
	for i, part := range parts {
		text := string(part)
		if len(part) > MaxLegacyMessage || !utf8.Valid(part) {
			t.Fatalf("part %d of %d bytes: %q", i, len(part), part)
		}
		seen, start, exception := pythonSees(text)
		if exception != "" {
			t.Fatalf("Python: %s with %q", exception, part)
		}
		_, rest, _ := strings.Cut(text, "%")
		if !strings.HasPrefix(rest, start) || policy == PercentFullWidth && start != rest {
			t.Fatalf("Python sees the body %q of %q", start, part)
		}
		if len(parts) > 1 {
			if len(seen) != 1+len(m.Headers) || seen[0].Name != partName || len(seen[0].Value) != len("0001/0001") {
				t.Fatalf("Python sees %v in %q", seen, part)
			}
			seen = seen[1:]
		}
		for i, h := range m.Headers {
			value, _, _ := strings.Cut(strings.ToValidUTF8(h.Value, replacement), ":")
			if (Header{strings.ToValidUTF8(h.Name, replacement), value}) != seen[i] {
				t.Fatalf("Python sees %v in %q", seen, part)
			}
		}
		joined.WriteString(rest)
		if extended := append(part, "overwritten"...); i+1 < len(parts) && &extended[0] == &part[0] {
			t.Fatalf("part %d reaches into the next", i)
		}
	}
	want := strings.ToValidUTF8(string(m.Body), replacement)
	if policy == PercentFullWidth {
		want = strings.ReplaceAll(want, "%", fullWidth)
	}
	if joined.String() != want {
		t.Fatalf("the parts make %q, want %q", joined.String(), want)
	}
}
