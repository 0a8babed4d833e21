package simpleserver

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// bait is what a search would not walk past, were it to come here again.
const bait = "$a:1|%$@len:x|%"

// layBait overwrites what the parser has looked at of the body of the pending message, from a position on, and returns
// how far it got. What a search has to remember are no bytes but where a start may begin.
func layBait(p *Parser, from int) int {
	to := 0
	switch p.kind {
	case kindFramed:
		to = len(p.buf.data)
	case kindLegacy, kindRaw:
		if to = p.search.next; p.search.state != inNone {
			to = p.search.dollar
		}
	}
	for i := max(from, p.body); i < to; i++ {
		p.buf.data[i] = bait[i%len(bait)]
	}
	return max(from, to)
}

// TestNothingIsScannedTwice changes what has been looked at into what would be found if it were looked at again. A
// start that may be going on is spared; that the search goes on behind it is what the state of the search says.
func TestNothingIsScannedTwice(t *testing.T) {
	const size = 300_000
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, test := range map[string]struct{ start, rest string }{
		"legacy":            {"$a:1|%", fill("x")},
		"headerless":        {"$%", fill("hello ")},
		"prefixes":          {"$a:1|%", fill("$")},
		"incomplete starts": {"$a:1|%", fill("$b:2|")},
		"long starts":       {"$a:1|%", fill("$" + strings.Repeat("b:2|", 1000))},
		"endless start":     {"$a:1|%", "$" + fill("b:2|")},
		"long values":       {"$a:1|%", fill("$b:" + strings.Repeat("v", maxStartValue-1))},
		"separators":        {"$a:1|%", fill("%")},
		"raw":               {"x", fill("y$:")},
		"framed":            {fmt.Sprintf("$@len:%d|%%", 2*size), fill("$b:2|%")},
	} {
		for _, piece := range []int{1, 7, 1448, 64 << 10} {
			t.Run(fmt.Sprint(name, " in pieces of ", piece), func(t *testing.T) {
				var p Parser
				var k keeper
				p.Init(&Limits{})
				fed, baited := 0, 0
				feed := func(text string) {
					for text != "" {
						n := min(piece, len(text))
						if err := p.Feed([]byte(text[:n]), &k); err != nil {
							t.Fatal(err)
						}
						fed += n
						text = text[n:]
						if p.Pending() != fed || len(k.messages) > 0 {
							t.Fatalf("%d bytes pending after %d, %d messages", p.Pending(), fed, len(k.messages))
						}
						// What has been baited stays so: to write all of it each time would be quadratic itself.
						baited = layBait(&p, baited)
					}
				}
				feed(test.start)
				feed(test.rest)
				if p.kind != kindFramed && p.search.next != fed {
					t.Errorf("%d bytes of %d looked at", p.search.next, fed)
				}
				p.Idle(&k)
				if p.Release(); p.kind != kindUnknown || p.buf != nil {
					t.Error("something is held after Release")
				}
			})
		}
	}
}

// TestHeadIsScannedOnce checks the same of a head that comes in small pieces.
func TestHeadIsScannedOnce(t *testing.T) {
	var p Parser
	var k keeper
	p.Init(&Limits{})
	feed := func(text string) {
		if err := p.Feed([]byte(text), &k); err != nil {
			t.Fatal(err)
		}
	}
	feed("$name:")
	for i := range MaxHead - len("$name:|") {
		feed("v")
		if p.kind != kindHead || len(k.messages) > 0 {
			t.Fatalf("byte %d: of kind %d, %d messages", i, p.kind, len(k.messages))
		}
		copy(p.buf.data[len("$name:"):], "%%")
	}
	feed("|")
	feed("%")
	if p.kind != kindLegacy || p.count != 1 {
		t.Fatalf("of kind %d with %d headers", p.kind, p.count)
	}
	p.Idle(&k)
	if len(k.messages) != 1 || len(k.messages[0].Headers) != 1 || len(k.messages[0].Body) != 0 {
		t.Errorf("got %s", showAll(k.messages))
	}
}

// discard counts messages.
type discard struct{ messages int }

func (d *discard) OnMessage(*Message) { d.messages++ }

