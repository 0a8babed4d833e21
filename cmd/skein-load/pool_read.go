//go:build linux

package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// read takes everything that has come on c. A read that leaves room in the buffer has emptied the socket: the edge
// of the next byte will be reported. Not so where the end came together with the last bytes: that edge has been.
func (p *pool) read(c *conn, ending bool) {
	for c.state != stateClosed {
		kept := copy(p.buf, c.rest)
		n, e := rawRead(c.fd, p.buf[kept:])
		switch {
		case e == unix.EAGAIN:
			return
		case e == unix.EINTR:
			continue
		case e != 0:
			p.fail(c, fmt.Errorf("read: %w", e))
			return
		case n == 0:
			p.fail(c, errServerClosed)
			return
		}
		if c.simple != nil {
			if err := c.simple.feed(p.buf[:n]); err != nil {
				p.fail(c, err)
			}
			if n < len(p.buf) && !ending {
				return
			}
			continue
		}
		full := kept+n == len(p.buf)
		used := p.parse(c, p.buf[:kept+n])
		if c.state == stateClosed {
			return
		}
		p.keep(c, p.buf[used:kept+n])
		if !full && !ending {
			return
		}
	}
}

// keep stores the start of a frame in c, and gives the memory back when there is none.
func (p *pool) keep(c *conn, b []byte) {
	if len(b) == 0 {
		c.rest = nil
		return
	}
	c.rest = append(c.rest[:0], b...)
	if len(b) > len(p.buf)/2 {
		p.buf = make([]byte, 2*len(p.buf))
	}
}

// parse hands on the whole frames in b and returns how much of b they were.
func (p *pool) parse(c *conn, b []byte) (used int) {
	if c.state == stateUpgrading {
		n, err := parseUpgrade(b)
		if err != nil {
			p.fail(c, err)
		}
		if n == 0 {
			return 0
		}
		used = n
		c.state = stateJoining
		p.handler.opened(c)
	}
	for c.state != stateClosed {
		h, ok, err := parseHeader(b[used:])
		if err != nil {
			p.fail(c, err)
			return used
		}
		if !ok || len(b)-used < h.head+h.size {
			return used
		}
		payload := b[used+h.head : used+h.head+h.size]
		used += h.head + h.size
		p.frame(c, h, payload)
	}
	return used
}

func (p *pool) frame(c *conn, h header, payload []byte) {
	switch {
	case h.op == opText || h.op == opBinary:
		if h.fin {
			p.handler.received(c, payload)
			return
		}
		c.message = append(c.message[:0], payload...)
	case h.op == opContinuation:
		c.message = append(c.message, payload...)
		if h.fin {
			p.handler.received(c, c.message)
			c.message = nil
		}
	case h.op == opPing && c.state == stateLeaving: // nothing may follow the good-bye
	case h.op == opPing:
		c.out = appendFrame(c.out, opPong, payload)
		p.queue(c)
	case h.op == opClose:
		code := 0
		if len(payload) >= 2 {
			code = int(payload[0])<<8 | int(payload[1])
			payload = payload[2:]
		}
		p.fail(c, fmt.Errorf("%w: %d %s", errServerClosed, code, payload))
	}
}
