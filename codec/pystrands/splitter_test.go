package pystrands

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/skeinhq/skein/codec"
)

// found records what a Splitter finds: each line with its newline, and oversize for one that was skipped.
type found struct {
	events  []string
	blocks  []int // lengths
	problem string
}

const oversize = "oversize"

func (f *found) OnLines(m *codec.Message) {
	defer m.Release()
	if m.Binary {
		f.problem = "a binary message"
	}
	if len(m.Payload) == 0 || m.Payload[len(m.Payload)-1] != '\n' {
		f.problem = fmt.Sprintf("not whole lines: %q", m.Payload)
	}
	f.blocks = append(f.blocks, len(m.Payload))
	for line := range bytes.Lines(m.Payload) {
		f.events = append(f.events, string(line))
	}
	for i := range m.Payload { // it belongs to the receiver
		m.Payload[i] = 0xff
	}
}

func (f *found) OnOversize() { f.events = append(f.events, oversize) }

// splitByHand is what a Splitter shall find, and the beginning of a line that it shall keep.
func splitByHand(in []byte, maxLine int) (events []string, rest []byte) {
	for line := range bytes.Lines(in) {
		content, whole := bytes.CutSuffix(line, []byte{'\n'})
		switch {
		case len(content) > maxLine:
			events = append(events, oversize)
		case whole:
			events = append(events, string(line))
		default:
			rest = line
		}
	}
	return events, rest
}

// checkedPieces is the longest stream that is checked after each piece; that takes the square of the length.
const checkedPieces = 512

// checkSplit feeds in to a splitter in pieces of the given lengths, one after the other and again from the start.
func checkSplit(t testing.TB, in []byte, maxLine int, pieces ...int) {
	t.Helper()
	var s Splitter
	s.Init(maxLine)
	f := &found{}
	buf := make([]byte, 0, len(in)) // used again, as that of a reader
	done := 0
	for i := 0; done < len(in); i++ {
		n := min(pieces[i%len(pieces)], len(in)-done)
		buf = append(buf[:0], in[done:done+n]...)
		s.Feed(buf, f)
		if !bytes.Equal(buf, in[done:done+n]) {
			t.Fatalf("the input has become %q", buf)
		}
		for j := range buf {
			buf[j] = 0xfe
		}
		done += n
		if len(in) > checkedPieces && done < len(in) {
			continue
		}
		want, rest := splitByHand(in[:done], maxLine)
		if !slices.Equal(f.events, want) {
			t.Fatalf("%q in pieces of %v, at most %d, %d bytes: got %q, want %q", in, pieces, maxLine, done, f.events, want)
		}
		if !bytes.Equal(s.rest, rest) || len(rest) == 0 && s.rest != nil {
			t.Fatalf("%q in pieces of %v, at most %d, %d bytes: kept %q, want %q", in, pieces, maxLine, done, s.rest, rest)
		}
		if c := cap(s.rest); c > 2*maxLine+64 {
			t.Fatalf("at most %d: %d bytes are held", maxLine, c)
		}
	}
	if f.problem != "" {
		t.Fatalf("%q in pieces of %v: %s", in, pieces, f.problem)
	}
	if len(f.blocks) > 0 && slices.Max(f.blocks) > maxLine+1 {
		t.Fatalf("%q in pieces of %v, at most %d: blocks of %v bytes", in, pieces, maxLine, f.blocks)
	}
	s.Release()
	if s.rest != nil {
		t.Fatal("a buffer is held after Release")
	}
}

