package transport

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/skeinhq/skein/codec"
)

// Conn is one upgraded connection. All exported methods are safe for use by many goroutines and none of them waits
// for the network.
//
// Its end goes like this. Somebody decides it (the client's Close frame, Close, a full outbox, silence, a protocol
// error, EOF): ending is set, nothing is queued behind the Close frame any more, and the reader is woken. The reader
// calls Receiver.Closed and from then on throws away what comes in. The owner of the write side writes what is queued
// and the Close frame, then half-closes. When the client hangs up, or lets the linger pass, the reader closes the
// socket. Closing it earlier, with input unread, would reset it, and the reset destroys the Close frame on its way
// (RFC 6455 section 7.1.1 asks for the same order).
type Conn struct {
	srv   *Server
	shard *shard
	req   *Request

	// The socket is one of two: held through the net package, or by its descriptor, which a poller reads and which is
	// nobody else's. sock changes to nil, once, before the connection is started, with mu held.
	sock   *netSocket
	poller *poller
	fd     int32

	slot int32 // index in shard.conns, guarded by shard.mu

	// owned by the reader
	receiver Receiver
	parser   codec.Parser
	messages int32 // delivered in this turn
	pings    int32 // received in this turn
	polled   polled

	// keepalive
	seen   atomic.Uint32 // tick of the last sign of life
	pinged uint32        // tick of the ping that waits for its pong, 0 for none; owned by the keeper

	// credit
	lentBytes    atomic.Int64
	lentMessages atomic.Int32
	paused       atomic.Bool
	held         atomic.Bool // see Hold

	ended atomic.Bool // ending is set

	stream *stream

	mu        sync.Mutex // may be locked under shard.mu; flusher.mu and Server.mu are not locked under it
	listed    bool       // in the flusher's list
	writing   bool       // the write side has an owner, see flusher
	blocked   bool       // its owner waits for the socket
	flushed   bool       // the write side is over
	draining  bool       // the reader throws input away; its read deadline may be moved
	broken    bool       // nothing can be written any more
	cutQueue  bool       // what is not begun shall not be written
	deflate   bool       // permessage-deflate was agreed on; set before the connection is shared
	out       outbox
	pending   int // bytes in out and in the hands of the write side's owner
	ending    *ending
	waits     *waits
	nextFlush *Conn // owned by the flusher
}

// netSocket is a socket that is held through the net package.
type netSocket struct {
	nc     net.Conn
	raw    syscall.RawConn // nil where bytes do not go to the socket as they are
	resume chan struct{}   // the reader waits on it for credit, or for the end; guarded by Conn.mu
}

// ending is how a connection ends. It never changes once it is set.
type ending struct {
	End
	frame   *codec.Frame  // the Close frame, nil for none
	by      time.Time     // the write side is over by then
	flushed chan struct{} // closed when it is; nil where a poller reads
}

// direct tells that bytes go to the socket as they are, without waiting.
func (c *Conn) direct() bool { return c.sock == nil || c.sock.raw != nil }

// reader returns what reads the connection.
func (c *Conn) reader() reader {
	if c.sock == nil {
		return c.poller
	}
	return goroutineReader{}
}

// Request tells what was known of the client before the upgrade. It must not be changed.
func (c *Conn) Request() *Request { return c.req }

// Send appends a frame to the outbox. It returns false when the frame will not be sent: the connection is closed or
// closing, or the frame does not fit, in which case the connection is closed with 1008 as a slow consumer. A frame
// that is larger than the whole outbox fits when nothing else waits.
func (c *Conn) Send(f *codec.Frame) bool { return c.enqueue(f, true) }

// TrySend is Send, but a frame that does not fit is refused and the connection stays open.
func (c *Conn) TrySend(f *codec.Frame) bool { return c.enqueue(f, false) }

