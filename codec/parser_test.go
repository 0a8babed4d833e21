package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/gobwas/ws"
	"pgregory.net/rapid"
)

// recorder writes down what a Parser reports, one line per event.
type recorder struct {
	events []string
}

func (r *recorder) add(format string, args ...any) {
	r.events = append(r.events, fmt.Sprintf(format, args...))
}

func (r *recorder) OnMessage(m *Message) {
	kind := "text"
	if m.Binary {
		kind = "binary"
	}
	r.add("%s %q", kind, m.Payload)
	m.Release()
}
func (r *recorder) OnPing(payload []byte)              { r.add("ping %q", payload) }
func (r *recorder) OnPong(payload []byte)              { r.add("pong %q", payload) }
func (r *recorder) OnClose(code uint16, reason string) { r.add("close %d %q", code, reason) }

// discard releases messages and counts them.
type discard struct{ messages, bytes int }

func (d *discard) OnMessage(m *Message)   { d.messages++; d.bytes += len(m.Payload); m.Release() }
func (d *discard) OnPing([]byte)          {}
func (d *discard) OnPong([]byte)          {}
func (d *discard) OnClose(uint16, string) {}

var testMask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// client returns a masked frame. first is the first byte: FIN, RSV and opcode.
func client(first byte, payload string) []byte {
	return clientLength(first, int64(len(payload)), payload)
}

// clientLength is client with a header that announces length bytes.
func clientLength(first byte, length int64, payload string) []byte {
	b := []byte{first}
	switch {
	case length <= 125:
		b = append(b, maskBit|byte(length))
	case length <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, maskBit|126), uint16(length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, maskBit|127), uint64(length))
	}
	b = append(b, testMask[:]...)
	data := []byte(payload)
	ws.Cipher(data, testMask, 0)
	return append(b, data...)
}

// First bytes of frames.
const (
	text      = finBit | byte(ws.OpText)
	binaryF   = finBit | byte(ws.OpBinary)
	textPart  = byte(ws.OpText)
	binPart   = byte(ws.OpBinary)
	morePart  = byte(ws.OpContinuation)
	lastPart  = finBit | byte(ws.OpContinuation)
	closing   = finBit | byte(ws.OpClose)
	ping      = finBit | byte(ws.OpPing)
	pong      = finBit | byte(ws.OpPong)
	packed    = text | rsv1
	packedBin = binaryF | rsv1
)

func join(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

// parse feeds stream in pieces of the given size (0: whole) and returns the events, an error being the last.
func parse(o *ParserOptions, stream []byte, piece int) []string {
	var p Parser
	p.Init(o, nil)
	var r recorder
	if piece == 0 {
		piece = max(len(stream), 1)
	}
	for len(stream) > 0 {
		n := min(piece, len(stream))
		if err := p.Feed(bytes.Clone(stream[:n]), &r); err != nil {
			e := err.(*CloseError)
			r.add("fail %d", e.Code)
			break
		}
		stream = stream[n:]
	}
	p.Release()
	return r.events
}

func closePayload(code uint16, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, code)) + reason
}

