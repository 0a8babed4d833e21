package transport

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/skeinhq/skein/codec"
)

// smallPipe makes the socket take little, so that outboxes fill soon.
func smallPipe(c *client) *client {
	c.nc.(*net.TCPConn).SetReadBuffer(4 << 10)
	return c
}

func shrinkSend(c *Conn) {
	control(c, func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, 4<<10) })
}

// control calls f with the descriptor of a connection.
func control(c *Conn, f func(fd uintptr)) {
	if c.sock == nil {
		f(uintptr(c.fd))
	} else {
		c.sock.raw.Control(f)
	}
}

// stuff fills the socket and then the outbox of a connection whose client does not read.
func stuff(t *testing.T, c *Conn, atLeast int) {
	t.Helper()
	f := codec.BinaryFrame(make([]byte, 20_000))
	eventually(t, "a full socket", func() bool {
		for c.Pending() < atLeast && c.TrySend(f) {
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.blocked && c.pending >= atLeast
	})
}

func TestSlowConsumerIsClosed(t *testing.T) {
	h := newTestHandler()
	s, addr := start(t, Options{OutboxBytes: 100_000, CloseLinger: 200 * time.Millisecond}, h)
	dial(t, addr)
	conn := h.conn(t)
	shrinkSend(conn)
	f := codec.BinaryFrame(make([]byte, 1000))
	begin := time.Now()
	sent := 0
	for conn.Send(f) {
		sent++
		if p := conn.Pending(); p > 100_000 {
			t.Fatalf("%d bytes pending", p)
		}
	}
	if e := h.end(t); e != (End{1008, "slow consumer", CauseSlowConsumer}) {
		t.Errorf("end %+v", e)
	}
	if err := s.Wait(patient(t)); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("cut after %v and %d frames: %+v", d, sent, s.Stats())
	}
	st := s.Stats()
	if st.SlowConsumers[SlowClosed] != 1 || st.FramesDropped[string(CauseSlowConsumer)] == 0 ||
		st.Disconnects[Disconnect{CauseSlowConsumer, 1008}] != 1 || st.OutboxBytes != 0 || st.Blocked == 0 {
		t.Errorf("%+v", st)
	}
	if conn.Pending() != 0 {
		t.Errorf("%d bytes still pending", conn.Pending())
	}
}

// A burst larger than the outbox is not the client's fault while its socket takes all of it.
func TestBurstIsNotSlow(t *testing.T) {
	h := newTestHandler()
	_, addr := start(t, Options{OutboxBytes: 10_000}, h)
	c := dial(t, addr)
	conn := h.conn(t)
	f := codec.BinaryFrame(make([]byte, 1000))
	for range 100 {
		if !conn.Send(f) {
			t.Fatal("closed")
		}
	}
	for range 100 {
		c.expect(opBin, string(make([]byte, 1000)))
	}
}

// A slow consumer that wakes up in time gets whole frames and then the Close frame.
func TestSlowConsumerSeesClose(t *testing.T) {
	h := newTestHandler()
	_, addr := start(t, Options{OutboxBytes: 50_000, CloseLinger: patience}, h)
	c := dial(t, addr)
	conn := h.conn(t)
	f := codec.BinaryFrame(make([]byte, 1000))
	for conn.Send(f) {
	}
	if r := c.expectClose(1008); r != "slow consumer" {
		t.Errorf("reason %q", r)
	}
}

func TestTrySendKeepsConnection(t *testing.T) {
	h := newTestHandler()
	s, addr := start(t, Options{OutboxBytes: 50_000}, h)
	c := dial(t, addr)
	conn := h.conn(t)
	f := codec.BinaryFrame(make([]byte, 1000))
	sent := 0
	for conn.TrySend(f) {
		sent++
	}
	for range sent {
		c.expect(opBin, string(make([]byte, 1000)))
	}
	eventually(t, "an empty outbox", func() bool { return conn.Pending() == 0 })
	if !conn.TrySend(f) {
		t.Error("refused with an empty outbox")
	}
	c.expect(opBin, string(make([]byte, 1000)))
	if s.Stats().SlowConsumers[SlowRefused] != 1 {
		t.Errorf("%v", s.Stats().SlowConsumers)
	}
}

