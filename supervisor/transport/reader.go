package transport

import (
	"sync"

	"github.com/skeinhq/skein/codec"
)

// reader waits until connections can be read and gives them turns. Per connection everything it does is in order and
// one at a time: turns, then Conn.over, then Conn.finish.
type reader interface {
	// start reads c until its end. early is what came in together with the upgrade; it is handed over.
	start(c *Conn, early []byte)
	// wake is called once with c.mu held when the end of c has been decided: its turns shall stop.
	wake(c *Conn)
	// resume is called with c.mu held when c may be read again after Conn.lagging.
	resume(c *Conn)
}

// portableReader switches the pollers off, for tests.
var portableReader = false

const readBuffer = 32 << 10

// readBuffers are what sockets are read into. A connection has one only while it has something to read.
var readBuffers = sync.Pool{New: func() any { return new([readBuffer]byte) }}

// feed parses what was read and calls the Receiver. It changes in.
func (c *Conn) feed(in []byte) {
	counts := c.shard.counts
	counts.bytesIn.Add(uint64(len(in)))
	counts.reads.Add(1)
	if now := c.srv.tick.Load(); c.seen.Load() != now {
		c.seen.Store(now)
	}
	c.messages, c.pings = 0, 0
	if c.stream != nil {
		c.stream.feed(in)
		counts.messagesIn.Add(uint64(c.messages))
		return
	}
	err := c.parser.Feed(in, (*events)(c))
	if c.messages > 0 {
		counts.messagesIn.Add(uint64(c.messages))
	}
	if c.pings > 0 {
		counts.pingsIn.Add(uint64(c.pings))
	}
	if bad, ok := err.(*codec.CloseError); ok {
		c.end(End{bad.Code, bad.Reason, CauseProtocol})
	} else if err != nil {
		c.end(End{codeInternal, "", CauseProtocol})
	}
}

// gone is called when the socket cannot be read any more, other than at the orderly end of a stream.
func (c *Conn) gone() { c.end(End{codeAbnormal, "", CausePeerGone}) }

// over is called after the last turn.
func (c *Conn) over() {
	c.parser.Release()
	c.mu.Lock()
	e := c.ending.End
	c.mu.Unlock()
	c.srv.counters.disconnect(Disconnect{e.Cause, e.Code})
	if c.receiver != nil {
		c.receiver.Closed(e)
		c.receiver = nil
	}
}

// events is a Conn as its parser sees it.
type events Conn

func (e *events) OnMessage(m *codec.Message) {
	c := (*Conn)(e)
	if c.ended.Load() {
		c.shard.counts.messagesLate.Add(1)
		m.SetCredit(nil)
		m.Release()
		c.parser.Release()
		return
	}
	c.messages++
	c.lentMessages.Add(1)
	c.lentBytes.Add(int64(len(m.Payload)))
	c.receiver.Message(m)
}

func (e *events) OnPing(payload []byte) {
	c := (*Conn)(e)
	c.pings++
	if !c.ended.Load() {
		c.sendPong(codec.RawFrame(codec.PongFrame(payload)))
	}
}

// OnPong has nothing to do: every input is a sign of life.
func (e *events) OnPong([]byte) {}

// OnClose answers with the same code and reason (RFC 6455 section 5.5.1).
func (e *events) OnClose(code uint16, reason string) {
	(*Conn)(e).end(End{code, reason, CausePeerClosed})
}

// credit is a Conn as its messages see it.
type credit Conn

func (k *credit) Done(bytes int) {
	c := (*Conn)(k)
	c.lentMessages.Add(-1)
	c.lentBytes.Add(-int64(bytes))
	if c.paused.Load() && c.caughtUp() {
		c.mu.Lock()
		c.unpause()
		c.mu.Unlock()
	}
}

// lagging tells that the session is so far behind that c is not to be read from. The reader then waits for resume, or
// wake. It is called between turns.
func (c *Conn) lagging() bool {
	if !c.held.Load() && int(c.lentMessages.Load()) < c.srv.opt.MaxInFlightMessages &&
		int(c.lentBytes.Load()) < c.srv.opt.MaxInFlightBytes {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending != nil {
		return false
	}
	c.paused.Store(true)
	// Whoever caught up before that did not see it.
	if c.caughtUp() {
		c.paused.Store(false)
		return false
	}
	c.shard.counts.pauses.Add(1)
	return true
}

func (c *Conn) caughtUp() bool {
	return !c.held.Load() && int(c.lentMessages.Load()) <= c.srv.opt.MaxInFlightMessages/2 &&
		int(c.lentBytes.Load()) <= c.srv.opt.MaxInFlightBytes/2
}

// unpause lets the reader go on. The caller holds c.mu.
func (c *Conn) unpause() {
	if c.paused.Load() {
		c.seen.Store(c.srv.tick.Load()) // its silence was ours
		c.paused.Store(false)
		c.reader().resume(c)
	}
}
