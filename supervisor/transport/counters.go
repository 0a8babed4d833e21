package transport

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Counters are the figures of one Server. The zero value is ready; all methods are safe for use by many goroutines.
type Counters struct {
	accepted    atomic.Uint64
	open        atomic.Int64
	handshaking atomic.Int64
	tlsOnPlain  atomic.Uint64
	plainOnTLS  atomic.Uint64
	tlsFailed   atomic.Uint64

	// What happens per message is counted in several places so that the cores do not fight for one cache line.
	cells [64]cell

	outboxBytes atomic.Pointer[func() int64]

	mu          sync.Mutex
	refused     map[string]uint64
	slow        map[string]uint64
	dropped     map[string]uint64
	disconnects map[Disconnect]uint64
}

// cell is one shard's share, two cache lines long.
type cell struct {
	bytesIn, bytesOut  atomic.Uint64
	messagesIn         atomic.Uint64
	framesOut, writes  atomic.Uint64
	pingsIn, pingsOut  atomic.Uint64
	framesLate, reads  atomic.Uint64
	messagesLate       atomic.Uint64
	pauses, handedOver atomic.Uint64
	_                  [128 - 12*8]byte
}

// Disconnect is how a connection ended, as it is counted.
type Disconnect struct {
	Cause Cause
	Code  uint16 // close code sent or received, 1006 for none
}

// Actions of the slow-consumer rule in Stats.SlowConsumers.
const (
	SlowClosed  = "close"   // a frame did not fit: closed with 1008
	SlowRefused = "refuse"  // TrySend refused a frame
	SlowStalled = "stalled" // nothing was taken for the write timeout: cut
)

// Reasons in Stats.FramesDropped beside the causes of disconnects.
const (
	// DropLate is a frame that was sent to a connection that had already been closed.
	DropLate = "late"
)

// Stats is a snapshot of Counters. Totals count from the start of the process.
type Stats struct {
	Accepted    uint64 // sockets accepted
	Handshaking int64  // sockets that are not upgraded yet
	Open        int64  // upgraded connections, closing ones too

	BytesIn, BytesOut uint64 // on the socket, without the upgrade; plain text where there is TLS
	MessagesIn        uint64 // whole messages delivered
	MessagesLate      uint64 // messages that came after the connection's end had been decided
	FramesOut         uint64 // frames given to the socket, control frames too
	Reads, Writes     uint64 // system calls that moved bytes
	PingsIn, PingsOut uint64
	Pauses            uint64 // times that a connection was not read from because its session lagged
	Blocked           uint64 // times that a socket took less than was offered

	OutboxBytes int64 // bytes that wait in all outboxes

	TLSOnPlain uint64 // TLS clients on a plain port
	PlainOnTLS uint64 // plain clients on a TLS port
	TLSFailed  uint64 // failed TLS handshakes

	Refused       map[string]uint64     // refused before the upgrade, by cause
	SlowConsumers map[string]uint64     // by action: SlowClosed, SlowRefused, SlowStalled
	FramesDropped map[string]uint64     // frames that were never written, by cause of the disconnect or DropLate
	Disconnects   map[Disconnect]uint64 // ended connections
}

// Read returns the figures as they are now. The maps belong to the caller.
func (c *Counters) Read() Stats {
	s := Stats{
		Accepted:    c.accepted.Load(),
		Handshaking: c.handshaking.Load(),
		Open:        c.open.Load(),
		TLSOnPlain:  c.tlsOnPlain.Load(),
		PlainOnTLS:  c.plainOnTLS.Load(),
		TLSFailed:   c.tlsFailed.Load(),
	}
	var late uint64
	for i := range c.cells {
		l := &c.cells[i]
		s.BytesIn += l.bytesIn.Load()
		s.BytesOut += l.bytesOut.Load()
		s.MessagesIn += l.messagesIn.Load()
		s.MessagesLate += l.messagesLate.Load()
		s.FramesOut += l.framesOut.Load()
		s.Reads += l.reads.Load()
		s.Writes += l.writes.Load()
		s.PingsIn += l.pingsIn.Load()
		s.PingsOut += l.pingsOut.Load()
		s.Pauses += l.pauses.Load()
		s.Blocked += l.handedOver.Load()
		late += l.framesLate.Load()
	}
	if f := c.outboxBytes.Load(); f != nil {
		s.OutboxBytes = (*f)()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Refused = copied(c.refused)
	s.SlowConsumers = copied(c.slow)
	s.FramesDropped = copied(c.dropped)
	s.Disconnects = copied(c.disconnects)
	if late > 0 {
		s.FramesDropped[DropLate] += late
	}
	return s
}

func copied[K comparable](m map[K]uint64) map[K]uint64 {
	if m == nil {
		return map[K]uint64{}
	}
	return maps.Clone(m)
}

func (c *Counters) refuse(cause string) { count(c, &c.refused, cause, 1) }

func (c *Counters) slowConsumer(action string) { count(c, &c.slow, action, 1) }

func (c *Counters) drop(cause Cause, frames int) {
	if frames > 0 {
		count(c, &c.dropped, string(cause), frames)
	}
}

func (c *Counters) disconnect(d Disconnect) { count(c, &c.disconnects, d, 1) }

func count[K comparable](c *Counters, m *map[K]uint64, key K, n int) {
	c.mu.Lock()
	if *m == nil {
		*m = make(map[K]uint64)
	}
	(*m)[key] += uint64(n)
	c.mu.Unlock()
}