func TestParser(t *testing.T) {
	long := strings.Repeat("abcdefgh", 20)
	longer := strings.Repeat("0123456789", 7000)
	plain := &ParserOptions{MaxMessage: 100_000}
	tests := []struct {
		name   string
		stream []byte
		want   []string
	}{
		{"text", client(text, "hello"), []string{`text "hello"`}},
		{"binary", client(binaryF, "\xff\x00"), []string{`binary "\xff\x00"`}},
		{"empty text", client(text, ""), []string{`text ""`}},
		{"empty binary", client(binaryF, ""), []string{`binary ""`}},
		{"16-bit length", client(text, long), []string{fmt.Sprintf("text %q", long)}},
		{"64-bit length", client(text, longer), []string{fmt.Sprintf("text %q", longer)}},
		{"two in one piece", join(client(text, "a"), client(text, "b")), []string{`text "a"`, `text "b"`}},
		{"fragments", join(client(textPart, "he"), client(morePart, "l"), client(lastPart, "lo"), client(binaryF, "x")),
			[]string{`text "hello"`, `binary "x"`}},
		{"binary fragments", join(client(binPart, "\xff"), client(lastPart, "\xfe"), client(text, "x")),
			[]string{`binary "\xff\xfe"`, `text "x"`}},
		{"empty fragments", join(client(textPart, ""), client(morePart, ""), client(lastPart, "")), []string{`text ""`}},
		{"control between fragments", join(client(textPart, "he"), client(ping, "p"), client(pong, ""), client(lastPart, "y")),
			[]string{`ping "p"`, `pong ""`, `text "hey"`}},
		{"ping of 125 bytes", client(ping, long[:125]), []string{fmt.Sprintf("ping %q", long[:125])}},
		{"character split between fragments", join(client(textPart, "\xe2\x82"), client(ping, ""), client(lastPart, "\xac")),
			[]string{`ping ""`, `text "€"`}},
		{"four bytes in four fragments", join(client(textPart, "\xf0"), client(morePart, "\x9f"), client(morePart, "\xa6"),
			client(lastPart, "\xa2")), []string{`text "🦢"`}},

		{"close", join(client(closing, closePayload(1000, "bye")), client(text, "late")), []string{`close 1000 "bye"`}},
		{"close without payload", client(closing, ""), []string{`close 1005 ""`}},
		{"close inside a message", join(client(textPart, "a"), client(closing, "")), []string{`close 1005 ""`}},
		{"close with one byte", client(closing, "\x03"), []string{"fail 1002"}},
		{"close with bad text", client(closing, closePayload(1000, "\xff")), []string{"fail 1007"}},
		{"close with bad code and text", client(closing, closePayload(1004, "\xff")), []string{"fail 1002"}},
		{"close of 125 bytes", client(closing, closePayload(1000, long[:123])),
			[]string{fmt.Sprintf("close 1000 %q", long[:123])}},
		{"close too long", client(closing, closePayload(1000, long[:124])), []string{"fail 1002"}},

		{"no mask", []byte{text, 1, 'a'}, []string{"fail 1002"}},
		{"no mask on control", []byte{ping, 0}, []string{"fail 1002"}},
		{"RSV1", client(text|0x40, "a"), []string{"fail 1002"}},
		{"RSV2", client(text|0x20, "a"), []string{"fail 1002"}},
		{"RSV3", client(text|0x10, "a"), []string{"fail 1002"}},
		{"RSV on ping", client(ping|0x40, ""), []string{"fail 1002"}},
		{"ping too long", client(ping, long[:126]), []string{"fail 1002"}},
		{"fragmented ping", client(ping&^finBit, ""), []string{"fail 1002"}},
		{"fragmented close", client(closing&^finBit, ""), []string{"fail 1002"}},
		{"continuation of nothing", client(lastPart, "a"), []string{"fail 1002"}},
		{"continuation after the end", join(client(text, "a"), client(morePart, "a")), []string{`text "a"`, "fail 1002"}},
		{"new message inside another", join(client(textPart, "a"), client(text, "a")), []string{"fail 1002"}},
		{"16-bit length not minimal", []byte{text, maskBit | 126, 0, 125}, []string{"fail 1002"}},
		{"64-bit length not minimal", []byte{text, maskBit | 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, []string{"fail 1002"}},
		{"64-bit length negative", []byte{text, maskBit | 127, 0x80, 0, 0, 0, 0, 0, 0, 0}, []string{"fail 1002"}},
		{"good before bad", join(client(text, "a"), client(ping, "b"), client(text|0x10, "c"), client(text, "d")),
			[]string{`text "a"`, `ping "b"`, "fail 1002"}},

		{"at the limit", client(binaryF, strings.Repeat("a", 100_000))[:20], nil},
		{"over the limit", clientLength(text, 100_001, ""), []string{"fail 1009"}},
		{"far over the limit", clientLength(text, 1<<62, ""), []string{"fail 1009"}},
		{"over the limit in fragments", join(client(textPart, longer), clientLength(lastPart, 30_001, "")), []string{"fail 1009"}},

		{"not UTF-8", client(text, "a\xff"), []string{"fail 1007"}},
		{"surrogate", client(text, "\xed\xa0\x80"), []string{"fail 1007"}},
		{"overlong", client(text, "\xc0\xaf"), []string{"fail 1007"}},
		{"above U+10FFFF", client(text, "\xf4\x90\x80\x80"), []string{"fail 1007"}},
		{"incomplete at the end", client(text, "a\xe2\x82"), []string{"fail 1007"}},
		{"incomplete at the end of fragments", join(client(textPart, "a\xe2"), client(lastPart, "\x82")), []string{"fail 1007"}},
		{"incomplete before an empty fragment", join(client(textPart, "a\xe2"), client(lastPart, "")), []string{"fail 1007"}},

		{"not UTF-8, first fragment", client(textPart, "a\xff"), []string{"fail 1007"}},
		{"not UTF-8, unfinished frame", clientLength(text, 50, "a\xff"), []string{"fail 1007"}},
		{"surrogate, unfinished frame", clientLength(text, 50, "a\xed\xa0"), []string{"fail 1007"}},
		{"above U+10FFFF, unfinished frame", clientLength(text, 50, "a\xf4\x90"), []string{"fail 1007"}},
		{"may become UTF-8", clientLength(text, 50, "a\xf4\x8f\xbf"), nil},
	}
	for op := byte(3); op < 16; op++ {
		if op < 8 || op > 10 {
			tests = append(tests, struct {
				name   string
				stream []byte
				want   []string
			}{fmt.Sprintf("opcode %d", op), client(finBit|op, ""), []string{"fail 1002"}})
		}
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, piece := range []int{0, 1, 2, 3, 5, 1000} {
				got := parse(plain, test.stream, piece)
				if fmt.Sprint(got) != fmt.Sprint(test.want) {
					t.Errorf("pieces of %d: got %.300q, want %.300q", piece, got, test.want)
				}
			}
		})
	}
}

