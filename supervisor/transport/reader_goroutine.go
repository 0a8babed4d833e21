package transport

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// goroutineReader is the portable reader: one goroutine per connection, which holds no buffer while it waits.
type goroutineReader struct{}

func (goroutineReader) start(c *Conn, early []byte) { go readLoop(c, early) }

func (goroutineReader) wake(c *Conn) {
	c.sock.nc.SetReadDeadline(past)
	c.signalResume()
}

func (goroutineReader) resume(c *Conn) { c.signalResume() }

// signalResume is called with c.mu held.
func (c *Conn) signalResume() {
	if c.sock.resume != nil {
		close(c.sock.resume)
		c.sock.resume = nil
	}
}

// awaitResume returns when lagging has been made up for, or when the connection ends.
func (c *Conn) awaitResume() {
	c.mu.Lock()
	var ch chan struct{}
	if c.paused.Load() && c.ending == nil {
		ch = make(chan struct{})
		c.sock.resume = ch
	}
	c.mu.Unlock()
	if ch != nil {
		<-ch
	}
}

// awaitEnd returns when the end of the connection has been decided.
func (c *Conn) awaitEnd() {
	for !c.ended.Load() {
		c.mu.Lock()
		if c.ending != nil {
			c.mu.Unlock()
			return
		}
		ch := make(chan struct{})
		c.sock.resume = ch
		c.mu.Unlock()
		<-ch
	}
}

func readLoop(c *Conn, early []byte) {
	if len(early) > 0 {
		c.feed(early)
	}
	if c.sock.raw != nil {
		readRaw(c)
	} else {
		readPlain(c)
	}
	c.over()
	c.finish()
}

// rawRead reads through a syscall.RawConn and takes a buffer only when there is something to read.
type rawRead struct {
	buf *[readBuffer]byte
	n   int
	err error
}

func (r *rawRead) read(fd uintptr) bool {
	r.buf = readBuffers.Get().(*[readBuffer]byte)
	var again bool
	r.n, again, r.err = readSocket(fd, r.buf[:])
	if r.n > 0 {
		return true
	}
	readBuffers.Put(r.buf)
	r.buf = nil
	return !again
}

func readRaw(c *Conn) {
	var r rawRead
	callback := r.read // once, not per read
	for !c.ended.Load() {
		if c.lagging() {
			c.awaitResume()
			continue
		}
		r.n, r.err = 0, nil
		if err := c.sock.raw.Read(callback); err != nil || r.n == 0 {
			switch {
			case c.ended.Load():
			case err == nil && r.err == nil:
				c.peerEOF()
				c.awaitEnd()
			default:
				c.gone()
			}
			return
		}
		c.feed(r.buf[:r.n])
		readBuffers.Put(r.buf)
		r.buf = nil
	}
}

// smallBuffer is held while waiting by connections that cannot wait without one.
const smallBuffer = 1 << 10

func readPlain(c *Conn) {
	small := make([]byte, smallBuffer)
	buf := small
	var large *[readBuffer]byte
	for !c.ended.Load() {
		if c.lagging() {
			c.awaitResume()
			continue
		}
		n, err := c.sock.nc.Read(buf)
		if n > 0 {
			c.feed(buf[:n])
		}
		if err != nil {
			switch {
			case c.ended.Load():
			case errors.Is(err, io.EOF):
				c.peerEOF()
				c.awaitEnd()
			default:
				c.gone()
			}
			break
		}
		switch {
		case n == len(buf) && large == nil:
			large = readBuffers.Get().(*[readBuffer]byte)
			buf = large[:]
		case n < smallBuffer && large != nil:
			readBuffers.Put(large)
			buf, large = small, nil
		}
	}
	if large != nil {
		readBuffers.Put(large)
	}
}

// discard reads until the peer hangs up or the read deadline passes.
func discard(nc net.Conn) {
	nc = socketOf(nc)
	if sc, ok := nc.(syscall.Conn); ok && directIO {
		if raw, err := sc.SyscallConn(); err == nil {
			var r rawRead
			callback := r.read
			for {
				r.n = 0
				if err := raw.Read(callback); err != nil || r.n == 0 {
					return
				}
				readBuffers.Put(r.buf)
			}
		}
	}
	buf := make([]byte, smallBuffer)
	for {
		if _, err := io.ReadFull(nc, buf); err != nil {
			return
		}
	}
}
