package codec

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
)

func TestDeflated(t *testing.T) {
	noise := make([]byte, 2000)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(noise)
	for _, test := range []struct {
		name    string
		frame   *Frame
		smaller bool
	}{
		{"text", TextFrameString(strings.Repeat("hello ", 100)), true},
		{"binary", BinaryFrame(bytes.Repeat([]byte{0xff, 0}, 1000)), true},
		{"large", TextFrameString(strings.Repeat("hello ", 50_000)), true},
		{"just large enough", TextFrameString(strings.Repeat("a", DeflateMin)), true},
		{"too small", TextFrameString(strings.Repeat("a", DeflateMin-1)), false},
		{"empty", TextFrameString(""), false},
		{"noise", BinaryFrame(noise), false},
		{"raw", RawFrame(bytes.Repeat([]byte("a"), 1000)), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			wire := bytes.Clone(test.frame.Wire())
			got := test.frame.Deflated()
			if !bytes.Equal(test.frame.Wire(), wire) {
				t.Error("Wire has changed")
			}
			if !test.smaller {
				if &got[0] != &test.frame.Wire()[0] || len(got) != len(wire) {
					t.Error("not what Wire returns")
				}
				return
			}
			if len(got) >= len(wire) {
				t.Errorf("%d bytes become %d", len(wire), len(got))
			}
			if again := test.frame.Deflated(); &again[0] != &got[0] {
				t.Error("compressed twice")
			}
			// The other side's view, from another implementation.
			f, err := readFrame(bytes.NewReader(got))
			if err != nil || f.Header.Rsv != ws.Rsv(true, false, false) || !f.Header.Fin ||
				f.Header.OpCode != frameOp(wire) || ws.HeaderSize(f.Header)+len(f.Payload) != len(got) {
				t.Fatalf("%+v, %v", f.Header, err)
			}
			f, err = wsflate.DecompressFrame(f)
			if err != nil || !bytes.Equal(f.Payload, test.frame.Payload()) {
				t.Errorf("inflates to %d bytes, %v", len(f.Payload), err)
			}
		})
	}
}

func TestDeflatedConcurrent(t *testing.T) {
	for range 50 {
		f := TextFrameString(strings.Repeat("hello ", 200))
		var wg sync.WaitGroup
		first := make([]*byte, 8)
		for i := range first {
			wg.Go(func() { first[i] = &f.Deflated()[0] })
		}
		wg.Wait()
		for _, p := range first {
			if p != first[0] {
				t.Fatal("compressed twice")
			}
		}
	}
}

func TestDeflatedSize(t *testing.T) {
	if n := unsafe.Sizeof(deflated{}); n > 8 {
		t.Errorf("%d bytes in each frame", n)
	}
	f := TextFrameString("a")
	if n := testing.AllocsPerRun(10, func() { f.Deflated() }); n != 0 {
		t.Errorf("%v allocations for a small frame", n)
	}
}

// flateBlocks compresses with the given ends: 'f' flushes, 'F' marks the last block.
func flateBlocks(parts ...string) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	for _, part := range parts {
		_, _ = w.Write([]byte(part))
		_ = w.Flush()
	}
	return strings.TrimSuffix(b.String(), deflateMarker)
}

