package transport

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// arrival is a socket that a poller watches for its handshake. Most handshakes come in one piece, need nobody to be
// asked and are answered at once, by the poller; a goroutine with a net.Conn does the rest.
type arrival struct {
	l     *Listener
	shard *shard
	peer  netip.AddrPort
	fd    int32
	place uint32    // guarded by poller.mu, and what follows
	until time.Time // for the handshake
	prev  *arrival
	next  *arrival
}

// arrivals are those of one poller, the oldest first. All have the same time for their handshake, so that one timer
// does for all.
type arrivals struct {
	first, last *arrival
	timer       *time.Timer
	armed       bool // for the oldest, or for one before it
	due         bool // somebody's time may be over
	all         bool // everybody's is
}

func (a *arrivals) add(n *arrival) {
	n.prev = a.last
	if a.last == nil {
		a.first = n
	} else {
		a.last.next = n
	}
	a.last = n
}

func (a *arrivals) remove(n *arrival) {
	if n.prev == nil {
		a.first = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		a.last = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.prev, n.next = nil, nil
}

// acceptor returns what accepts connections of l straight into the pollers, or nil where net.Listener is to be used:
// TLS, compression and handlers that have to be asked need goroutines anyway.
func (l *Listener) acceptor() func() error {
	s := l.srv
	if _, asks := s.handler.(Asker); asks || s.pollers == nil || s.streams != nil ||
		s.opt.Compression || l.tls.Certificate != nil {
		return nil
	}
	filer, ok := l.ln.(interface{ File() (*os.File, error) })
	if !ok {
		return nil
	}
	file, err := filer.File()
	if err != nil {
		return nil
	}
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil
	}
	l.file = file
	var (
		fd   int
		peer netip.AddrPort
		fail error
	)
	callback := func(listener uintptr) bool {
		fd, peer, fail = acceptSocket(int(listener))
		return fail != unix.EAGAIN
	}
	return func() error {
		if err := raw.Read(callback); err != nil {
			return net.ErrClosed // only that
		}
		if fail != nil {
			return os.NewSyscallError("accept4", fail)
		}
		s.arrive(l, fd, peer)
		return nil
	}
}

// acceptSocket accepts without waiting.
func acceptSocket(listener int) (fd int, peer netip.AddrPort, err error) {
	for {
		var from unix.RawSockaddrAny
		size := uint32(unix.SizeofSockaddrAny)
		// It never blocks, so the Go scheduler need not be told.
		n, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(listener), uintptr(unsafe.Pointer(&from)),
			uintptr(unsafe.Pointer(&size)), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		switch errno {
		case 0:
			return int(n), socketAddress(&from), nil
		case unix.EINTR, unix.ECONNABORTED: // it hung up while it waited
		default:
			return -1, netip.AddrPort{}, errno
		}
	}
}

// socketAddress is invalid for unix sockets.
func socketAddress(from *unix.RawSockaddrAny) netip.AddrPort {
	port := func(p *uint16) uint16 { // in network order
		b := (*[2]byte)(unsafe.Pointer(p))
		return uint16(b[0])<<8 | uint16(b[1])
	}
	switch from.Addr.Family {
	case unix.AF_INET:
		a := (*unix.RawSockaddrInet4)(unsafe.Pointer(from))
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), port(&a.Port))
	case unix.AF_INET6:
		a := (*unix.RawSockaddrInet6)(unsafe.Pointer(from))
		ip := netip.AddrFrom16(a.Addr).Unmap()
		if a.Scope_id != 0 {
			ip = ip.WithZone(strconv.Itoa(int(a.Scope_id)))
		}
		return netip.AddrPortFrom(ip, port(&a.Port))
	}
	return netip.AddrPort{}
}

// Times of TCP's keepalive in seconds, the ones that the net package sets.
const (
	keepAliveIdle  = 15
	keepAliveCount = 9
)

// cannotWatch tells that the system refused what a poller needs for a socket.
func (s *Server) cannotWatch(err error) {
	if held, ok := s.logWatch.allow(); ok {
		s.log.Error("Cannot watch a connection; it is closed.", "error", err, "suppressed", held)
	}
}

// keepAlive has TCP find out whether the peer is still there. Sockets that are not TCP refuse it and do without.
func keepAlive(fd int) {
	if unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, keepAliveIdle) != nil {
		return
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, keepAliveIdle)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveCount)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
}

// arrive has a poller wait for the handshake of an accepted socket.
func (s *Server) arrive(l *Listener, fd int, peer netip.AddrPort) {
	s.counters.accepted.Add(1)
	if !s.enter(nil) {
		unix.Close(fd)
		return
	}
	if s.keeping.tick == 0 {
		keepAlive(fd)
	}
	a := &arrival{l: l, shard: s.nextShard(), peer: peer, fd: int32(fd), until: time.Now().Add(s.opt.HandshakeTimeout)}
	if err := a.shard.poller.await(a); err != nil {
		s.cannotWatch(err)
		s.counters.refuse(refusedEOF)
		unix.Close(fd)
		s.leave(nil)
	}
}

// await takes a in.
func (p *poller) await(a *arrival) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.take()
	p.places[at].arrival = a
	a.place = at
	if err := p.add(int(a.fd), at, p.places[at].generation, 0); err != nil {
		p.give(at)
		return err
	}
	p.arrivals.add(a)
	p.arm()
	return nil
}

