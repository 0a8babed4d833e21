//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/skeinhq/skein/tests/bench/minicl4"
)

// A conn is one client.
type conn struct {
	fd       int
	upgraded bool
	room     *room
	rest     []byte // start of a frame whose end has not come
	out      []byte // what the socket did not take
}

// A room is its members.
type room struct{ members []*conn }

// A server is everything there is.
type server struct {
	ep, listener int
	echo         bool
	conns        []*conn // by descriptor
	rooms        map[string]*room
	buf          []byte
	frame        []byte // of the answer or delivery being written
}

func newServer(addr netip.AddrPort, echo bool) (*server, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}); err != nil {
		return nil, fmt.Errorf("bind %s: %w", addr, err)
	}
	if err := unix.Listen(fd, 4096); err != nil {
		return nil, err
	}
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	s := &server{ep: ep, listener: fd, echo: echo, rooms: map[string]*room{minicl4.DefaultRoom: {}}, buf: make([]byte, 64<<10)}
	return s, s.add(fd, unix.EPOLLIN)
}

func (s *server) add(fd int, events uint32) error {
	return unix.EpollCtl(s.ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

func (s *server) run() error {
	events := make([]unix.EpollEvent, 256)
	for {
		// Look first and wait only when there is nothing, so that a busy floor skips the scheduler.
		r, _, e := unix.RawSyscall6(unix.SYS_EPOLL_WAIT, uintptr(s.ep), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
		n := int(r)
		if e != 0 || n == 0 {
			var err error
			if n, err = unix.EpollWait(s.ep, events, -1); err == unix.EINTR {
				continue
			} else if err != nil {
				return err
			}
		}
		for _, ev := range events[:n] {
			if int(ev.Fd) == s.listener {
				s.accept()
				continue
			}
			c := s.conns[ev.Fd]
			if c == nil {
				continue
			}
			if ev.Events&unix.EPOLLOUT != 0 && len(c.out) > 0 {
				s.write(c, nil)
			}
			if ev.Events&^unix.EPOLLOUT != 0 {
				s.read(c, ev.Events&^(unix.EPOLLIN|unix.EPOLLOUT) != 0)
			}
		}
	}
}

func (s *server) accept() {
	for {
		fd, _, err := unix.Accept4(s.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		for len(s.conns) <= fd {
			s.conns = append(s.conns, nil)
		}
		s.conns[fd] = &conn{fd: fd}
		if s.add(fd, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLRDHUP|unix.EPOLLET&0xffffffff) != nil {
			s.drop(s.conns[fd])
		}
	}
}

// read takes everything that has come. A read that leaves room in the buffer has emptied the socket, unless the end
// came with the last bytes.
func (s *server) read(c *conn, ending bool) {
	for s.conns[c.fd] == c {
		kept := copy(s.buf, c.rest)
		n, _, e := unix.RawSyscall(unix.SYS_READ, uintptr(c.fd), uintptr(unsafe.Pointer(&s.buf[kept])), uintptr(len(s.buf)-kept))
		if e == unix.EAGAIN {
			return
		}
		if e != 0 || n == 0 {
			s.drop(c)
			return
		}
		b := s.buf[:kept+int(n)]
		used := s.parse(c, b)
		if s.conns[c.fd] != c {
			return
		}
		if c.rest = append(c.rest[:0], b[used:]...); len(c.rest) == 0 {
			c.rest = nil
		}
		if len(b) < len(s.buf) && !ending {
			return
		}
		if used == 0 && len(b) == len(s.buf) { // a frame larger than the buffer: not what the floor is for
			s.drop(c)
			return
		}
	}
}

// write sends b in one system call; what does not fit waits for room.
func (s *server) write(c *conn, b []byte) {
	if len(c.out) > 0 {
		c.out = append(c.out, b...)
		b = c.out
	}
	n, _, e := unix.RawSyscall(unix.SYS_WRITE, uintptr(c.fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if e != 0 {
		n = 0
	}
	switch {
	case int(n) == len(b):
		c.out = c.out[:0]
	case len(c.out) > 0:
		c.out = c.out[:copy(c.out, b[n:])]
	default:
		c.out = append(c.out, b[n:]...)
	}
}

func (s *server) drop(c *conn) {
	s.conns[c.fd] = nil
	s.move(c, nil)
	unix.Close(c.fd)
}

// move takes c out of its room and into r.
func (s *server) move(c *conn, r *room) {
	if c.room != nil {
		if i := slices.Index(c.room.members, c); i >= 0 {
			c.room.members = slices.Delete(c.room.members, i, i+1)
		}
	}
	if c.room = r; r != nil {
		r.members = append(r.members, c)
	}
}
