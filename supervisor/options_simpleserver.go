package supervisor

import "time"

// Defaults of SimpleServerOptions. A zero field takes the default of its name.
const (
	DefaultSimpleServerTickRate      = 120
	DefaultSimpleServerIdle          = 20 * time.Millisecond
	DefaultSimpleServerIdleLarge     = 200 * time.Millisecond
	DefaultSimpleServerStall         = 30 * time.Second
	DefaultSimpleServerLegacyGap     = 20 * time.Millisecond
	DefaultSimpleServerMaxMessage    = 1 << 20
	DefaultSimpleServerQueue         = 1_024
	DefaultSimpleServerQueueBytes    = 16 << 20
	DefaultSimpleServerPacedQueue    = 4_096
	DefaultSimpleServerPacedBytes    = 4 << 20
	DefaultSimpleServerMaxHead       = 8_192
	DefaultSimpleServerMaxHeaders    = 64
	DefaultSimpleServerLegacyPercent = PercentKeep
)

// What becomes of percent signs in the bodies of messages to legacy clients of SimpleServer.
const (
	PercentKeep      = "keep"      // they are sent as they are; a Python client sees the body up to the first
	PercentFullWidth = "fullwidth" // U+FF05, which looks similar, is sent in their place
)

// SimpleServerOptions configures SimpleServer: messages with headers and a body over plain TCP. It is on when Listen
// is not empty.
type SimpleServerOptions struct {
	// Listen holds the addresses: HOST:PORT or unix:PATH.
	Listen []string
	// Relay makes the clients clients of the PyStrands broker, which must be on. No listeners are called then.
	Relay bool
	// TickRate is how many ticks there are per second. Zero value means the default.
	TickRate float64
	// ManualUpdate leaves the ticks to whoever calls Update.
	ManualUpdate bool

	// Idle is the silence after which a message without a length is complete, IdleLarge the same after a read of
	// 1,024 bytes and more. Stall is the silence after which a message that has a length is given up. Zero values mean
	// the defaults.
	Idle, IdleLarge, Stall time.Duration
	// LegacyGap lies between two messages to a client that has not sent a framed one. Zero value means the default, a
	// negative one no gap.
	LegacyGap time.Duration
	// LegacyPercent is PercentKeep or PercentFullWidth. Empty means PercentKeep.
	LegacyPercent string
	// MaxMessage bounds a message in bytes, MaxHead its encoded headers, MaxHeaders their number. Zero values mean the
	// defaults.
	MaxMessage, MaxHead, MaxHeaders int
	// Queue and QueueBytes bound what waits for one client, in messages and in bytes; over either it is closed. Zero
	// values mean the defaults.
	Queue, QueueBytes int
	// PacedQueue and PacedBytes bound what waits for its turn to a legacy client; over either a send fails. Zero
	// values mean the defaults.
	PacedQueue, PacedBytes int
	// TLSCert and TLSKey are PEM files; both or none.
	TLSCert, TLSKey string
}
