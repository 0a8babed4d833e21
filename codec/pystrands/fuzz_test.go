package pystrands

import (
	"slices"
	"strings"
	"testing"
)

// FuzzSplitter checks that the lines do not depend on where the stream is cut, and are those of a split by hand; that
// no more is held than a line may have, and nothing between lines.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte("a\nbc\r\n\n0123456789\nd"), uint8(5), uint8(3), uint8(1))
	f.Add([]byte("0123456789\n0123456789"), uint8(9), uint8(10), uint8(0))
	f.Fuzz(func(t *testing.T, stream []byte, maxLine, piece, next uint8) {
		checkSplit(t, stream, int(maxLine), max(len(stream), 1))
		checkSplit(t, stream, int(maxLine), 1)
		checkSplit(t, stream, int(maxLine), int(piece)+1, int(next)+1)

		var got, want []string
		for block := stream; ; {
			line, rest, ok := NextLine(block)
			if !ok {
				break
			}
			got, block = append(got, string(line)), rest
		}
		for line := range strings.SplitSeq(string(stream), "\n") {
			if line = strings.Trim(line, " \t\r"); line != "" {
				want = append(want, line)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// FuzzAppendASCII checks that what is written is JSON in ASCII and reads as what it was.
func FuzzAppendASCII(f *testing.F) {
	f.Add([]byte("a\"\\\n\x00é€🦢\xff\xe2\x82"))
	f.Fuzz(func(t *testing.T, s []byte) { checkASCII(t, s) })
}

// FuzzAppendASCIIRaw checks that JSON text in ASCII means what the text did.
func FuzzAppendASCIIRaw(f *testing.F) {
	f.Add([]byte(` {"é" : [1e3, "\ud83e\udda2\ud83e\\", {}, null]} `))
	f.Add([]byte("\"\xe2\x82\\ud800\\u0041\""))
	f.Fuzz(func(t *testing.T, text []byte) { checkASCIIRaw(t, text) })
}
