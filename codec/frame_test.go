package codec

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

func TestFrame(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 0xffff, 0x10000} {
		payload := strings.Repeat("a", size)
		for _, f := range []*Frame{TextFrameString(payload), TextFrame([]byte(payload)), BinaryFrame([]byte(payload))} {
			checkFrame(t, f, payload)
		}
	}
	raw := RawFrame([]byte("abc"))
	if string(raw.Wire()) != "abc" || string(raw.Payload()) != "abc" || raw.Len() != 3 {
		t.Errorf("got %q, %q, %d", raw.Wire(), raw.Payload(), raw.Len())
	}
}

// readFrame reads one frame with another implementation. The tests know how long their frames are.
func readFrame(r io.Reader) (f ws.Frame, err error) {
	if f.Header, err = ws.ReadHeader(r); err != nil {
		return f, err
	}
	f.Payload = make([]byte, f.Header.Length)
	_, err = io.ReadFull(r, f.Payload)
	return f, err
}

// checkFrame reads a frame with another implementation.
func checkFrame(t interface{ Fatalf(string, ...any) }, f *Frame, payload string) {
	r := bytes.NewReader(f.Wire())
	got, err := readFrame(r)
	if err != nil || r.Len() > 0 || !got.Header.Fin || got.Header.Rsv != 0 || got.Header.Masked ||
		!got.Header.OpCode.IsData() || string(got.Payload) != payload || string(f.Payload()) != payload ||
		f.Len() != ws.HeaderSize(got.Header)+len(payload) {
		t.Fatalf("%d bytes: %+v, %v", len(payload), got.Header, err)
	}
}

func BenchmarkTextFrame(b *testing.B) {
	payload := bytes.Repeat([]byte("a"), 125)
	b.ReportAllocs()
	b.SetBytes(125)
	for b.Loop() {
		TextFrame(payload)
	}
}
