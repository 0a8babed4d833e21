package transport

import (
	"errors"
	"os"
	"time"
)

// writeBlocking owns the write side of a connection whose socket is full, or that cannot be written to directly, until
// everything is written. rest is what a flusher has left over, nil for nothing. It runs on a goroutine of its own,
// because it waits.
func (c *Conn) writeBlocking(rest *transfer) {
	t := rest
	if t == nil {
		t = transfers.Get().(*transfer)
	}
	defer func() {
		t.reset()
		transfers.Put(t)
	}()
	t.packed = c.deflate
	var raw rawWrite
	if c.sock.raw != nil {
		raw.init(t)
		raw.patient = true
	}
	for {
		c.mu.Lock()
		if c.cutQueue {
			frames, bytes := t.cut()
			c.pending -= bytes
			c.mu.Unlock()
			c.srv.counters.drop(c.ending.Cause, frames)
			c.mu.Lock()
			c.cutQueue = false
		}
		if t.done() {
			t.reset()
			c.out.take(t)
		}
		if t.done() {
			if c.ending == nil {
				c.sock.nc.SetWriteDeadline(time.Time{})
			}
			c.releaseWrite()
			return
		}
		c.sock.nc.SetWriteDeadline(c.writeDeadline(time.Now()))
		c.mu.Unlock()

		written, frames, calls, err := t.left, 0, 0, error(nil)
		if c.sock.raw != nil {
			frames = raw.run(c)
			calls, err = raw.calls, raw.err
		} else {
			var n int
			n, err = c.sock.nc.Write(t.piece())
			frames, calls = t.advance(n), 1
		}
		written -= t.left
		c.wrote(frames)
		c.shard.counts.writes.Add(uint64(calls))
		c.shard.counts.bytesOut.Add(uint64(written))
		if err != nil {
			c.writeFailed(t, written, err)
			return
		}
		if c.sock.raw != nil {
			// The socket was full and is not any more: the client lives, even if it is too slow to send its pong
			// in time behind all that. With TLS we cannot tell whether the socket was full.
			c.seen.Store(c.srv.tick.Load())
		}
		c.mu.Lock()
		c.pending -= written
		c.mu.Unlock()
	}
}

// writeFailed ends the connection after a write error and gives up the write side, which the caller owns.
func (c *Conn) writeFailed(t *transfer, written int, err error) {
	cause := CausePeerGone
	if errors.Is(err, os.ErrDeadlineExceeded) {
		cause = CauseSlowConsumer
	}
	if c.end(End{codeAbnormal, "", cause}) && cause == CauseSlowConsumer {
		c.srv.counters.slowConsumer(SlowStalled)
	}
	c.mu.Lock()
	c.broken = true
	frames, bytes := c.out.drop(c.deflate)
	c.pending -= written + t.left + bytes
	cause = c.ending.Cause
	c.releaseWrite()
	c.srv.counters.drop(cause, frames+len(t.frames)-t.next)
}