func TestFrameLargerThanOutbox(t *testing.T) {
	h := newTestHandler()
	_, addr := start(t, Options{OutboxBytes: 1000}, h)
	c := dial(t, addr)
	conn := h.conn(t)
	big := strings.Repeat("b", 3_000_000)
	conn.mu.Lock()
	conn.writing = true // hold the flusher back
	conn.mu.Unlock()
	if !conn.Send(codec.TextFrameString(big)) {
		t.Fatal("refused")
	}
	if conn.TrySend(codec.TextFrameString("one more")) {
		t.Error("taken behind it")
	}
	conn.mu.Lock()
	conn.releaseWrite()
	c.expect(opText, big)
}

// A hundred clients that do not read cost the others nothing and stay within their limits.
func TestNonReadersDoNotDisturb(t *testing.T) {
	h := newTestHandler()
	const limit, idle = 64 << 10, 100
	s, addr := start(t, Options{OutboxBytes: limit, CloseLinger: 100 * time.Millisecond}, h)
	var room []*Conn
	for range idle {
		smallPipe(dial(t, addr))
		c := h.conn(t)
		shrinkSend(c)
		room = append(room, c)
	}
	var readers []*client
	for range 10 {
		readers = append(readers, dial(t, addr))
		room = append(room, h.conn(t))
	}
	rand.Shuffle(len(room), func(i, j int) { room[i], room[j] = room[j], room[i] })
	const rounds = 3000
	for i := range rounds {
		f := codec.TextFrameString(fmt.Sprintf("%0500d", i))
		for _, c := range room {
			c.Send(f)
		}
		if p := s.Stats().OutboxBytes; p > (idle+10)*limit {
			t.Fatalf("%d bytes in outboxes", p)
		}
		for _, r := range readers {
			r.expect(opText, fmt.Sprintf("%0500d", i))
		}
	}
	for range idle {
		if e := h.end(t); e.Cause != CauseSlowConsumer {
			t.Fatalf("%+v", e)
		}
	}
	if n := s.Stats().SlowConsumers[SlowClosed]; n != idle {
		t.Errorf("%d slow consumers", n)
	}
}

// A client that takes nothing for the write timeout is cut off, even when its outbox is not full.
func TestStalledClient(t *testing.T) {
	h := newTestHandler()
	s, addr := start(t, Options{WriteTimeout: 50 * time.Millisecond, PingInterval: -1}, h)
	smallPipe(dial(t, addr))
	conn := h.conn(t)
	shrinkSend(conn)
	conn.Send(codec.BinaryFrame(make([]byte, 10<<20)))
	if e := h.end(t); e != (End{1006, "", CauseSlowConsumer}) {
		t.Errorf("end %+v", e)
	}
	s.Wait(patient(t))
	if s.Stats().SlowConsumers[SlowStalled] != 1 {
		t.Errorf("%+v", s.Stats())
	}
}

// Every ping of a client that reads is answered.
func TestManyPings(t *testing.T) {
	_, addr := start(t, Options{}, EchoHandler{})
	c := dial(t, addr)
	var in []byte
	for i := range maxPongs {
		in = append(in, frame(fin|opPing, []byte{byte(i)})...)
	}
	c.write(in)
	for i := range maxPongs {
		c.expect(opPong, string([]byte{byte(i)}))
	}
}

// A client that sends pings and does not read them costs a few pending pongs, and the last one is answered.
func TestPingFlood(t *testing.T) {
	h := newTestHandler()
	_, addr := start(t, Options{}, h)
	c := smallPipe(dial(t, addr))
	conn := h.conn(t)
	shrinkSend(conn)
	stuff(t, conn, 100_000)
	before := conn.Pending()
	for i := range 1000 {
		c.send(opPing, fmt.Sprintf("%0100d", i))
	}
	c.send(opPing, "last")
	if p := conn.Pending(); p > before+(2*maxPongs+1)*127 {
		t.Errorf("%d bytes pending, %d before", p, before)
	}
	for {
		first, p, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if first == fin|opPong && string(p) == "last" {
			return
		}
	}
}

