//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A poolHandler is told what happens to a pool's clients. All calls come from the goroutine that polls; payloads are
// valid until the call returns.
type poolHandler interface {
	path(c *conn) string              // where the WebSocket is to be opened
	opened(c *conn)                   // the connection is open
	received(c *conn, payload []byte) // a whole message came
	closed(c *conn, err error)        // the connection ended, though nobody here wanted it
	left(c *conn)                     // the connection ended after leave
	woken()                           // somebody wrote to the wake descriptor
}

// A pool is many clients on one epoll descriptor and one goroutine. There is no client library in it
// because the clients share two cores with the server they measure.
type pool struct {
	ep      int
	target  *target
	source  netip.Addr // local address to connect from; the zero value leaves it to the kernel
	handler poolHandler
	conns   []*conn
	buf     []byte
	events  []unix.EpollEvent
	dirty   []*conn
	text    []byte // a SimpleServer message, while it is handed on
	timer   int    // timerfd
	alarm   int64  // when it goes off, 0: never
	waited  int64  // nanoseconds spent waiting for events
}

// What stands in an epoll event instead of a connection's index.
const (
	eventWake  = -1
	eventTimer = -2
)

func newPool(t *target, n int, h poolHandler) (*pool, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create: %w", err)
	}
	p := &pool{ep: ep, target: t, handler: h, buf: make([]byte, 64<<10), events: make([]unix.EpollEvent, 256)}
	if p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		unix.Close(ep)
		return nil, fmt.Errorf("timerfd_create: %w", err)
	}
	if err := p.add(p.timer, unix.EPOLLIN, eventTimer); err != nil {
		return nil, err
	}
	block := make([]conn, n)
	for i := range block {
		block[i].index, block[i].fd = i, -1
		p.conns = append(p.conns, &block[i])
	}
	return p, nil
}

// watch makes poll call woken when the event descriptor fd becomes readable.
func (p *pool) watch(fd int) error { return p.add(fd, unix.EPOLLIN, eventWake) }

func (p *pool) add(fd int, events uint32, data int32) error {
	return unix.EpollCtl(p.ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: data})
}

// wakeAt makes poll return when the time t of now() has come; 0 takes an earlier wish back.
func (p *pool) wakeAt(t, now int64) error {
	if t == p.alarm {
		return nil
	}
	p.alarm = t
	var spec unix.ItimerSpec // all zero: disarmed
	if t != 0 {
		spec.Value = unix.NsecToTimespec(max(1, t-now))
	}
	if err := unix.TimerfdSettime(p.timer, 0, &spec, nil); err != nil {
		return fmt.Errorf("timerfd_settime: %w", err)
	}
	return nil
}

// open starts to connect c; the handler hears of the outcome.
func (p *pool) open(c *conn) error {
	family := unix.AF_INET
	if p.target.addr.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	c.fd, c.state, c.began = fd, stateConnecting, now()
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if p.source.IsValid() {
		_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(p.source, 0))); err != nil {
			return fmt.Errorf("bind %s: %w", p.source, err)
		}
	}
	if err := unix.Connect(fd, sockaddr(p.target.addr)); err != nil && err != unix.EINPROGRESS {
		return fmt.Errorf("connect %s: %w", p.target.addr, err)
	}
	return p.add(fd, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLRDHUP|unix.EPOLLET&0xffffffff, int32(c.index))
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// queue has frames in c.out written as soon as the message being handled is done with.
func (p *pool) queue(c *conn) {
	if !c.dirty {
		c.dirty = true
		p.dirty = append(p.dirty, c)
	}
}

func (p *pool) flushDirty() {
	for i := 0; i < len(p.dirty); i++ {
		c := p.dirty[i]
		c.dirty = false
		if c.state != stateClosed {
			if err := c.flush(); err != nil {
				p.fail(c, err)
			}
		}
	}
	p.dirty = p.dirty[:0]
}

// poll handles one batch of events, waiting up to timeout milliseconds for it.
func (p *pool) poll(timeout int) error {
	p.flushDirty()
	// Look first and wait only when there is nothing, so that a busy loop skips the scheduler.
	n, _, e := unix.RawSyscall6(unix.SYS_EPOLL_WAIT, uintptr(p.ep), uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), 0, 0, 0)
	if e != 0 || n == 0 {
		start := now()
		m, err := unix.EpollWait(p.ep, p.events, timeout)
		p.waited += now() - start
		if err == unix.EINTR {
			return nil
		}
		if err != nil {
			return fmt.Errorf("epoll_wait: %w", err)
		}
		n = uintptr(m)
	}
	for i := range p.events[:n] {
		switch ev := &p.events[i]; ev.Fd {
		case eventWake:
			p.handler.woken()
		case eventTimer:
			var b [8]byte
			rawRead(p.timer, b[:])
			p.alarm = 0
		default:
			p.event(p.conns[ev.Fd], ev.Events)
			p.flushDirty()
		}
	}
	return nil
}

func (p *pool) event(c *conn, events uint32) {
	if c.state == stateClosed {
		return
	}
	if c.state == stateConnecting {
		if events&(unix.EPOLLOUT|unix.EPOLLERR|unix.EPOLLHUP) == 0 {
			return
		}
		if e, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || e != 0 {
			p.fail(c, fmt.Errorf("connect %s: %w", p.target.addr, unix.Errno(e)))
			return
		}
		if p.target.framing == lengthHeader {
			c.state, c.simple = stateJoining, newSimpleReader(p, c)
			p.handler.opened(c)
			p.queue(c)
		} else {
			c.state = stateUpgrading
			c.out = p.target.appendRequest(c.out, p.handler.path(c))
		}
	}
	if len(c.out) > 0 && events&unix.EPOLLOUT != 0 {
		if err := c.flush(); err != nil {
			p.fail(c, err)
			return
		}
	}
	if events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		p.read(c, events&^(unix.EPOLLIN|unix.EPOLLOUT) != 0)
	}
}

func (p *pool) fail(c *conn, err error) {
	leaving := c.state == stateLeaving
	p.close(c)
	if leaving {
		p.handler.left(c)
	} else {
		p.handler.closed(c, err)
	}
}

// bye is the close frame of clients that leave.
var bye = appendFrame(nil, opClose, []byte{1000 >> 8, 1000 & 0xff})

// leave says good-bye; what comes until the server closes is still handed on.
func (p *pool) leave(c *conn) {
	c.state = stateLeaving
	if p.target.framing == lengthHeader {
		if err := unix.Shutdown(c.fd, unix.SHUT_WR); err != nil {
			p.fail(c, err)
		}
		return
	}
	c.out = append(c.out, bye...)
	p.queue(c)
}

// close ends c without a word to the handler.
func (p *pool) close(c *conn) {
	if c.fd >= 0 {
		unix.Close(c.fd)
	}
	if c.simple != nil {
		c.simple.parser.Release()
	}
	*c = conn{fd: -1, index: c.index, room: c.room, visitor: c.visitor, state: stateClosed, dirty: c.dirty}
}

// shut says good-bye on all connections, without waiting for an answer, and frees the pool.
func (p *pool) shut() {
	for _, c := range p.conns {
		if c.fd >= 0 {
			if p.target.framing == webSocket && c.state >= stateJoining && len(c.out) == 0 {
				rawWrite(c.fd, bye)
			}
			p.close(c)
		}
	}
	unix.Close(p.timer)
	unix.Close(p.ep)
}
