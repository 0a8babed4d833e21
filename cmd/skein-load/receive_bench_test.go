//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkReceive is what one delivery costs a client, as ns/delivery: the read from its socket, the parsing, the check
// and the bookkeeping. `batch` deliveries come with one read. It must stay below 2 µs: one core, 500,000 deliveries per
// second. (ns/op includes what the server would do.)
func BenchmarkReceive(b *testing.B) {
	for _, dialect := range []string{"cl4", "scratch", "pystrands", "simpleserver"} {
		for _, batch := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/batch=%d", dialect, batch), func(b *testing.B) { benchmarkReceive(b, dialect, batch) })
		}
	}
}

func benchmarkReceive(b *testing.B, dialect string, batch int) {
	cfg := Config{Scenario: scenarioFanout, Dialect: dialect, ScratchDialect: cloudLink, Clients: 2, Senders: 1, Window: maxRing, Size: 80}
	if err := cfg.complete(); err != nil {
		b.Fatal(err)
	}
	w, err := newWorker(cfg, 0, newBoard(&cfg), -1)
	if err != nil {
		b.Fatal(err)
	}
	defer w.pool.shut()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(fds[1])
	c := w.pool.conns[1]
	c.fd, c.state = fds[0], stateJoined
	if w.pool.target.framing == lengthHeader {
		c.simple = newSimpleReader(w.pool, c)
	}
	message := w.scenario.(*fanout).senders[0].message
	var out []byte
	b.ReportAllocs()
	var took time.Duration
	b.ResetTimer()
	for n := uint32(0); n < uint32(b.N); n += uint32(batch) {
		out = out[:0]
		for k := range uint32(batch) {
			w.board.slot(0, n+k).sent.Store(now())
			w.board.slot(0, n+k).got.Store(0)
			out = append(out, asServer(w.pool.target.framing, message.appendNumbered(nil, mark{0, n + k}))...)
		}
		if _, err := unix.Write(fds[1], out); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		w.pool.read(c, false)
		took += time.Since(start)
	}
	b.StopTimer()
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/delivery")
	want := (b.N + batch - 1) / batch * batch
	if got := int(w.cell.done.Load()); got != want || !w.scenario.(*fanout).check.tally.Clean() {
		b.Fatalf("%d of %d deliveries, %+v", got, want, w.scenario.(*fanout).check.tally)
	}
}

// asServer makes a client's message one of a server: without a mask.
func asServer(f framing, frame []byte) []byte {
	if f != webSocket {
		return frame
	}
	head := 2
	size := int(frame[1] & 0x7f)
	if size == 126 {
		head, size = 4, int(binary.BigEndian.Uint16(frame[2:]))
	}
	payload := frame[head+4:]
	for i := range payload[:size] {
		payload[i] ^= maskKey[i&3]
	}
	out := append([]byte{}, frame[:head]...)
	out[1] &^= 0x80
	return append(out, payload...)
}