// arm sets the timer, if it is not, for the oldest arrival, if there is one. The caller holds p.mu.
func (p *poller) arm() {
	a := &p.arrivals
	switch {
	case a.armed || a.first == nil:
		return
	case a.timer == nil:
		a.timer = time.AfterFunc(time.Until(a.first.until), p.handshakesDue)
	default:
		a.timer.Reset(time.Until(a.first.until))
	}
	a.armed = true
}

func (p *poller) handshakesDue() {
	p.mu.Lock()
	p.arrivals.due, p.arrivals.armed = true, false
	p.unlockAndWake()
}

// dismiss takes a out of the list. Its place stays taken when it becomes a connection.
func (p *poller) dismiss(a *arrival, keepPlace bool) {
	p.mu.Lock()
	p.arrivals.remove(a)
	p.places[a.place].arrival = nil
	if !keepPlace {
		p.give(a.place)
	}
	p.mu.Unlock()
}

// overdue deals with the arrivals whose time is over, or with all.
func (p *poller) overdue(all bool) {
	now := time.Now()
	for {
		p.mu.Lock()
		p.arrivals.due = false
		a := p.arrivals.first
		if a == nil || !all && now.Before(a.until) {
			p.arm()
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		p.dismiss(a, false)
		if all {
			p.hungUp(a)
			continue
		}
		p.handOver(a, 0, os.ErrDeadlineExceeded)
	}
}

// hungUp closes a socket that ended before its handshake was complete.
func (p *poller) hungUp(a *arrival) {
	s := a.l.srv
	s.counters.refuse(refusedEOF)
	unix.Close(int(a.fd))
	s.leave(nil)
}

// greet reads what came in from a and answers its handshake, if it can be answered at once.
func (p *poller) greet(a *arrival, hangup bool) {
	s := a.l.srv
	if p.head == nil {
		p.head = s.heads.Get().(*headBuffer)
	}
	hb := p.head
	n, again, err := readSocket(uintptr(a.fd), hb.buf)
	switch {
	case again:
		return
	case n == 0 || err != nil:
		p.dismiss(a, false)
		p.hungUp(a)
		return
	}
	size := headEnd(hb.buf[:n], 0)
	if size < 0 || size > s.opt.MaxHead || hb.buf[0] == recordHandshake {
		p.dismiss(a, false)
		p.handOver(a, n, nil)
		return
	}
	req, refusal, html := s.judge(hb, size, a.l, a.peer, false)
	if refusal != nil {
		p.dismiss(a, false)
		if nc := p.netConn(a); nc != nil {
			go func() {
				s.refuse(nc, refusal, html)
				s.leave(nc)
			}()
		}
		return
	}
	_, _ = s.answer(hb, size, "") // there is nothing to negotiate
	if written, err := sysWrite(int(a.fd), hb.out.Bytes()); err != nil || written < hb.out.Len() {
		p.dismiss(a, false) // no new socket is too full for this
		p.hungUp(a)
		return
	}
	c := s.makeConn(a.shard, req, false)
	c.poller, c.fd = p, a.fd
	c.polled = polled{place: a.place, registered: true, started: true, hangup: hangup}
	p.dismiss(a, true)
	if !s.promote(c, nil) {
		// The client has been told yes, so it is told goodbye the WebSocket way.
		p.mu.Lock()
		p.give(a.place)
		p.mu.Unlock()
		s.counters.refuse(refuseDraining.Cause)
		if nc := p.netConn(a); nc != nil {
			go func() {
				s.goodbye(nc, goingAway)
				s.leave(nc)
			}()
		}
		return
	}
	p.mu.Lock()
	p.places[a.place].conn = c
	p.mu.Unlock()
	c.open()
	if n > size {
		c.feed(hb.buf[size:n])
	}
	if n == len(hb.buf) || hangup {
		p.turn(c)
	}
}

// handOver leaves the handshake of a to a goroutine, after n bytes were read or reading has failed.
func (p *poller) handOver(a *arrival, n int, err error) {
	s, l := a.l.srv, a.l
	nc := p.netConn(a)
	if nc == nil {
		return
	}
	hb := p.head
	p.head = nil
	if hb == nil {
		hb = s.heads.Get().(*headBuffer)
	}
	nc.SetDeadline(a.until)
	go s.upgrade(nc, l, hb, n, err)
}

// netConn makes a net.Conn of a socket that is not watched any more. It returns nil where the system refuses that; the
// socket is closed then.
func (p *poller) netConn(a *arrival) net.Conn {
	s := a.l.srv
	// What is made here shares the socket, which would still be watched otherwise.
	_ = unix.EpollCtl(p.epoll, unix.EPOLL_CTL_DEL, int(a.fd), nil)
	file := os.NewFile(uintptr(a.fd), "")
	nc, err := net.FileConn(file)
	file.Close()
	if err != nil {
		s.cannotWatch(err)
		s.counters.refuse(refusedEOF)
		s.leave(nil)
		return nil
	}
	s.adopt(nc)
	return nc
}

// prepareListener sets what accepted sockets inherit and the net package sets on those that it accepts itself: small
// writes are not held back.
func prepareListener(network, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	})
}