func TestParserCloseCodes(t *testing.T) {
	for code := 0; code <= 0xffff; code++ {
		c := uint16(code)
		want := c >= 1000 && c <= 1003 || c >= 1007 && c <= 1014 || c >= 3000 && c <= 4999
		var p Parser
		p.Init(&ParserOptions{}, nil)
		err := p.Feed(client(closing, closePayload(c, "")), &recorder{})
		if (err == nil) != want {
			t.Fatalf("%d: %v", c, err)
		}
		if err != nil && err.(*CloseError).Code != 1002 {
			t.Fatalf("%d: %v", c, err)
		}
	}
}

// TestParserNothingOnCredit checks that a length field alone makes the parser allocate nothing to speak of.
func TestParserNothingOnCredit(t *testing.T) {
	o := &ParserOptions{MaxMessage: 1 << 30}
	var p Parser
	p.Init(o, nil)
	if err := p.Feed(clientLength(binaryF, 1<<30, "ab"), &discard{}); err != nil {
		t.Fatal(err)
	}
	if c := cap(p.msg.Payload); c > 512 {
		t.Errorf("buffer of %d bytes for 2 bytes of a frame", c)
	}
	for range 20 {
		if err := p.Feed(make([]byte, 10_000), &discard{}); err != nil {
			t.Fatal(err)
		}
	}
	if have, c := len(p.msg.Payload), cap(p.msg.Payload); c > 2*have {
		t.Errorf("buffer of %d bytes for %d bytes of a frame", c, have)
	}
	p.Release()
	if p.msg != nil {
		t.Error("Release keeps the buffer")
	}
}