// Frames of many senders arrive whole, once, and in the order of each sender, over all sizes and both write paths.
func TestOrderUnderLoad(t *testing.T) {
	for name, slow := range map[string]bool{"fast": false, "slow": true} {
		t.Run(name, func(t *testing.T) {
			h := newTestHandler()
			s, addr := start(t, Options{OutboxBytes: 1 << 30}, h)
			c := dial(t, addr)
			conn := h.conn(t)
			if slow {
				shrinkSend(conn)
			}
			const senders, each = 8, 500
			var wg sync.WaitGroup
			for g := range senders {
				wg.Go(func() {
					for i := range each {
						p := binary.BigEndian.AppendUint32([]byte{byte(g)}, uint32(i))
						size := rand.IntN(300)
						if rand.IntN(20) == 0 {
							size = rand.IntN(20_000)
						}
						p = append(p, bytes.Repeat([]byte{byte(i)}, size)...)
						if !conn.Send(codec.BinaryFrame(p)) {
							t.Error("not sent")
							return
						}
					}
				})
			}
			var next [senders]uint32
			for range senders * each {
				_, p, err := c.next()
				if err != nil {
					t.Fatal(err)
				}
				g, i := p[0], binary.BigEndian.Uint32(p[1:])
				if next[g] != i {
					t.Fatalf("sender %d: got %d, expected %d", g, i, next[g])
				}
				next[g]++
				for _, b := range p[5:] {
					if b != byte(i) {
						t.Fatal("torn frame")
					}
				}
			}
			wg.Wait()
			eventually(t, "an empty outbox", func() bool { return conn.Pending() == 0 })
			if st := s.Stats(); st.FramesOut != senders*each {
				t.Errorf("%d frames in %d writes", st.FramesOut, st.Writes)
			}
		})
	}
}

// What waits is written with one system call.
func TestCoalescing(t *testing.T) {
	h := newTestHandler()
	s, addr := start(t, Options{}, h)
	c := dial(t, addr)
	conn := h.conn(t)
	conn.mu.Lock()
	conn.writing = true // hold the flusher back
	conn.mu.Unlock()
	for i := range 100 {
		conn.Send(codec.TextFrameString(fmt.Sprint(i)))
	}
	conn.mu.Lock()
	conn.releaseWrite()
	for i := range 100 {
		c.expect(opText, fmt.Sprint(i))
	}
	eventually(t, "an empty outbox", func() bool { return conn.Pending() == 0 })
	if st := s.Stats(); st.Writes != 1 || st.FramesOut != 100 {
		t.Errorf("%d frames in %d writes", st.FramesOut, st.Writes)
	}
	conn.mu.Lock()
	defer conn.mu.Unlock()
	if conn.out != (outbox{}) || conn.writing {
		t.Errorf("idle outbox holds memory: %+v", conn.out)
	}
}

// Closing, sending and hanging up at once, from everywhere.
func TestConcurrentEnds(t *testing.T) {
	h := newTestHandler()
	s, addr := start(t, Options{CloseLinger: 20 * time.Millisecond, OutboxBytes: 10_000}, h)
	for i := range 100 {
		c := dial(t, addr)
		conn := h.conn(t)
		var wg sync.WaitGroup
		f := codec.TextFrameString(strings.Repeat("x", 100))
		for range 3 {
			wg.Go(func() {
				for conn.Send(f) {
					runtime.Gosched()
				}
			})
		}
		wg.Go(func() { conn.Close(1000, "") })
		wg.Go(func() { c.nc.Write(frame(fin|opText, []byte("x"))) })
		wg.Go(func() { c.nc.Write(frame(fin|opEnd, nil)) })
		if i%2 == 0 {
			wg.Go(func() { c.nc.Close() })
		}
		if i%3 == 0 {
			wg.Go(func() { conn.abort(CauseDrain) })
		}
		wg.Wait()
		h.end(t)
	}
	if err := s.Wait(patient(t)); err != nil {
		t.Fatal(err)
	}
	if n := s.Stats().OutboxBytes; n != 0 || len(h.ends) != 0 {
		t.Errorf("%d bytes, %d ends too many", n, len(h.ends))
	}
}

func TestTransfer(t *testing.T) {
	for range 30 {
		tr := &transfer{buf: make([]byte, 0, blockingBuffer)}
		var want, got []byte
		frames := 1 + rand.IntN(200)
		for range frames {
			size := rand.IntN(200)
			if rand.IntN(8) == 0 {
				size = rand.IntN(40_000)
			}
			f := codec.BinaryFrame(bytes.Repeat([]byte{byte(rand.IntN(256))}, size))
			want = append(want, f.Wire()...)
			tr.add(f)
		}
		done := 0
		for !tr.done() {
			var all []byte
			for _, p := range tr.gather() {
				all = append(all, p...)
			}
			if len(all) == 0 {
				t.Fatal("nothing gathered")
			}
			n := 1 + rand.IntN(len(all))
			got = append(got, all[:n]...)
			done += tr.advance(n)
		}
		if !bytes.Equal(got, want) || done != frames || tr.left != 0 {
			t.Fatalf("%d of %d bytes, %d of %d frames, %d left", len(got), len(want), done, frames, tr.left)
		}
	}
}