func allocations(t *testing.T, what string, most float64, f func()) {
	t.Helper()
	if raceEnabled {
		t.Skip("pools lose things on purpose under the race detector")
	}
	if n := testing.AllocsPerRun(200, f); n > most {
		t.Errorf("%s: %v allocations, at most %v expected", what, n, most)
	}
}

func TestAllocations(t *testing.T) {
	m := &Message{Body: bytes.Repeat([]byte("b"), 100)}
	m.Add("kind", "chat")
	m.Add("to", "room")
	room := make([]byte, 0, 4<<10)
	allocations(t, "AppendFramed", 0, func() { _, _ = m.AppendFramed(room) })
	allocations(t, "AppendLegacy", 0, func() { _, _ = m.AppendLegacy(room) })
	allocations(t, "Check", 0, func() { _ = m.Check() })
	allocations(t, "LegacyParts of a small message", 2, func() { _, _ = m.LegacyParts(PercentKeep) })

	large := &Message{Headers: m.Headers, Body: bytes.Repeat([]byte("b"), 100_000)}
	allocations(t, "LegacyParts of 100 kB", 2, func() { _, _ = large.LegacyParts(PercentKeep) })

	framed, _ := m.AppendFramed(nil)
	legacy, _ := m.AppendLegacy(nil)
	big, _ := large.AppendFramed(nil)
	var p Parser
	var d discard
	feed := func(parts ...[]byte) {
		for _, part := range parts {
			if err := p.Feed(part, &d); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.Init(&Limits{})
	// A message and its bytes: two.
	allocations(t, "a framed message", 2, func() { feed(framed) })
	allocations(t, "a framed message in three pieces", 2, func() { feed(framed[:3], framed[3:60], framed[60:]) })
	allocations(t, "a framed message byte by byte", 2, func() {
		for i := range framed {
			feed(framed[i : i+1])
		}
	})
	hello := []byte(Hello)
	allocations(t, "a hello", 0, func() { feed(hello) })
	allocations(t, "a legacy message", 2, func() {
		feed(legacy)
		p.Idle(&d)
	})
	ten := bytes.Repeat(framed, 10)
	allocations(t, "ten framed messages in one read", 20, func() { feed(ten) })
	allocations(t, "a large framed message in one piece", 3, func() { feed(big) })
	// Its buffer doubles from what came first on, and the last one becomes the body.
	allocations(t, "a large framed message in pieces of 4 kB", 8, func() {
		for rest := big; len(rest) > 0; rest = rest[min(4096, len(rest)):] {
			feed(rest[:min(4096, len(rest))])
		}
	})
	if d.messages == 0 || p.buf != nil {
		t.Errorf("%d messages", d.messages)
	}
}

// TestAnnouncedLengthAllocatesNothing checks that memory is taken for what has come, not for what was promised.
func TestAnnouncedLengthAllocatesNothing(t *testing.T) {
	var p Parser
	var d discard
	p.Init(&Limits{MaxMessage: 1 << 30})
	if err := p.Feed([]byte("$@len:1073741824|%x"), &d); err != nil {
		t.Fatal(err)
	}
	if c := cap(p.buf.data); c > 1<<minBufferBits {
		t.Errorf("%d bytes are held for 19", c)
	}
}

func BenchmarkParser(b *testing.B) {
	m := &Message{Body: bytes.Repeat([]byte("b"), 100)}
	m.Add("kind", "chat")
	framed, _ := m.AppendFramed(nil)
	legacy, _ := m.AppendLegacy(nil)
	for name, text := range map[string][]byte{"framed": framed, "legacy": legacy} {
		in := bytes.Repeat(text, 100)
		for _, piece := range []int{len(in), 1448} {
			b.Run(fmt.Sprintf("100 %s messages in pieces of %d", name, piece), func(b *testing.B) {
				var p Parser
				var d discard
				p.Init(&Limits{})
				b.ReportAllocs()
				b.SetBytes(int64(len(in)))
				for b.Loop() {
					for rest := in; len(rest) > 0; {
						n := min(piece, len(rest))
						if err := p.Feed(rest[:n], &d); err != nil {
							b.Fatal(err)
						}
						rest = rest[n:]
					}
				}
			})
		}
	}
	b.Run("encode", func(b *testing.B) {
		var out []byte
		b.ReportAllocs()
		for b.Loop() {
			out, _ = m.AppendFramed(out[:0])
		}
	})
}
