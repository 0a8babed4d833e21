package simpleserver

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// pieces are what random streams are made of: everything that means something, and the limits of starts.
var pieces = []string{
	"$", "%", "|", ":", "a", "b:", "c:1|", "x y", "\x00\xff", "é", "@len", "@len:", "0", "12", "$%", "$a:1|%", "$a:|b:2|%",
	"$@len:0|%", "$@len:3|%", "$@len:5|k:v|%", "$@len:2", "$@len:999|%", "$@len:x|%", "$@len:12345678901|%", "$|%", "$:v|%",
	"$a|%", "$ab%", "$a:1%", "$a:1|b%", "$@part:0001/0002|%", "hello", "$" + strings.Repeat("n", maxStartName) + ":1|%",
	"$" + strings.Repeat("n", maxStartName+1) + ":1|%", "$v:" + strings.Repeat("v", maxStartValue) + "|%",
	"$v:" + strings.Repeat("v", maxStartValue+1) + "|%", strings.Repeat("$a:1|%z", 3), strings.Repeat("h:1|", 5),
	strings.Repeat("l", largeRead),
}

// randomScript makes reads out of pieces, cut somewhere, with timers between them.
func randomScript(r *rand.Rand) []string {
	var stream strings.Builder
	for range 1 + r.IntN(12) {
		n := len(pieces)
		if r.IntN(4) > 0 {
			n -= 7 // the long ones are rare
		}
		stream.WriteString(pieces[r.IntN(n)])
	}
	var events []string
	longest := 1 + r.IntN(40)
	if r.IntN(4) == 0 {
		longest = 2 * largeRead
	}
	for rest := stream.String(); rest != ""; {
		n := min(1+r.IntN(longest), len(rest))
		events = append(events, rest[:n])
		rest = rest[n:]
		switch r.IntN(12) {
		case 0:
			events = append(events, idle)
		case 1:
			events = append(events, stall)
		}
	}
	return append(events, []string{idle, stall, eof}[r.IntN(3)], "$%after", eof)
}

func randomLimits(r *rand.Rand) *Limits {
	var l Limits
	if r.IntN(2) == 0 {
		l.MaxMessage = 1 + r.IntN(60)
	}
	if r.IntN(2) == 0 {
		l.MaxHead = 1 + r.IntN(20)
	}
	if r.IntN(2) == 0 {
		l.MaxHeaders = 1 + r.IntN(3)
	}
	return &l
}

func compareWithModel(t testing.TB, l *Limits, events []string) {
	t.Helper()
	got, want := play(t, l, events), playModel(l, events)
	for i := range events {
		if got[i] != want[i] {
			t.Fatalf("%+v %.3000q\nevent %d, %.100q: got %+v, want %+v", *l, events[:i+1], i, events[i], got[i], want[i])
		}
	}
}

// TestAgainstModel compares the parser with a model that knows the rules and no cleverness.
func TestAgainstModel(t *testing.T) {
	n := 20_000
	if raceEnabled || testing.Short() {
		n = 5_000
	}
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 1))
		compareWithModel(t, randomLimits(r), randomScript(r))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// randomText is a text of which nothing is forbidden.
func randomText(r *rand.Rand, most int) string {
	var b strings.Builder
	for range r.IntN(most + 1) {
		b.WriteString(pieces[r.IntN(len(pieces)-7)])
	}
	return b.String()
}

// randomMessage is a message that can be encoded.
func randomMessage(r *rand.Rand) *Message {
	m := &Message{}
	for range r.IntN(9) {
		name := strings.NewReplacer(":", "", "|", "", "%", "", "$", "").Replace(randomText(r, 3))
		if name == "" || name == lengthName || name == partName {
			name = fmt.Sprint("n", r.IntN(3))
		}
		m.Add(name, strings.NewReplacer("|", "", "%", "").Replace(randomText(r, 3)))
	}
	m.Body = []byte(randomText(r, 6))
	switch r.IntN(12) {
	case 0:
		m.Body = bytes.Repeat([]byte("$%"), apart/2)
	case 1:
		m.Body = bytes.Repeat([]byte{byte(r.Uint32())}, r.IntN(3*apart))
	}
	if len(m.Headers) == 0 && len(m.Body) == 0 {
		m.Body = []byte("%") // else it would be a hello
	}
	return m
}