func TestParserTinyFragments(t *testing.T) {
	const n = 100_000
	var stream []byte
	stream = append(stream, client(textPart, "")...)
	for range n {
		stream = append(stream, client(morePart, "a")...)
		stream = append(stream, client(morePart, "")...)
	}
	stream = append(stream, client(lastPart, "")...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var d discard
	var p Parser
	p.Init(&ParserOptions{}, nil)
	for len(stream) > 0 {
		k := min(1000, len(stream))
		if err := p.Feed(stream[:k], &d); err != nil {
			t.Fatal(err)
		}
		stream = stream[k:]
	}
	runtime.ReadMemStats(&after)
	if d.messages != 1 || d.bytes != n {
		t.Errorf("got %d messages with %d bytes", d.messages, d.bytes)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 2<<20 {
		t.Errorf("%d bytes allocated for %d", grown, n)
	}
}

// TestParserIdle checks what each connection costs between messages.
func TestParserIdle(t *testing.T) {
	var p Parser
	if n := unsafe.Sizeof(p); n > 80 {
		t.Errorf("%d bytes", n)
	}
	p.Init(&ParserOptions{}, nil)
	stream := join(client(textPart, "a"), client(ping, "b"), client(lastPart, "c"), client(text, "d"))
	for i := range stream {
		if err := p.Feed(stream[i:i+1], &discard{}); err != nil {
			t.Fatal(err)
		}
	}
	if p.msg != nil || p.ctl != nil {
		t.Error("holds a buffer")
	}
}

// releaseOnFirst gives up the parser from within an event.
type releaseOnFirst struct {
	recorder
	p *Parser
}

func (r *releaseOnFirst) OnMessage(m *Message) {
	r.recorder.OnMessage(m)
	r.p.Release()
}

func TestParserReleaseInEvent(t *testing.T) {
	var p Parser
	p.Init(&ParserOptions{}, nil)
	r := releaseOnFirst{p: &p}
	if err := p.Feed(join(client(text, "a"), client(text, "b"), client(0xff, "")), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.events) != 1 {
		t.Errorf("got %q", r.events)
	}
}

func TestParserSilentAfterError(t *testing.T) {
	var p Parser
	p.Init(&ParserOptions{}, nil)
	var r recorder
	if err := p.Feed(client(0xff, ""), &r); err == nil {
		t.Fatal("no error")
	}
	if err := p.Feed(join(client(text, "a"), client(0xff, "")), &r); err != nil || len(r.events) > 0 {
		t.Errorf("got %v, %q", err, r.events)
	}
}

type countCredit struct{ calls, bytes int }

func (c *countCredit) Done(n int) { c.calls++; c.bytes += n }

func TestParserCredit(t *testing.T) {
	var c countCredit
	var p Parser
	p.Init(&ParserOptions{Compression: true}, &c)
	big := strings.Repeat("a", 1000)
	stream := join(client(text, "abc"), client(textPart, "x"), client(lastPart, "y"), client(text, ""),
		client(packed, string(deflated1000())), client(textPart, "dropped"))
	if err := p.Feed(stream, &discard{}); err != nil {
		t.Fatal(err)
	}
	p.Release()
	if want := 3 + 2 + 0 + len(big); c.calls != 4 || c.bytes != want {
		t.Errorf("got %d calls, %d bytes; want 4 and %d", c.calls, c.bytes, want)
	}
}

// deflated1000 is the compressed payload of a thousand times the letter a.
func deflated1000() []byte { return deflatePayload(strings.Repeat("a", 1000)) }

func deflatePayload(s string) []byte {
	c := compressors.Get().(*compressor)
	defer c.put()
	return bytes.Clone(c.compress([]byte(s)))
}

// drawFrames draws a stream of frames of which most are legal.
func drawFrames(t *rapid.T) []byte {
	payload := rapid.OneOf(
		rapid.String(),
		rapid.StringN(0, 700, 2000),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 300), func(b []byte) string { return string(b) }),
	)
	var stream []byte
	inside := false
	for range rapid.IntRange(0, 12).Draw(t, "frames") {
		first := rapid.SampledFrom([]byte{text, text, text, binaryF, textPart, binPart, ping, pong, closing, packed}).Draw(t, "first")
		if inside && first&0x08 == 0 {
			first = rapid.SampledFrom([]byte{morePart, lastPart}).Draw(t, "continuation")
		}
		if first&0x08 == 0 {
			inside = first&finBit == 0
		}
		data := payload.Draw(t, "payload")
		switch {
		case first == packed:
			data = string(deflatePayload(data))
		case first == closing && len(data) > 0:
			data = closePayload(rapid.Uint16Range(990, 5005).Draw(t, "code"), data)
		}
		if first&0x08 != 0 {
			data = data[:min(len(data), 125)]
		}
		if rapid.IntRange(0, 40).Draw(t, "spoil") == 0 {
			first ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		stream = append(stream, client(first, data)...)
	}
	return stream[:rapid.IntRange(max(0, len(stream)-3), len(stream)).Draw(t, "cut")]
}

// TestParserSplit checks that events do not depend on where a stream is cut.
func TestParserSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream := drawFrames(t)
		o := &ParserOptions{MaxMessage: rapid.IntRange(1, 4000).Draw(t, "max"), Compression: rapid.Bool().Draw(t, "compression")}
		want := parse(o, stream, 0)
		var p Parser
		p.Init(o, nil)
		var r recorder
		for rest := bytes.Clone(stream); len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if rapid.Bool().Draw(t, "small") {
				n = min(n, 7)
			}
			if err := p.Feed(rest[:n], &r); err != nil {
				r.add("fail %d", err.(*CloseError).Code)
				break
			}
			rest = rest[n:]
		}
		if fmt.Sprint(r.events) != fmt.Sprint(want) {
			t.Fatalf("whole: %q\nsplit: %q", want, r.events)
		}
	})
}

// TestPartialRune checks that a text that can become UTF-8 is told from one that cannot, byte by byte.
func TestPartialRune(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]byte("aé€🦢\xc0\xe0\xed\xf0\xf4\xf5\x80\x8f\x90\xa0\xbf")), 0, 8).Draw(t, "text")
		can := false
		for _, tail := range []string{"", "\x80", "\x80\x80", "\x80\x80\x80", "\x90\x80", "\x90\x80\x80", "\xa0\x80"} {
			can = can || utf8.ValidString(string(text)+tail)
		}
		n := partialRune(text)
		if got := utf8.Valid(text[:len(text)-n]); got != can {
			t.Fatalf("%q: got %v with %d bytes left", text, got, n)
		}
	})
}

func BenchmarkParserFeed(b *testing.B) {
	for _, size := range []int{125, 1000, 16_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			frame := client(text, strings.Repeat("a", size))
			in := make([]byte, len(frame))
			var d discard
			var p Parser
			p.Init(&ParserOptions{}, nil)
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				copy(in, frame)
				if err := p.Feed(in, &d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParserFeedPieces(b *testing.B) {
	frame := client(text, strings.Repeat("a", 16_000))
	in := make([]byte, len(frame))
	var d discard
	var p Parser
	p.Init(&ParserOptions{}, nil)
	b.ReportAllocs()
	b.SetBytes(16_000)
	for b.Loop() {
		copy(in, frame)
		for rest := in; len(rest) > 0; {
			n := min(1460, len(rest))
			if err := p.Feed(rest[:n], &d); err != nil {
				b.Fatal(err)
			}
			rest = rest[n:]
		}
	}
}
