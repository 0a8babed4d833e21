package actors

import (
	"sync/atomic"

	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/protocol/scratch"
)

// Counters are what the actors count. Fields are read at any time, from any goroutine.
type Counters struct {
	Sessions       atomic.Int64 // open connections
	Unidentified   atomic.Int64 // of them, those that have not said what they speak
	CL4Clients     atomic.Int64
	ScratchClients atomic.Int64
	// PyStrandsClients counts the connections of the broker's clients, those that wait to be let in too.
	PyStrandsClients atomic.Int64
	SimpleClients    atomic.Int64
	CL4Rooms         atomic.Int64
	ScratchRooms     atomic.Int64
	Variables        atomic.Int64 // Scratch variables in memory

	// CL4Commands counts messages by built-in command, in the order of cl4.Commands; CL4Custom those of plugins and
	// CL4Unknown those without a command.
	CL4Commands [16]atomic.Uint64
	CL4Custom   atomic.Uint64
	CL4Unknown  atomic.Uint64
	// ScratchMethods counts messages by method.
	ScratchMethods [scratchMethodCount]atomic.Uint64

	// CL4Refused counts what clients were refused, by status code from 100 on; 100 itself is not counted.
	CL4Refused [16]atomic.Uint64
	// ScratchIgnored counts messages that Scratch's rules tell to ignore.
	ScratchIgnored atomic.Uint64
	// ScratchClosed counts messages that closed their connection.
	ScratchClosed atomic.Uint64
	// BadFirst counts connections closed because of their first message.
	BadFirst atomic.Uint64

	FanOut      atomic.Uint64 // frames appended to outboxes by rooms
	FramesLost  atomic.Uint64 // frames that an outbox did not take
	RateLimited atomic.Uint64
	Conflated   atomic.Uint64 // updates that a slow consumer gets only the latest value of
	FullRefused atomic.Uint64 // connections refused because the server was full
	// RejectRefused counts connections refused because an administrator lets nobody new in.
	RejectRefused atomic.Uint64

	SessionPanics   atomic.Uint64
	RoomPanics      atomic.Uint64
	RegistryPanics  atomic.Uint64
	BrokerPanics    atomic.Uint64 // the broker and its backends' actors
	JournalPanics   atomic.Uint64
	HandlerPanics   atomic.Uint64
	HandlerErrors   atomic.Uint64
	Restarts        atomic.Uint64
	DeadLetters     atomic.Uint64
	NilMessages     atomic.Uint64
	UnknownMessages atomic.Uint64
	IdentifyExpired atomic.Uint64

	MailboxDepthMax highWater
}

// highWater remembers the largest value it has seen.
type highWater struct{ v atomic.Uint64 }

func (h *highWater) observe(n uint64) {
	for {
		old := h.v.Load()
		if n <= old || h.v.CompareAndSwap(old, n) {
			return
		}
	}
}

// Take returns the largest value since the last call.
func (h *highWater) Take() uint64 { return h.v.Swap(0) }

// refused counts a status code that was sent to a client.
func (c *Counters) refused(s cl4.Status) {
	if i := int(s) - 100; i > 0 && i < len(c.CL4Refused) {
		c.CL4Refused[i].Add(1)
	}
}

// rooms is the gauge of the rooms of a protocol.
func (c *Counters) rooms(p Protocol) *atomic.Int64 {
	if p == Scratch {
		return &c.ScratchRooms
	}
	return &c.CL4Rooms
}

// scratchMethodCount is the number of kinds that ScratchMethods tells apart.
const scratchMethodCount = 5

// ScratchMethodNames are the labels of ScratchMethods.
var ScratchMethodNames = [scratchMethodCount]string{"handshake", "set", "create", "rename", "delete"}

// countScratch counts what a message of a Scratch client leads to.
func (c *Counters) countScratch(d scratch.Decision) {
	switch d.Kind {
	case scratch.Ignore:
		c.ScratchIgnored.Add(1)
	case scratch.Join:
		c.ScratchMethods[0].Add(1)
	case scratch.Apply:
		c.ScratchMethods[d.Change.Op].Add(1)
	case scratch.Close:
		c.ScratchClosed.Add(1)
	}
}
