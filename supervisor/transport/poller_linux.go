package transport

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pollEvents is how many events a poller takes at a time.
const pollEvents = 256

// turnsPerYield is how many turns a poller gives before it lets other goroutines run, if it does not have to wait anyway.
const turnsPerYield = 64

// poller reads many connections on one goroutine through an epoll descriptor of its own (epoll(7)). A connection that
// waits takes a place in a table and nothing else: no goroutine, no buffer.
//
// Sockets are edge-triggered: what a turn does not read is read in another turn that the poller gives unasked.
//
// The descriptor of a connection is used by its turns, which happen here, and by the owner of its write side. It is
// closed here when both are over, so nobody uses it afterwards and no number is used for two sockets. Events carry the
// place in the table and its generation; an event of a socket that is gone finds another generation there.
type poller struct {
	epoll int
	file  *os.File // epoll once more: the Go runtime waits for it, so no thread does
	raw   syscall.RawConn
	event int // eventfd that ends a wait

	mu       sync.Mutex // a leaf, may be locked under Conn.mu
	places   []place
	unused   []uint32
	arrivals arrivals
	posted   []*Conn // get a turn
	idle     bool    // the goroutine waits, or is about to
	stopped  bool

	flushers []*flusher // of its shards

	// owned by the goroutine
	buf    [readBuffer]byte
	events [pollEvents]unix.EpollEvent
	ready  []ready
	turns  []*Conn
	more   []*Conn // have not read everything
	given  int     // turns since the goroutine let others run
	head   *headBuffer
	w      *rawWrite
}

// place is what a poller knows of one socket.
type place struct {
	generation uint32
	conn       *Conn
	arrival    *arrival
}

// ready is a place with its events.
type ready struct {
	conn    *Conn
	arrival *arrival
	events  uint32
}

// pollers are those of one Server, one per shard: sessions run on the poller that has read for them, so that fewer of
// them than processors would leave processors without work.
type pollers []*poller

// startPollers makes the pollers where the system lets us. Without them every connection is read by a goroutine.
func (s *Server) startPollers() {
	if portableReader {
		return
	}
	for range s.shards {
		p, err := newPoller()
		if err != nil {
			s.log.Warn("No epoll: connections are read by a goroutine each.", "error", err)
			s.pollers.stop()
			s.pollers = nil
			return
		}
		s.pollers = append(s.pollers, p)
	}
	for i, sh := range s.shards {
		p := s.pollers[i%len(s.pollers)]
		sh.poller = p
		p.flushers = append(p.flushers, sh.flusher)
		sh.flusher.poller = p
	}
	for _, p := range s.pollers {
		s.background.Go(p.run)
	}
}

func newPoller() (*poller, error) {
	p := &poller{places: make([]place, 1)} // place 0 is the eventfd
	var err error
	if p.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	if err = unix.SetNonblock(p.epoll, true); err == nil {
		p.event, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	}
	if err != nil {
		unix.Close(p.epoll)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	p.file = os.NewFile(uintptr(p.epoll), "epoll")
	if err = p.add(p.event, 0, 0, 0); err == nil {
		p.raw, err = p.file.SyscallConn()
	}
	if err != nil {
		p.close()
		return nil, err
	}
	p.w = newRawWrite()
	return p, nil
}

func (p *poller) close() {
	p.file.Close()
	unix.Close(p.event)
}

func (p *poller) add(fd int, at, generation uint32, more uint32) error {
	e := unix.EpollEvent{Events: pollIn | more, Fd: int32(at), Pad: int32(generation)}
	if err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &e); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

// pollIn is what every connection is watched for. Whether it can be written to is asked only when it could not.
const pollIn = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET

func (p *poller) run() {
	defer p.close()
	n := 0
	wait := func(uintptr) bool { // between two calls the goroutine is parked
		n = p.poll()
		if n == 0 {
			p.given = 0
		}
		return n != 0
	}
	for {
		if p.given >= turnsPerYield {
			p.given = 0
			runtime.Gosched() // the actors have not run for a while
		}
		p.mu.Lock()
		if p.stopped {
			p.mu.Unlock()
			return
		}
		p.idle = len(p.posted) == 0 && len(p.more) == 0 && !p.arrivals.due
		idle := p.idle
		p.mu.Unlock()
		if idle && p.rest() {
			if err := p.raw.Read(wait); err != nil {
				panic(fmt.Sprintf("transport: epoll: %v", err)) // cannot happen: nobody closes it but us
			}
		} else {
			n = p.poll()
		}
		p.rise()
		p.round(n)
		p.flush()
	}
}

// rest has all flushers woken when something is listed. It returns false when something is.
func (p *poller) rest() bool {
	for _, f := range p.flushers {
		if !f.rest() {
			return false
		}
	}
	return true
}

// rise is the opposite of rest.
func (p *poller) rise() {
	for _, f := range p.flushers {
		f.rise()
	}
}

// poll takes what has happened. It does not wait, so the Go scheduler need not be told.
func (p *poller) poll() int {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.events[0])),
			pollEvents, 0, 0, 0)
		switch errno {
		case 0:
			return int(n)
		case unix.EINTR:
		default:
			panic(fmt.Sprintf("transport: epoll_wait: %v", errno)) // a bad descriptor or a bad address
		}
	}
}

