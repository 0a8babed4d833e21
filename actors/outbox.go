package actors

import "github.com/skeinhq/skein/codec"

// Outbox is the sending side of one connection. Sessions, rooms and the registry append to it directly: outbound
// bytes do not pass through a mailbox, so the order of the calls is the order on the wire.
//
// All methods are safe for use by many goroutines and never wait for the network.
type Outbox interface {
	// Send appends a frame. It returns false when the frame will not be sent: the connection is closed or closing,
	// or the frame does not fit into the outbox, in which case the connection is closed as a slow consumer (1008).
	Send(f *codec.Frame) bool

	// TrySend is Send, but a frame that does not fit is refused and the connection stays open. It is for state of
	// which only the latest value matters; the caller tries again with what is then the latest.
	TrySend(f *codec.Frame) bool

	// Pending is the number of bytes that wait to be written.
	Pending() int

	// Close sends what is queued, then a Close frame, and ends the connection. Only the first call counts.
	Close(code uint16, reason string)
}