func (c *Conn) enqueue(f *codec.Frame, closeWhenFull bool) bool {
	n := len(wire(f, c.deflate))
	c.mu.Lock()
	for tries := 0; ; tries++ {
		if c.ending != nil {
			c.mu.Unlock()
			c.shard.counts.framesLate.Add(1)
			return false
		}
		if c.pending == 0 || c.pending+n <= c.srv.opt.OutboxBytes && c.out.fits(c.srv.opt.OutboxFrames) {
			c.out.push(f)
			c.queued(n)
			return true
		}
		if !closeWhenFull {
			c.mu.Unlock()
			c.srv.counters.slowConsumer(SlowRefused)
			return false
		}
		if c.blocked || !c.help(tries) {
			break
		}
	}
	c.mu.Unlock()
	if c.end(End{c.srv.opt.SlowCode, reasonSlow, CauseSlowConsumer}) {
		c.srv.counters.slowConsumer(SlowClosed)
	}
	c.srv.counters.drop(CauseSlowConsumer, 1)
	return false
}

// A sender that finds the outbox full, but the socket not, first makes way for the owner of the write side and then
// waits for the processor to get round to it. That is not waiting for the network, and ends.
const (
	fullYields = 100
	fullNaps   = 100
	fullNap    = 100 * time.Microsecond
)

// help is for a full outbox that the socket may still have room for: it was filled faster than the flusher got to it,
// which the client cannot be blamed for. The caller holds c.mu, and holds it again afterwards. It returns false when
// the client is to be taken for slow after all.
func (c *Conn) help(tries int) bool {
	switch {
	case !c.writing && c.direct():
		c.writing = true
		t := transfers.Get().(*transfer)
		var w rawWrite
		w.init(t)
		c.writeNow(&w)
		transfers.Put(t)
	case tries < fullYields:
		c.mu.Unlock()
		runtime.Gosched()
	case tries < fullYields+fullNaps && c.direct(): // with TLS the owner may well be waiting for the network
		c.mu.Unlock()
		time.Sleep(fullNap)
	default:
		return false
	}
	c.mu.Lock()
	return true
}

// queued accounts for n bytes that were put into the outbox and unlocks c.mu, which the caller holds.
func (c *Conn) queued(n int) {
	c.pending += n
	list := !c.writing && !c.listed
	if list {
		c.listed = true
	}
	c.mu.Unlock()
	if list {
		c.shard.flusher.add(c)
	}
}

// sendPing queues a ping, which is exempt from the limit. There is at most one: the next waits for a sign of life.
func (c *Conn) sendPing(f *codec.Frame) {
	c.mu.Lock()
	if c.ending != nil {
		c.mu.Unlock()
		return
	}
	c.out.push(f)
	c.queued(f.Len())
}

// sendPong queues the answer to a ping, which is exempt from the limit and has one of its own.
func (c *Conn) sendPong(f *codec.Frame) {
	c.mu.Lock()
	if c.ending != nil {
		c.mu.Unlock()
		return
	}
	n := f.Len()
	if old := c.out.pushPong(f); old != nil {
		n -= old.Len()
	}
	c.queued(n)
}

// Pending is the number of bytes that wait to be written.
func (c *Conn) Pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending
}

// Close sends what is queued, then a Close frame, and ends the connection. Only the first call counts, and none does
// when the connection is ending already. The reason is cut to what a Close frame can hold, 123 bytes.
func (c *Conn) Close(code uint16, reason string) {
	c.end(End{code, reason, CauseServerClosed})
}