// round gives turns to the connections that n events are about, to those that were posted and to those that have more.
func (p *poller) round(n int) {
	p.mu.Lock()
	p.idle = false
	for _, e := range p.events[:n] {
		if at := &p.places[e.Fd]; at.generation == uint32(e.Pad) && (at.conn != nil || at.arrival != nil) {
			p.ready = append(p.ready, ready{at.conn, at.arrival, e.Events})
		}
	}
	due, all := p.arrivals.due, p.arrivals.all
	p.turns, p.posted = append(p.turns, p.posted...), p.posted[:0]
	for _, c := range p.turns {
		c.polled.posted = false
	}
	clear(p.posted[:len(p.turns)])
	p.mu.Unlock()

	p.turns = append(p.turns, p.more...)
	clear(p.more)
	p.more = p.more[:0]
	for _, r := range p.ready {
		hangup := r.events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0
		if r.arrival != nil {
			p.greet(r.arrival, hangup)
			continue
		}
		if r.events&unix.EPOLLOUT != 0 {
			r.conn.unpark(p.w)
		}
		if r.events&^unix.EPOLLOUT != 0 {
			r.conn.polled.hangup = r.conn.polled.hangup || hangup
			p.turn(r.conn)
		}
	}
	if due {
		p.overdue(all)
	}
	for _, c := range p.turns {
		c.polled.more = false
		p.turn(c)
	}
	p.given += len(p.ready) + len(p.turns)
	clear(p.ready)
	clear(p.turns)
	p.ready, p.turns = p.ready[:0], p.turns[:0]
	if cap(p.turns) > 16*pollEvents {
		p.turns, p.posted = nil, nil
	}
}

// post gives c a turn soon. It may be called with c.mu held.
func (p *poller) post(c *Conn) {
	p.mu.Lock()
	if c.polled.posted || !c.polled.started {
		p.mu.Unlock()
		return
	}
	c.polled.posted = true
	p.posted = append(p.posted, c)
	p.unlockAndWake()
}

// unlockAndWake ends the wait of the goroutine, if it waits, and unlocks p.mu.
func (p *poller) unlockAndWake() {
	wake := p.idle
	p.idle = false
	p.mu.Unlock()
	if wake {
		p.interrupt()
	}
}

// interrupt ends a wait of the goroutine, or the next one.
func (p *poller) interrupt() {
	one := [8]byte{1}                // in either byte order more than nothing
	_, _ = sysWrite(p.event, one[:]) // it fails only when it was done very often already
}

// dismissAll closes all sockets whose handshake is not complete.
func (ps pollers) dismissAll() {
	for _, p := range ps {
		p.mu.Lock()
		p.arrivals.due, p.arrivals.all = true, true
		p.unlockAndWake()
	}
}

func (ps pollers) stop() {
	for _, p := range ps {
		p.mu.Lock()
		p.stopped = true
		p.unlockAndWake()
	}
}

// awaitRoom has the poller unpark c when its socket takes more. The caller holds c.mu.
func (p *poller) awaitRoom(c *Conn) {
	if !c.polled.registered {
		return // start does it
	}
	p.mu.Lock()
	generation := p.places[c.polled.place].generation
	p.mu.Unlock()
	e := unix.EpollEvent{Events: pollIn | unix.EPOLLOUT, Fd: int32(c.polled.place), Pad: int32(generation)}
	// It cannot fail for a descriptor that is registered. If it did, the write timeout would end the connection.
	_ = unix.EpollCtl(p.epoll, unix.EPOLL_CTL_MOD, int(c.fd), &e)
}

// register puts c into the table and has its socket watched.
func (p *poller) register(c *Conn) error {
	c.mu.Lock() // until the socket is watched: finish, which closes it, waits
	defer c.mu.Unlock()
	p.mu.Lock()
	at := p.take()
	generation := p.places[at].generation
	p.places[at].conn = c
	c.polled.place, c.polled.started = at, true
	p.mu.Unlock()

	more := uint32(0)
	if c.waits != nil && c.waits.rest != nil {
		more = unix.EPOLLOUT
	}
	err := p.add(int(c.fd), at, generation, more)
	c.polled.registered = err == nil
	return err
}

// take returns an unused place. The caller holds p.mu.
func (p *poller) take() uint32 {
	if n := len(p.unused); n > 0 {
		at := p.unused[n-1]
		p.unused = p.unused[:n-1]
		return at
	}
	p.places = append(p.places, place{})
	return uint32(len(p.places) - 1)
}

// give makes a place unused. Events that are still on their way to it come to nothing. The caller holds p.mu.
func (p *poller) give(at uint32) {
	p.places[at] = place{generation: p.places[at].generation + 1}
	p.unused = append(p.unused, at)
}
