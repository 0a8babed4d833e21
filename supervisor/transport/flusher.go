package transport

import (
	"runtime"
	"sync"
)

// flusher writes what waits in the outboxes of one shard's connections. It never waits for a socket: what a socket
// does not take at once goes on when the poller says so or, without a poller, in a goroutine of the connection's own.
//
// It runs on the shard's poller, or on a goroutine where there is none. Conn.listed says that a connection is in its
// list, Conn.writing that somebody owns its write side: the flusher, a sender that found the outbox full and helps, or
// the connection's own goroutine.
type flusher struct {
	counts *cell
	poller *poller // set before anything is listed

	mu         sync.Mutex // a leaf: nothing else is locked under it
	head, tail *Conn      // linked through Conn.nextFlush
	listed     int        // length of the list
	idle       bool       // wants to be woken when something is listed
	stopped    bool
	wake       chan struct{}

	// owned by who runs it
	turn *Conn // taken out of the list, still listed and linked
	pace pace
}

func newFlusher(counts *cell) *flusher {
	return &flusher{counts: counts, wake: make(chan struct{}, 1)}
}

// add puts a connection whose listed was just set into the list.
func (f *flusher) add(c *Conn) {
	f.mu.Lock()
	if f.tail == nil {
		f.head = c
	} else {
		f.tail.nextFlush = c
	}
	f.tail = c
	f.listed++
	f.unlockAndWake()
}

func (f *flusher) stop() {
	f.mu.Lock()
	f.stopped = true
	f.unlockAndWake()
}

// unlockAndWake unlocks f.mu and ends the flusher's rest.
func (f *flusher) unlockAndWake() {
	wake := f.idle
	f.idle = false
	f.mu.Unlock()
	switch {
	case !wake:
	case f.poller != nil:
		f.poller.interrupt()
	default:
		f.wake <- struct{}{}
	}
}

// rest has the flusher woken when something is listed. It returns false when something is.
func (f *flusher) rest() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.idle = f.head == nil && !f.stopped
	return f.head == nil
}

// rise is the opposite of rest.
func (f *flusher) rise() {
	f.mu.Lock()
	f.idle = false
	f.mu.Unlock()
}

// run is for flushers without a poller.
func (f *flusher) run() {
	w := newRawWrite()
	for {
		for f.some(w) {
		}
		if !f.rest() {
			continue
		}
		f.mu.Lock()
		stopped := f.stopped
		f.mu.Unlock()
		if stopped {
			return
		}
		<-f.wake
		// Whoever woke us is usually in the middle of more: let it run on, so that one write takes more frames.
		runtime.Gosched()
	}
}

// long tells whether there is more in the list than is written at a time.
func (f *flusher) long() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.listed > flushSome
}

// flushSome is how many connections a flusher writes to at a time.
const flushSome = 64

// some writes to a few connections of the list and tells whether there are more. Connections get more to write until it
// is their turn, so it pays to look for input in between.
func (f *flusher) some(w *rawWrite) bool {
	if f.turn == nil {
		f.mu.Lock()
		f.turn = f.head
		f.head, f.tail, f.listed = nil, nil, 0
		f.mu.Unlock()
	}
	for range flushSome {
		c := f.turn
		if c == nil {
			return false
		}
		f.turn = c.nextFlush
		c.nextFlush = nil
		c.flush(w)
	}
	return true
}

// flush is called with a connection that was taken out of its flusher's list and writes as much of its outbox as the
// socket takes at once.
func (c *Conn) flush(w *rawWrite) {
	c.mu.Lock()
	c.listed = false
	if c.writing || c.flushed || c.out.empty() && c.ending == nil {
		c.mu.Unlock()
		return // whoever owns the write side looks into the outbox again
	}
	c.writing = true
	if !c.direct() {
		c.mu.Unlock()
		go c.writeBlocking(nil)
		return
	}
	c.writeNow(w)
}

// writeNow writes what is in the outbox without waiting, then gives up the write side, to a goroutine of its own when
// the socket is full, or to the poller. The caller owns the write side and holds c.mu, which is unlocked. w is empty
// afterwards; before it may hold what the socket did not take earlier.
func (c *Conn) writeNow(w *rawWrite) {
	t := w.t
	c.cutQueue = false // that was about what somebody had taken before
	if t.done() && c.sock == nil && c.out.single() && c.writeSingle(w) {
		return
	}
	t.packed = c.deflate
	c.out.take(t)
	c.mu.Unlock()

	written := t.left
	frames := w.run(c)
	written -= t.left
	counts := c.shard.counts
	c.wrote(frames)
	counts.writes.Add(uint64(w.calls))
	counts.bytesOut.Add(uint64(written))

	switch {
	case t.done():
		c.mu.Lock()
		c.pending -= written
		c.releaseWrite()
	case w.err != nil:
		c.writeFailed(t, written, w.err)
	default:
		counts.handedOver.Add(1)
		c.mu.Lock()
		c.pending -= written
		c.blocked = true
		if c.sock == nil {
			c.park(t.rest(new(transfer)))
			break
		}
		c.mu.Unlock()
		go c.writeBlocking(t.rest(transfers.Get().(*transfer)))
	}
	t.reset()
}

// writeSingle writes the only frame that waits, which is what a fan-out leaves, without the effort that several take.
// The caller owns the write side and holds c.mu. If it returns false, that is still so, and the frame, or what is left
// of it, is in the transfer of w, which was empty.
func (c *Conn) writeSingle(w *rawWrite) bool {
	f := c.out.first
	c.out.first, c.out.pongs = nil, 0
	c.mu.Unlock()
	b := wire(f, c.deflate)
	n, _, _ := writeBytes(uintptr(c.fd), b) // an error comes again
	counts := c.shard.counts
	if n > 0 {
		counts.writes.Add(1)
		counts.bytesOut.Add(uint64(n))
	}
	whole := n == len(b)
	if whole {
		w.sum++
		c.wrote(1)
	}
	c.mu.Lock()
	c.pending -= n
	if whole {
		c.releaseWrite()
		return true
	}
	w.t.packed = c.deflate
	w.t.add(f)
	w.t.advance(n)
	return false
}

// transfers are for connections whose socket is full and for those that are not written to directly.
var transfers = sync.Pool{New: func() any {
	return &transfer{buf: make([]byte, 0, blockingBuffer)}
}}

// blockingBuffer is also the size of a TLS record.
const blockingBuffer = 16 << 10
