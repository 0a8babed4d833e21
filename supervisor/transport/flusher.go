package transport

import (
	"runtime"
	"sync"
)

// flusher writes what waits in the outboxes of one shard's connections. It never waits for a socket: what a socket
// does not take at once goes on in a goroutine of the connection's own, for as long as that takes.
//
// Conn.listed says that a connection is in the list of its flusher, Conn.writing that somebody owns its write side: the
// flusher, a sender that found the outbox full and helps, or the connection's own goroutine.
type flusher struct {
	counts *cell

	mu         sync.Mutex // a leaf: nothing else is locked under it
	head, tail *Conn      // linked through Conn.nextFlush
	idle       bool
	held       bool // a poller is at work and will flush
	stopped    bool
	wake       chan struct{}

	// owned by the flusher's goroutine
	t transfer
	w rawWrite
}

func newFlusher(counts *cell) *flusher {
	f := &flusher{counts: counts, wake: make(chan struct{}, 1)}
	f.t.buf = make([]byte, 0, gatherBuffer)
	f.w.init(&f.t)
	return f
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
	wake := f.idle && !f.held
	if wake {
		f.idle = false
	}
	f.mu.Unlock()
	if wake {
		f.wake <- struct{}{}
	}
}

func (f *flusher) stop() {
	f.mu.Lock()
	f.stopped = true
	wake := f.idle
	f.idle = false
	f.mu.Unlock()
	if wake {
		f.wake <- struct{}{}
	}
}

func (f *flusher) run() {
	for {
		f.flushAll(&f.t, &f.w)
		f.mu.Lock()
		switch {
		case f.head != nil && !f.held:
			f.mu.Unlock()
			continue
		case f.stopped:
			f.mu.Unlock()
			return
		}
		f.idle = true
		f.mu.Unlock()
		<-f.wake
		// Whoever woke us is usually in the middle of more: let it run on, so that one write takes more frames.
		runtime.Gosched()
	}
}

// flushAll writes what is in the list. t is empty, before and after, and w writes it.
func (f *flusher) flushAll(t *transfer, w *rawWrite) {
	f.mu.Lock()
	c := f.head
	f.head, f.tail = nil, nil
	f.mu.Unlock()
	for c != nil {
		next := c.nextFlush
		c.nextFlush = nil
		c.flush(t, w)
		c = next
	}
}

// hold keeps the flusher asleep: the caller is at work on connections of the same shard and flushes itself, which is
// cheaper than to wake another goroutine.
func (f *flusher) hold() {
	f.mu.Lock()
	f.held = true
	f.mu.Unlock()
}

// release is the opposite of hold. The flusher gets what is left.
func (f *flusher) release() {
	f.mu.Lock()
	f.held = false
	wake := f.idle && f.head != nil
	if wake {
		f.idle = false
	}
	f.mu.Unlock()
	if wake {
		f.wake <- struct{}{}
	}
}

// flush is called with a connection that was taken out of its flusher's list and writes as much of its outbox as the
// socket takes at once.
func (c *Conn) flush(t *transfer, w *rawWrite) {
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
	c.writeNow(t, w)
}

// writeNow writes what is in the outbox without waiting, then gives up the write side, to a goroutine of its own when
// the socket is full, or to the poller. The caller owns the write side and holds c.mu, which is unlocked. t is empty
// afterwards, and w writes it; before it may hold what the socket did not take earlier.
func (c *Conn) writeNow(t *transfer, w *rawWrite) {
	t.packed = c.deflate
	c.cutQueue = false // that was about what somebody had taken before
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

// transfers are for connections whose socket is full and for those that are not written to directly.
var transfers = sync.Pool{New: func() any {
	return &transfer{buf: make([]byte, 0, blockingBuffer)}
}}

// blockingBuffer is also the size of a TLS record.
const blockingBuffer = 16 << 10