func flateFinal(s string) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func TestParserCompression(t *testing.T) {
	o := &ParserOptions{MaxMessage: 5000, Compression: true}
	hello := "\xf2\x48\xcd\xc9\xc9\x07\x00" // RFC 7692 section 7.2.3.1
	big := strings.Repeat("a", 5000)
	for _, test := range []struct {
		name   string
		stream []byte
		want   []string
	}{
		{"RFC 7.2.3.1", client(packed, hello), []string{`text "Hello"`}},
		{"RFC 7.2.3.1 in fragments", join(client(textPart|rsv1, hello[:3]), client(lastPart, hello[3:])), []string{`text "Hello"`}},
		{"RFC 7.2.3.3, stored", client(packed, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), []string{`text "Hello"`}},
		{"RFC 7.2.3.4, last block", client(packed, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), []string{`text "Hello"`}},
		{"last block without padding", client(packed, flateFinal("Hello")), []string{`text "Hello"`}},
		{"RFC 7.2.3.5, two blocks", client(packed, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), []string{`text "Hello"`}},
		{"RFC 7.2.3.6, empty", client(packed, "\x00"), []string{`text ""`}},
		{"no payload", client(packed, ""), []string{`text ""`}},
		{"no context takeover", join(client(packed, hello), client(packed, "\xf2\x00\x11\x00\x00")),
			[]string{`text "Hello"`, "fail 1007"}},
		{"not compressed", join(client(text, "a"), client(packed, hello), client(binaryF, "b")),
			[]string{`text "a"`, `text "Hello"`, `binary "b"`}},
		{"binary", client(packedBin, flateBlocks("\xff", "\xfe")), []string{`binary "\xff\xfe"`}},
		{"ping between fragments", join(client(binPart|rsv1, hello[:1]), client(ping, ""), client(lastPart, hello[1:])),
			[]string{`ping ""`, `binary "Hello"`}},
		{"one byte per fragment", join(client(textPart|rsv1, ""), client(morePart, hello[:1]), client(morePart, hello[1:2]),
			client(morePart, hello[2:6]), client(lastPart, hello[6:]), client(text, "x")), []string{`text "Hello"`, `text "x"`}},

		{"not UTF-8", client(packed, flateBlocks("a\xff")), []string{"fail 1007"}},
		{"bad block", client(packed, "\xff\xff\xff"), []string{"fail 1007"}},
		{"incomplete", client(packed, hello[:4]), []string{"fail 1007"}},
		{"data behind the last block", client(packed, flateFinal("Hello")+"\x00\x00"), []string{"fail 1007"}},
		{"more behind the last block", client(packed, flateFinal("Hello")+flateFinal("Hello")), []string{"fail 1007"}},
		{"at the limit", client(packed, flateBlocks(big)), []string{fmt.Sprintf("text %q", big)}},
		{"stored, at the limit", client(packedBin, string(deflateStored(big))), []string{fmt.Sprintf("binary %q", big)}},
		{"above the limit", client(packed, flateBlocks(big+"a")), []string{"fail 1009"}},
		{"bomb", client(packed, flateBlocks(strings.Repeat(big, 700))), []string{"fail 1009"}},
		{"compressed size above the limit", clientLength(packed, 6000, ""), []string{"fail 1009"}},
		{"fragments above the limit", join(client(textPart|rsv1, big), clientLength(lastPart, 1000, "")), []string{"fail 1009"}},
		{"not compressed, above the limit", clientLength(text, 5001, ""), []string{"fail 1009"}},
		{"RSV1 on a continuation", join(client(textPart|rsv1, hello[:3]), client(lastPart|rsv1, hello[3:])), []string{"fail 1002"}},
		{"RSV1 on a ping", client(ping|rsv1, ""), []string{"fail 1002"}},
		{"RSV1 and RSV2", client(packed|0x20, hello), []string{"fail 1002"}},
		{"RSV2", client(text|0x20, "a"), []string{"fail 1002"}},
		{"RSV3", client(text|0x10, "a"), []string{"fail 1002"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, piece := range []int{0, 1, 3, 100} {
				if got := parse(o, test.stream, piece); fmt.Sprint(got) != fmt.Sprint(test.want) {
					t.Errorf("pieces of %d: got %.300q, want %.300q", piece, got, test.want)
				}
			}
		})
	}
}

func deflateStored(s string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.NoCompression)
	_, _ = io.WriteString(w, s)
	_ = w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte(deflateMarker))
}

func BenchmarkDeflated(b *testing.B) {
	payload := strings.Repeat(`{"cmd":"gmsg","val":"hello"},`, 40)
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		TextFrameString(payload).Deflated()
	}
}

func BenchmarkParserInflate(b *testing.B) {
	payload := strings.Repeat(`{"cmd":"gmsg","val":"hello"},`, 40)
	frame := client(packed, string(deflatePayload(payload)))
	in := make([]byte, len(frame))
	var d discard
	var p Parser
	p.Init(&ParserOptions{Compression: true}, nil)
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		copy(in, frame)
		if err := p.Feed(in, &d); err != nil {
			b.Fatal(err)
		}
	}
}
