package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// FuzzParser checks that events do not depend on where the stream is cut, and are those of a naive reader.
func FuzzParser(f *testing.F) {
	f.Add(join(client(textPart, "he"), client(ping, "p"), client(lastPart, "y"), client(closing, "")), uint8(3), uint16(100), false)
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8, maxMessage uint16, compression bool) {
		o := &ParserOptions{MaxMessage: int(maxMessage) + 1, Compression: compression}
		whole := parse(o, stream, 0)
		for _, n := range []int{1, int(piece) + 1} {
			if cut := parse(o, stream, n); !slices.Equal(whole, cut) {
				t.Fatalf("whole: %q\npieces of %d: %q", whole, n, cut)
			}
		}
		if compression {
			return
		}
		want, complete := readNaively(o, stream)
		got := whole
		if !complete && len(got) == len(want)+1 && strings.HasPrefix(got[len(want)], "fail") {
			got = got[:len(want)] // what is wrong was seen before the naive reader could
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// readNaively reads whole frames, without regard for speed or memory. It returns false when the stream ends within one.
func readNaively(o *ParserOptions, stream []byte) (events []string, complete bool) {
	fail := func(code int) ([]string, bool) { return append(events, fmt.Sprintf("fail %d", code)), true }
	var message []byte
	var first ws.OpCode
	for len(stream) > 0 {
		r := bytes.NewReader(stream)
		h, err := ws.ReadHeader(r)
		if err == ws.ErrHeaderLengthMSB {
			return fail(1002)
		}
		if err != nil {
			return events, false
		}
		head := stream[:len(stream)-r.Len()]
		state := ws.StateServerSide
		if first != 0 {
			state |= ws.StateFragmented
		}
		if ws.CheckHeader(h, state) != nil || ws.HeaderSize(h) != len(head) {
			return fail(1002)
		}
		if h.OpCode.IsData() && h.Length > int64(o.MaxMessage-len(message)) ||
			h.OpCode == ws.OpContinuation && h.Length > int64(o.MaxMessage-len(message)) {
			return fail(1009)
		}
		if h.Length > int64(r.Len()) {
			return events, false
		}
		payload := bytes.Clone(stream[len(head) : len(head)+int(h.Length)])
		stream = stream[len(head)+int(h.Length):]
		for i := range payload {
			payload[i] ^= h.Mask[i%4]
		}

		switch h.OpCode {
		case ws.OpPing:
			events = append(events, fmt.Sprintf("ping %q", payload))
			continue
		case ws.OpPong:
			events = append(events, fmt.Sprintf("pong %q", payload))
			continue
		case ws.OpClose:
			switch {
			case len(payload) == 0:
				return append(events, `close 1005 ""`), true
			case len(payload) == 1 || !legalCode(binary.BigEndian.Uint16(payload)):
				return fail(1002)
			case !utf8.Valid(payload[2:]):
				return fail(1007)
			}
			return append(events, fmt.Sprintf("close %d %q", binary.BigEndian.Uint16(payload), payload[2:])), true
		case ws.OpText, ws.OpBinary:
			first = h.OpCode
		}
		message = append(message, payload...)
		if first == ws.OpText && (h.Fin && !utf8.Valid(message) || !h.Fin && !canBecomeText(message)) {
			return fail(1007)
		}
		if h.Fin {
			kind := map[ws.OpCode]string{ws.OpText: "text", ws.OpBinary: "binary"}[first]
			events = append(events, fmt.Sprintf("%s %q", kind, message))
			message, first = nil, 0
		}
	}
	return events, true
}

func legalCode(c uint16) bool {
	return slices.Contains([]uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014}, c) ||
		c >= 3000 && c < 5000
}

// canBecomeText tries the ends that a begun code point can have.
func canBecomeText(b []byte) bool {
	return slices.ContainsFunc([]string{"", "\x80", "\x80\x80", "\x80\x80\x80", "\x90\x80", "\x90\x80\x80", "\xa0\x80"},
		func(tail string) bool { return utf8.ValidString(string(b) + tail) })
}

// FuzzCheckJSON compares with json.Valid.
func FuzzCheckJSON(f *testing.F) {
	for _, s := range jsonSeeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		checkLikeStd(t, b)
		if !bytes.Equal(b, before) {
			t.Fatalf("%q has become %q", before, b)
		}
	})
}

// FuzzFrame checks that a frame reads as what was put into it, by another implementation and by the parser, as it is
// and compressed.
func FuzzFrame(f *testing.F) {
	f.Add("hello", false)
	f.Add(strings.Repeat("hello ", 100), true)
	f.Fuzz(func(t *testing.T, payload string, compressed bool) {
		var frame *Frame
		want := []string{fmt.Sprintf("text %q", payload)}
		if utf8.ValidString(payload) {
			frame = TextFrameString(payload)
		} else {
			frame = BinaryFrame([]byte(payload))
			want[0] = fmt.Sprintf("binary %q", payload)
		}
		checkFrame(t, frame, payload)
		wire := frame.Wire()
		if compressed {
			wire = frame.Deflated()
		}
		sent, err := readFrame(bytes.NewReader(wire))
		if err != nil {
			t.Fatal(err)
		}
		if got := parse(&ParserOptions{Compression: compressed}, client(wire[0], string(sent.Payload)), 0); !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// FuzzClose checks that a Close frame is legal whatever it is made of, and that the parser's view of any Close frame
// is the specification's.
func FuzzClose(f *testing.F) {
	f.Add(uint16(1000), "bye")
	f.Add(uint16(1005), "")
	f.Fuzz(func(t *testing.T, code uint16, reason string) {
		checkCutReason(t, reason)
		wire := CloseFrame(code, reason)
		if len(wire) > 127 || int(wire[1]) != len(wire)-2 {
			t.Fatalf("%q", wire)
		}
		want := `close 1005 ""`
		if legalCode(code) {
			want = fmt.Sprintf("close %d %q", code, cutReason(reason))
		}
		o := &ParserOptions{}
		if got := parse(o, client(wire[0], string(wire[2:])), 0); !slices.Equal(got, []string{want}) {
			t.Fatalf("got %q, want %s", got, want)
		}

		reason = reason[:min(len(reason), MaxCloseReason)]
		switch {
		case !legalCode(code):
			want = "fail 1002"
		case !utf8.ValidString(reason):
			want = "fail 1007"
		default:
			want = fmt.Sprintf("close %d %q", code, reason)
		}
		if got := parse(o, client(closing, closePayload(code, reason)), 0); !slices.Equal(got, []string{want}) {
			t.Fatalf("got %q, want %s", got, want)
		}
	})
}