func TestSplitter(t *testing.T) {
	long := strings.Repeat("x", 11)
	full := strings.Repeat("y", 10)
	for _, in := range []string{
		"", "\n", "\n\n", "a", "a\n", "a\nb", "a\nb\n", "a\r\nb\r\n", "\n\na\n\n",
		full, full + "\n", full + "\n" + full + "\n", long, long + "\n", long + "\na\n",
		"a\n" + long + "\nb\n", "a\n" + long, "a\n" + long + long + long + "\n" + full + "\nc",
		long + "\n" + long + "\n", "\n" + long + "\n\n" + long + "\n\n", full + "\n" + long + "\n" + full + "\n",
		"a\x00b\xff\n\x00\n", "123456789\n12345\n1\n",
	} {
		for n := 1; n <= len(in)+1; n++ {
			checkSplit(t, []byte(in), 10, n)
			checkSplit(t, []byte(in), 10, n, 1, 3)
		}
	}
}

// TestSplitterBlocks checks that what comes in at once is handed over at once.
func TestSplitterBlocks(t *testing.T) {
	tests := []struct {
		name    string
		maxLine int
		feed    []string
		blocks  []int
	}{
		{"whole lines", 100, []string{"a\nbc\n\n"}, []int{6}},
		{"lines and the beginning of one", 100, []string{"a\nbc\nd", "e\nf\n"}, []int{5, 5}},
		{"an end only", 100, []string{"a", "b", "\n"}, []int{3}},
		{"together too long for one line", 4, []string{"abc\ndef\ng\n"}, []int{4, 4, 2}},
		{"the last of them together", 4, []string{"abc\nd\ne\n"}, []int{4, 4}},
		{"as long as may be", 4, []string{"abcd\n", "ab", "cd", "\n"}, []int{5, 5}},
	}
	for _, test := range tests {
		var s Splitter
		s.Init(test.maxLine)
		f := &found{}
		for _, in := range test.feed {
			s.Feed([]byte(in), f)
		}
		if !slices.Equal(f.blocks, test.blocks) || f.problem != "" {
			t.Errorf("%s: got %v, want %v %s", test.name, f.blocks, test.blocks, f.problem)
		}
	}
}

// TestSplitterOversize checks that a line that is too long is told of as soon as that is known, once, and not kept.
func TestSplitterOversize(t *testing.T) {
	var s Splitter
	s.Init(10)
	f := &found{}
	s.Feed([]byte("0123456789"), f)
	if len(f.events) != 0 {
		t.Fatalf("told too early: %q", f.events)
	}
	for range 1000 {
		s.Feed([]byte("0123456789"), f)
		if s.rest != nil {
			t.Fatalf("%d bytes are kept", len(s.rest))
		}
	}
	s.Feed([]byte("0\nnext\n"), f)
	if want := []string{oversize, "next\n"}; !slices.Equal(f.events, want) {
		t.Errorf("got %q, want %q", f.events, want)
	}
	s.Feed([]byte(strings.Repeat("x", 11)), f)
	s.Init(10)
	s.Feed([]byte("x\n"), f)
	if want := []string{oversize, "next\n", oversize, "x\n"}; !slices.Equal(f.events, want) {
		t.Errorf("a splitter made ready again: got %q, want %q", f.events, want)
	}
}

// TestSplitterLargeLines checks lines around the sizes at which buffers are made in another way.
func TestSplitterLargeLines(t *testing.T) {
	const maxLine = 300_000
	var in []byte
	const large = largeBlock
	for _, n := range []int{large - 2, large - 1, large, large + 1, maxLine - 1, maxLine, maxLine + 1, 5} {
		in = append(append(in, bytes.Repeat([]byte{'a' + byte(n%26)}, n)...), '\n')
	}
	for _, piece := range []int{len(in), 4096, 65_536, 100_000} {
		var s Splitter
		s.Init(maxLine)
		f := &found{}
		for part := range slices.Chunk(in, piece) {
			s.Feed(part, f)
		}
		if want, _ := splitByHand(in, maxLine); !slices.Equal(f.events, want) {
			t.Errorf("pieces of %d: got %d lines, want %d", piece, len(f.events), len(want))
		}
		if s.rest != nil || f.problem != "" {
			t.Errorf("pieces of %d: %d bytes are kept %s", piece, len(s.rest), f.problem)
		}
	}
}