// end decides the end of the connection, unless it is decided, and tells whether it did.
func (c *Conn) end(e End) bool {
	now := time.Now()
	x := &ending{End: e, by: now.Add(c.srv.opt.WriteTimeout)}
	if e.Code != codeAbnormal && c.stream == nil {
		x.frame = codec.RawFrame(codec.CloseFrame(e.Code, e.Reason))
	}

	c.mu.Lock()
	if c.ending != nil {
		c.mu.Unlock()
		return false
	}
	c.ending = x
	if c.sock != nil {
		x.flushed = make(chan struct{})
	}
	var dropped, bytes int
	if e.Cause == CauseSlowConsumer || e.Cause == CausePongTimeout || e.Code == codeAbnormal {
		// It does not take what it has: the Close frame has a better chance alone.
		dropped, bytes = c.out.drop(c.deflate)
		c.cutQueue = true
		x.by = now.Add(c.srv.opt.CloseLinger)
	}
	c.pending -= bytes
	if e.Code == codeAbnormal {
		c.broken = true
	} else if x.frame != nil {
		c.out.pushLast(x.frame)
		c.pending += x.frame.Len()
	}
	list := false
	if c.writing {
		// If its owner is waiting for the socket, it must not do so for longer than the end may take.
		c.setWriteDeadline(c.writeDeadline(now))
	} else if c.broken {
		c.endWrite()
	} else if !c.listed {
		c.listed, list = true, true // also a stream that only has to be half-closed
	}
	c.ended.Store(true)
	c.reader().wake(c)
	c.mu.Unlock()

	if list {
		c.shard.flusher.add(c)
	}
	c.srv.counters.drop(e.Cause, dropped)
	return true
}

// abort cuts a connection off, whatever state it is in.
func (c *Conn) abort(cause Cause) {
	if c.end(End{codeAbnormal, "", cause}) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken, c.cutQueue = true, true
	c.setWriteDeadline(past)
	if c.draining {
		c.setReadDeadline(past)
	}
}

// writeDeadline is how long the owner of the write side may wait for the socket from now on. The caller holds c.mu.
func (c *Conn) writeDeadline(now time.Time) time.Time {
	switch {
	case c.broken:
		return past
	case c.ending == nil:
		return now.Add(c.srv.opt.WriteTimeout)
	}
	d := now.Add(c.srv.opt.CloseLinger)
	if d.After(c.ending.by) {
		d = c.ending.by
	}
	return d
}

// releaseWrite gives up the write side. The caller owns it and holds c.mu, which is unlocked.
func (c *Conn) releaseWrite() {
	c.blocked = false
	if !c.out.empty() {
		c.writing = false
		list := !c.listed
		c.listed = true
		c.mu.Unlock()
		if list {
			c.shard.flusher.add(c) // at the end of the list: the others come first
		}
		return
	}
	if c.ending != nil && !c.broken {
		// Nothing is queued any more, so the write side stays ours without the lock. With TLS this may wait.
		c.mu.Unlock()
		c.halfClose()
		c.mu.Lock()
	}
	c.writing = false
	if c.ending != nil {
		c.endWrite()
	}
	c.mu.Unlock()
}

// endWrite tells the reader that everything which was to be written is written, or cannot be. The caller holds c.mu;
// the write side has no owner.
func (c *Conn) endWrite() {
	if c.flushed {
		return
	}
	c.flushed = true
	if c.draining {
		c.setReadDeadline(c.drainDeadline())
	}
	if c.sock == nil {
		c.poller.post(c)
		return
	}
	close(c.ending.flushed)
}

// drainDeadline is when the reader stops waiting for the client to hang up. The caller holds c.mu.
func (c *Conn) drainDeadline() time.Time {
	switch {
	case c.broken:
		return past
	case c.flushed:
		return time.Now().Add(c.srv.opt.CloseLinger)
	}
	return c.ending.by.Add(c.srv.opt.CloseLinger)
}

// finish is the last thing that a reader on a goroutine does, after Receiver.Closed: it waits for both sides to be over
// and closes the socket. It may block for as long as the linger.
func (c *Conn) finish() {
	c.mu.Lock()
	c.draining = true
	flushed := c.ending.flushed
	c.setReadDeadline(c.drainDeadline())
	c.mu.Unlock()

	if c.stream != nil {
		<-flushed
		c.streamOver()
	}
	discard(c.sock.nc)
	<-flushed
	closeSocket(c.sock.nc)
	c.srv.remove(c)
}
