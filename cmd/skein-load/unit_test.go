//go:build linux

package main

import (
	"bytes"
	"math"
	"os"
	"testing"
)

func TestChecker(t *testing.T) {
	for _, c := range []struct {
		name string
		seqs []uint32
		sent uint32
		want Tally
	}{
		{"clean", []uint32{0, 1, 2, 3}, 4, Tally{}},
		{"tail lost", []uint32{0, 1}, 4, Tally{Lost: 2}},
		{"gap", []uint32{0, 3}, 4, Tally{Lost: 2}},
		{"all lost", nil, 3, Tally{Lost: 3}},
		{"late", []uint32{0, 2, 1, 3}, 4, Tally{Reordered: 1}},
		{"late twice", []uint32{0, 2, 1, 1, 3}, 4, Tally{Reordered: 1, Doubled: 1}},
		{"doubled", []uint32{0, 0, 1, 1}, 2, Tally{Doubled: 2}},
		{"unknown", []uint32{0, 1, 2}, 2, Tally{Garbled: 1}},
		{"nonsense", []uint32{0, math.MaxUint32}, 1, Tally{Garbled: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newChecker(2)
			for _, s := range c.seqs {
				k.arrive(1, s)
			}
			got := k.finish(func(stream int) uint32 { return []uint32{0, c.sent}[stream] })
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestTemplatesAndMarks(t *testing.T) {
	for _, name := range dialectNames() {
		cfg := &Config{Dialect: name}
		d, err := newDialect(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{0, 16, 200, 70_000} {
			templates := []*template{d.Request(seat{room: "r"}, size)}
			if d.Traits().fanout {
				templates = append(templates, d.Message(seat{room: "r"}, 3, size))
			}
			for _, tm := range templates {
				want := mark{0xbeef, 0x89abcdef}
				b := tm.appendNumbered([]byte("before"), want)[6:]
				payload := b[len(b)-tm.payload:]
				if d.Traits().framing == webSocket {
					for i := range payload {
						payload[i] ^= maskKey[i&3]
					}
				}
				m, tail, ok := d.Find(payload)
				if !ok || m != want || !bytes.HasPrefix(tail, tm.pad) {
					t.Errorf("%s, %d bytes: %+v %v in %s", name, size, m, ok, clip(payload))
				}
			}
		}
	}
}

func TestMarkMovesBetweenMessages(t *testing.T) {
	for _, n := range []*numbering{hexMarks, decimalMarks} {
		f := markFinder{numbering: n}
		for _, prefix := range []string{"", "abc", "abcdefgh", n.tag[:3], n.tag + n.tag + "x"} {
			b := append([]byte(prefix), n.blank...)
			n.put(b[len(prefix):], mark{7, 9})
			m, tail, ok := f.find(append(b, "rest"...))
			if len(prefix) > 8 {
				if ok {
					t.Error("a broken mark was found")
				}
				continue
			}
			if !ok || m != (mark{7, 9}) || string(tail) != "rest" {
				t.Errorf("%q: %+v %q %v", prefix, m, tail, ok)
			}
		}
	}
	if _, ok := decimalMarks.parse([]byte("9073" + "65536" + "0000000000")); ok {
		t.Error("a sender that does not fit was taken")
	}
}

func TestParseHeader(t *testing.T) {
	for _, n := range []int{0, 125, 126, 65535, 65536} {
		frame := appendFrame(nil, opText, make([]byte, n))
		frame[1] &^= 0x80 // as a server sends it
		head := len(frame) - n - 4
		for i := range head {
			if _, ok, err := parseHeader(frame[:i]); ok || err != nil {
				t.Errorf("%d bytes, %d of the header: %v %v", n, i, ok, err)
			}
		}
		h, ok, err := parseHeader(frame)
		if !ok || err != nil || h.size != n || h.head != head || !h.fin || h.op != opText {
			t.Errorf("%d bytes: %+v %v %v", n, h, ok, err)
		}
	}
	if _, _, err := parseHeader([]byte{0x81, 0x80}); err != errMaskedFrame {
		t.Error(err)
	}
	if _, _, err := parseHeader([]byte{0xc1, 0}); err != errReservedBit {
		t.Error(err)
	}
}

func TestShares(t *testing.T) {
	for n := 1; n < 20; n++ {
		for p := 1; p <= n; p++ {
			sum := 0
			for w := range p {
				if firstOf(n, p, w) != sum {
					t.Fatalf("first of worker %d of %d, %d clients", w, p, n)
				}
				sum += share(n, p, w)
			}
			if sum != n {
				t.Fatalf("%d shares of %d: %d", p, n, sum)
			}
		}
	}
}

func TestSlope(t *testing.T) {
	s := Slope{Points: []MemoryPoint{{0, 1_000}, {100, 500_000}, {200, 700_000}, {300, 900_000}}}
	s.fit()
	if s.BytesPerClient != 2000 || s.FromEmpty != 899_000.0/300 {
		t.Errorf("%+v", s)
	}
}

func TestSchedule(t *testing.T) {
	s := newSchedule(1000, 5_000_000, newHistogram())
	for i := range 3 {
		at := 5_000_000 + int64(i)*1_000_000
		due, ok := s.next(at)
		if !ok || due != at {
			t.Errorf("message %d is due at %d, %v", i, due, ok)
		}
		s.advance(due, at+40_000)
	}
	if _, ok := s.next(7_900_000); ok {
		t.Error("due too early")
	}
	if p := s.slip.ValueAtQuantile(50); p < 39_000 || p > 41_000 {
		t.Errorf("slip of %d ns", p)
	}
	// What the server held up is no slip.
	s.hold(9_000_000)
	s.advance(8_000_000, 9_010_000)
	if p := s.slip.Max(); p > 41_000 {
		t.Errorf("slip of %d ns", p)
	}
}

func TestHistogramsMerge(t *testing.T) {
	a, b := newHistogram(), newHistogram()
	for i := range int64(1000) {
		record(a, i*1_000_000)
		record(b, (i+1000)*1_000_000)
	}
	record(b, 1<<60) // counts as the longest
	sum := newHistogram()
	for _, s := range []*hdrState{saveHistogram(a), saveHistogram(b), nil} {
		if err := s.merge(sum); err != nil {
			t.Fatal(err)
		}
	}
	l := summarise(sum)
	if l.Count != 2001 || math.Abs(l.P50-1e6) > 2e3 || l.Max < 59e6 {
		t.Errorf("%+v", l)
	}
}

func TestServerProbe(t *testing.T) {
	if _, err := newServerProbe(Config{PIDs: []int{1 << 30}}); err == nil {
		t.Error("a process that is not there")
	}
	p, err := newServerProbe(Config{PIDs: []int{os.Getpid()}})
	if err != nil {
		t.Fatal(err)
	}
	if p.rss() < 1<<20 || p.cpu() <= 0 {
		t.Errorf("%d bytes, %v s", p.rss(), p.cpu())
	}
}

func TestTableSaysWhatLimited(t *testing.T) {
	r := newReport(Config{Scenario: scenarioFanout, Clients: 3, Processes: 1})
	r.Done, r.Seconds = 10, 1
	if err := r.finish([]WorkerResult{{Busy: 0.97, Tally: Tally{Lost: 1}}}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	r.table(&b)
	for _, want := range []string{"1 lost", "bottleneck", "FAILED"} {
		if !bytes.Contains(b.Bytes(), []byte(want)) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
}

func TestProgressLine(t *testing.T) {
	var b bytes.Buffer
	p := &progress{out: &b, many: "deliveries", goal: 10}
	p.line(Sample{}, Sample{At: 1, Clients: 10, Sent: 5, Done: 50_000, RSS: 1 << 20, CPU: 0.5})
	p.clear()
	for _, want := range []string{"10/10 clients", "50.0k deliveries/s", "50 % CPU, 1.0 MiB"} {
		if !bytes.Contains(b.Bytes(), []byte(want)) {
			t.Errorf("no %q in %q", want, b.String())
		}
	}
	(*progress)(nil).line(Sample{}, Sample{At: 1})
	(*progress)(nil).clear()
}
