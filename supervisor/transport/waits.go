package transport

import (
	"os"
	"time"
)

// waits is what a connection without a net.Conn waits for: room in its socket, or its end. Few connections do at a
// time, so it is made when it is needed. It is guarded by Conn.mu.
type waits struct {
	rest  *transfer // what the socket did not take; whoever takes it out owns the write side
	write time.Time // when rest is given up
	read  time.Time // when the peer of a closing connection is given up
	late  bool      // that has happened
	timer *time.Timer
}

// park leaves rest to the poller, which goes on when the socket takes more. The caller owns the write side and holds
// c.mu, which is unlocked.
func (c *Conn) park(rest *transfer) {
	if c.waits == nil {
		c.waits = new(waits)
	}
	c.waits.rest = rest
	c.setWriteDeadline(c.writeDeadline(time.Now()))
	c.poller.awaitRoom(c)
	c.mu.Unlock()
}

// unpark goes on writing what was parked, if anything is, with w, which is empty.
func (c *Conn) unpark(w *rawWrite) {
	c.mu.Lock()
	if c.waits == nil || c.waits.rest == nil {
		c.mu.Unlock()
		return
	}
	rest := c.waits.rest
	c.waits.rest, c.waits.write = nil, time.Time{}
	dropped := 0
	if c.cutQueue {
		var bytes int
		dropped, bytes = rest.cut()
		c.pending -= bytes
	}
	rest.rest(w.t)
	// The socket was full and is not any more: the client lives, even if it is too slow to send its pong in time
	// behind all that.
	c.seen.Store(c.srv.tick.Load())
	c.writeNow(w)
	if dropped > 0 {
		c.srv.counters.drop(c.ending.Cause, dropped)
	}
}

// writeUntil is setWriteDeadline where there is no net.Conn.
func (c *Conn) writeUntil(t time.Time) {
	if c.waits != nil && c.waits.rest != nil {
		c.waits.write = t
		c.arm()
	}
}

// lingerUntil is setReadDeadline where there is no net.Conn.
func (c *Conn) lingerUntil(t time.Time) {
	if c.polled.gone {
		return
	}
	if c.waits == nil {
		c.waits = new(waits)
	}
	c.waits.read = t
	c.arm()
}

// arm sets the timer to the next deadline. The caller holds c.mu.
func (c *Conn) arm() {
	w := c.waits
	next := w.read
	if next.IsZero() || !w.write.IsZero() && w.write.Before(next) {
		next = w.write
	}
	switch {
	case next.IsZero():
	case w.timer == nil:
		w.timer = time.AfterFunc(time.Until(next), c.expire)
	default:
		w.timer.Reset(time.Until(next))
	}
}

// expire does what is due. It is called by the timer, which may be early or late.
func (c *Conn) expire() {
	now := time.Now()
	c.mu.Lock()
	w := c.waits
	if rest := w.rest; rest != nil && !w.write.IsZero() && !now.Before(w.write) {
		w.rest, w.write = nil, time.Time{}
		c.mu.Unlock()
		c.writeFailed(rest, 0, os.ErrDeadlineExceeded)
		c.mu.Lock()
	}
	if !w.read.IsZero() && !now.Before(w.read) {
		w.read = time.Time{}
		w.late = true
		c.poller.post(c)
	}
	c.arm()
	c.mu.Unlock()
}