// TestSplitterManyLines has many short lines and the beginning of a long one come at once: what follows the last newline
// must not be looked at again for each line.
func TestSplitterManyLines(t *testing.T) {
	const n = 1 << 17
	var s Splitter
	s.Init(n)
	r := &release{}
	s.Feed([]byte(strings.Repeat("x\n", n)+strings.Repeat("y", n)), r)
	if r.lines != n || len(s.rest) != n {
		t.Errorf("%d lines, %d bytes kept", r.lines, len(s.rest))
	}
	s.Feed([]byte("y"), r)
	if s.rest != nil {
		t.Errorf("%d bytes kept", len(s.rest))
	}
}

func TestNextLine(t *testing.T) {
	for in, want := range map[string][]string{
		"":                     nil,
		"\n":                   nil,
		"\n\r\n \n\t\n":        nil,
		"a":                    {"a"},
		"a\n":                  {"a"},
		"a\nb\n":               {"a", "b"},
		"a\r\nb\r\n":           {"a", "b"},
		"\n\na\n\n\nb c \n\n":  {"a", "b c"},
		" \t{\"a\": 1}\t \r\n": {`{"a": 1}`},
		"\x00\n\v\n\u00a0\n":   {"\x00", "\v", "\u00a0"}, // no blanks of JSON
		"a\rb\n":               {"a\rb"},
	} {
		var got []string
		block := []byte(in)
		for {
			line, rest, ok := NextLine(block)
			if !ok {
				if line != nil || rest != nil {
					t.Errorf("%q: there is something behind the end", in)
				}
				break
			}
			got, block = append(got, string(line)), rest
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// release is what needs the lines no longer than it takes to count them.
type release struct{ lines int }

func (r *release) OnLines(m *codec.Message) {
	for block := m.Payload; ; r.lines++ {
		_, rest, ok := NextLine(block)
		if !ok {
			break
		}
		block = rest
	}
	m.Release()
}

func (r *release) OnOversize() {}

// manyLines is what a backend that sends a lot has written, as reads bring it.
func manyLines(lines int) []byte {
	const line = `{"action":"broadcast","request_id":"1","params":{"message":"hello to everybody"}}` + "\n"
	return bytes.Repeat([]byte(line), lines)
}

func TestSplitterAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("pools lose things on purpose under the race detector")
	}
	in := manyLines(500)
	var s Splitter
	s.Init(1 << 20)
	r := &release{}
	if n := testing.AllocsPerRun(200, func() { s.Feed(in, r) }); n > 0.5 {
		t.Errorf("%d lines at once: %v allocations", 500, n)
	}
	if n := testing.AllocsPerRun(200, func() {
		s.Feed(in[:len(in)-50], r)
		s.Feed(in[len(in)-50:], r)
	}); n > 1.5 {
		t.Errorf("a line in two pieces: %v allocations", n)
	}
}

func BenchmarkSplitter(b *testing.B) {
	in := manyLines(500)
	for _, piece := range []int{len(in), 32_768, 4096, 1448} {
		b.Run(fmt.Sprintf("500 lines in pieces of %d", piece), func(b *testing.B) {
			var s Splitter
			s.Init(1 << 20)
			r := &release{}
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				for rest := in; len(rest) > 0; {
					n := min(piece, len(rest))
					s.Feed(rest[:n], r)
					rest = rest[n:]
				}
			}
			if r.lines%500 != 0 {
				b.Fatalf("%d lines", r.lines)
			}
		})
	}
	b.Run("a line of 1 MB in pieces of 65536", func(b *testing.B) {
		in := append(bytes.Repeat([]byte{'x'}, 1<<20-1), '\n')
		var s Splitter
		s.Init(1 << 20)
		r := &release{}
		b.ReportAllocs()
		b.SetBytes(int64(len(in)))
		for b.Loop() {
			for part := range slices.Chunk(in, 1<<16) {
				s.Feed(part, r)
			}
		}
	})
}
