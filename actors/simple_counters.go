package actors

import (
	"sync/atomic"

	"github.com/skeinhq/skein/codec/simpleserver"
)

// SimpleCounters are what SimpleServer counts. Fields are read at any time, from any goroutine.
type SimpleCounters struct {
	Framed     atomic.Int64  // clients that have sent a framed message
	Messages   atomic.Uint64 // delivered to listeners or to the broker
	BytesIn    atomic.Uint64 // read from clients
	Ticks      atomic.Uint64
	TicksLate  atomic.Uint64 // ticks that were left out because the one before them had not ended
	TickMax    highWater     // nanoseconds of the longest tick
	Waiting    atomic.Int64  // messages that have arrived and wait for a tick
	Pauses     atomic.Uint64 // times that a client was not read from because too many of its messages waited
	QueueFull  atomic.Uint64 // sends refused because too much waited for a legacy client
	Unsendable atomic.Uint64 // sends refused because the message cannot be encoded
	Lost       atomic.Uint64 // messages for clients that had gone
	Paced      atomic.Int64  // messages that wait for their turn to legacy clients

	// Closed counts clients that were closed because of what they sent, in the order of SimpleCloseReasons.
	Closed [len(SimpleCloseReasons)]atomic.Uint64
}

// SimpleCloseReasons are the labels of SimpleCounters.Closed.
var SimpleCloseReasons = [...]string{
	simpleserver.ReasonBadLength, simpleserver.ReasonTooLarge, simpleserver.ReasonStalled, simpleserver.ReasonTruncated,
}

func (c *SimpleCounters) closed(reason string) {
	for i, r := range SimpleCloseReasons {
		if r == reason {
			c.Closed[i].Add(1)
		}
	}
}