// cut cuts a stream into reads of random lengths.
func cut(r *rand.Rand, stream string) (reads []string) {
	longest := []int{1, 3, 50, 1500, len(stream)}[r.IntN(5)]
	for stream != "" {
		n := min(1+r.IntN(longest), len(stream))
		reads = append(reads, stream[:n])
		stream = stream[n:]
	}
	return reads
}

// outcomeOf joins what all events led to.
func outcomeOf(outcomes []outcome) (shown string, count int, reason string) {
	var all []string
	for _, o := range outcomes {
		count += o.count
		reason += o.reason
		if o.shown != "" {
			all = append(all, o.shown)
		}
	}
	return strings.Join(all, "; "), count, reason
}

// TestFramedAnySplit checks that framed messages come out as they went in, however the stream is cut and whatever
// timers run in between.
func TestFramedAnySplit(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		var stream []byte
		var want []*Message
		// A pause may come anywhere but in the first bytes of a message, which could be the beginning of a legacy one.
		pause := map[int]bool{}
		for range 1 + r.IntN(8) {
			if r.IntN(6) == 0 {
				stream = append(stream, Hello...)
			}
			m := randomMessage(r)
			start := len(stream)
			var err error
			if stream, err = m.AppendFramed(stream); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for at := start + len("$@len:"); at <= len(stream); at++ {
				pause[at] = true
			}
			want = append(want, m)
		}
		var events []string
		at := 0
		for _, read := range cut(r, string(stream)) {
			events = append(events, read)
			if at += len(read); pause[at] && r.IntN(3) == 0 {
				events = append(events, idle)
			}
		}
		shown, count, reason := outcomeOf(play(t, &Limits{}, append(events, eof)))
		if shown != showAll(want) || count != len(want) || reason != "" {
			t.Fatalf("seed %d: got %d messages, %q %s; want %d, %q", seed, count, shown, reason, len(want), showAll(want))
		}
	}
}

// TestLegacyWithPauses checks that messages without a length come out whole when there is a pause behind each,
// however a message is cut.
func TestLegacyWithPauses(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		var events []string
		var want []*Message
		for range 1 + r.IntN(5) {
			m := randomMessage(r)
			text, err := m.AppendLegacy(nil)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			reads := []string{string(text)}
			if !bytes.Contains(m.Body, []byte("$%")) { // else a cut in front of it could be a start
				reads = cut(r, string(text))
			}
			if hasStart(m.Body, len(m.Headers) == 0) {
				continue // what cannot be known stays a guess
			}
			want = append(want, m)
			events = append(append(events, reads...), idle)
		}
		shown, count, reason := outcomeOf(play(t, &Limits{}, events))
		if shown != showAll(want) || count != len(want) || reason != "" {
			t.Fatalf("seed %d: got %q %s, want %q", seed, shown, reason, showAll(want))
		}
	}
}

// TestLegacyCoalesced checks that messages that came in one read are told apart, as long as no body looks like a head.
func TestLegacyCoalesced(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 4))
		var stream []byte
		var want []*Message
		for len(want) < 5 {
			m := randomMessage(r)
			if len(m.Headers) == 0 || bytes.IndexByte(m.Body, '$') >= 0 ||
				slices.ContainsFunc(m.Headers, func(h Header) bool { return strings.Contains(h.Value, "$") }) {
				continue
			}
			tooLong := func(h Header) bool { return len(h.Name) > maxStartName || len(h.Value) > maxStartValue }
			if slices.ContainsFunc(m.Headers, tooLong) {
				continue
			}
			stream, _ = m.AppendLegacy(stream)
			want = append(want, m)
		}
		shown, _, reason := outcomeOf(play(t, &Limits{}, append(cut(r, string(stream)), idle)))
		if shown != showAll(want) || reason != "" {
			t.Fatalf("seed %d: got %q %s, want %q", seed, shown, reason, showAll(want))
		}
	}
}
