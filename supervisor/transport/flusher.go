package transport

import (
	"runtime"
	"sync"
)

// flusher writes what waits in the outboxes of one shard's connections. It never waits for a socket: what a socket
// does not take at once goes on in a goroutine of the connection's own, for as long as that takes.
//
// A connection is in the list of its flusher, in the hands of its flusher, or in those of its own goroutine, never in
// two of them: Conn.writing says that it is in one.
type flusher struct {
	counts *cell

	mu         sync.Mutex // a leaf: nothing else is locked under it
	head, tail *Conn      // linked through Conn.nextFlush
	idle       bool
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

// add puts a connection whose writing was just set into the list.
func (f *flusher) add(c *Conn) {
	f.mu.Lock()
	if f.tail == nil {
		f.head = c
	} else {
		f.tail.nextFlush = c
	}
	f.tail = c
	wake := f.idle
	f.idle = false
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
		f.mu.Lock()
		c := f.head
		f.head, f.tail = nil, nil
		if c == nil {
			if f.stopped {
				f.mu.Unlock()
				return
			}
			f.idle = true
			f.mu.Unlock()
			<-f.wake
			// Whoever woke us is usually in the middle of more: let it run on, so that one write takes more frames.
			runtime.Gosched()
			continue
		}
		f.mu.Unlock()
		for c != nil {
			next := c.nextFlush
			c.nextFlush = nil
			f.flush(c)
			c = next
		}
	}
}

// flush writes as much of c's outbox as the socket takes at once.
func (f *flusher) flush(c *Conn) {
	if c.raw == nil {
		go c.writeBlocking(nil)
		return
	}
	t := &f.t
	t.packed = c.deflate
	c.mu.Lock()
	c.out.take(t)
	c.mu.Unlock()

	written := t.left
	f.w.err = nil
	if !t.done() {
		frames := f.w.run(c.raw)
		f.counts.framesOut.Add(uint64(frames))
		f.counts.writes.Add(uint64(f.w.calls))
	}
	written -= t.left
	f.counts.bytesOut.Add(uint64(written))

	switch {
	case f.w.err != nil && !t.done():
		c.writeFailed(t, written, f.w.err)
	case !t.done():
		f.counts.handedOver.Add(1)
		rest := transfers.Get().(*transfer)
		rest.frames = append(rest.frames, t.frames[t.next:]...)
		rest.packed, rest.off, rest.left = t.packed, t.off, t.left
		c.mu.Lock()
		c.pending -= written
		c.mu.Unlock()
		go c.writeBlocking(rest)
	default:
		c.mu.Lock()
		c.pending -= written
		if c.out.empty() {
			c.releaseWrite()
		} else {
			c.mu.Unlock()
			f.add(c) // at the end of the list: the others come first
		}
	}
	t.reset()
}

// transfers are for connections whose socket is full and for those that are not written to directly.
var transfers = sync.Pool{New: func() any {
	return &transfer{buf: make([]byte, 0, blockingBuffer)}
}}

// blockingBuffer is also the size of a TLS record.
const blockingBuffer = 16 << 10
