package transport

import (
	"time"

	"golang.org/x/sys/unix"
)

// polled is what a connection is to its poller.
type polled struct {
	place      uint32
	registered bool // guarded by Conn.mu
	gone       bool // the peer has hung up, there is no need to wait for that; guarded by Conn.mu
	posted     bool // guarded by poller.mu
	started    bool // guarded by poller.mu

	// owned by the poller's goroutine
	more   bool // has another turn coming
	hangup bool // the peer has closed its side, or the socket has failed: reading will end
	eof    bool // it has ended
	over   bool // Conn.over was called
	told   bool // the receiver of a stream knows that all is written
	closed bool
}

// readsPerTurn bounds what one connection may read before others get a turn.
const readsPerTurn = 4

var _ reader = (*poller)(nil)

// start implements reader.
func (p *poller) start(c *Conn, early []byte) {
	if len(early) > 0 {
		c.feed(early)
	}
	if err := p.register(c); err != nil {
		c.srv.cannotWatch(err)
		c.gone()
	}
	if c.ended.Load() {
		p.post(c)
	}
}

// wake implements reader.
func (p *poller) wake(c *Conn) { p.post(c) }

// resume implements reader.
func (p *poller) resume(c *Conn) { p.post(c) }

// turn does whatever there is to do for c.
func (p *poller) turn(c *Conn) {
	s := &c.polled
	if s.closed {
		return
	}
	if !c.ended.Load() {
		p.read(c)
		if !c.ended.Load() {
			return
		}
	}
	first := !s.over
	if first {
		s.over = true
		c.over()
	}
	if !s.eof {
		p.drain(c)
	}
	c.mu.Lock()
	c.draining = true
	s.gone = s.eof
	if first && !c.broken {
		c.setReadDeadline(c.drainDeadline())
	}
	flushed := c.flushed
	late := c.broken || c.waits != nil && c.waits.late
	c.mu.Unlock()
	if flushed && c.stream != nil && !s.told {
		s.told = true
		c.streamOver()
	}
	if flushed && (s.eof || late) {
		p.finish(c)
	}
}

// read reads what there is, up to a limit.
func (p *poller) read(c *Conn) {
	s := &c.polled
	for range readsPerTurn {
		if s.eof || c.lagging() {
			return
		}
		n, again, err := readSocket(uintptr(c.fd), p.buf[:])
		switch {
		case again:
			return
		case err != nil:
			s.eof = true
			c.gone()
			return
		case n == 0:
			s.eof = true
			c.peerEOF()
			return
		}
		c.feed(p.buf[:n])
		if c.ended.Load() {
			return
		}
		if n < len(p.buf) && !s.hangup {
			return // there was no more
		}
	}
	p.again(c)
}

// drain throws away what there is, up to a limit.
func (p *poller) drain(c *Conn) {
	for range readsPerTurn {
		n, again, err := readSocket(uintptr(c.fd), p.buf[:])
		if again {
			return
		}
		if n == 0 || err != nil {
			c.polled.eof = true
			return
		}
	}
	p.again(c)
}

// again gives c another turn in the next round.
func (p *poller) again(c *Conn) {
	if !c.polled.more {
		c.polled.more = true
		p.more = append(p.more, c)
	}
}

// finish closes the socket. Both sides of it are over.
func (p *poller) finish(c *Conn) {
	c.polled.closed = true
	c.mu.Lock()
	if c.waits != nil && c.waits.timer != nil {
		c.waits.timer.Stop()
	}
	c.mu.Unlock()
	p.mu.Lock()
	p.give(c.polled.place)
	p.mu.Unlock()
	unix.Close(int(c.fd))
	c.srv.remove(c)
}

// shutdownWrite tells the peer that nothing more comes. That it may be gone already does not matter.
func shutdownWrite(fd int32) { _ = unix.Shutdown(int(fd), unix.SHUT_WR) }

// takeOver readies a connection for its reader. It takes the socket away from the net package, which spends several
// hundred bytes on it, where a poller can read it. The caller owns the write side.
func (s *Server) takeOver(c *Conn) {
	sock := c.sock
	if p := c.shard.poller; p != nil && sock.raw != nil {
		fd := -1
		err := sock.raw.Control(func(old uintptr) {
			fd, _ = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0)
		})
		if err == nil && fd >= 0 {
			c.mu.Lock()
			c.sock, c.poller, c.fd = nil, p, int32(fd)
			c.mu.Unlock()
			sock.nc.Close()
			return
		}
	}
	sock.nc.SetDeadline(time.Time{})
}
