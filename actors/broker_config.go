package actors

import "time"

// BrokerConfig configures the PyStrands broker. Every limit is positive unless its comment gives another meaning.
type BrokerConfig struct {
	// QueueSize and QueueBytes bound the events that are kept while no backend is attached. Zero QueueSize keeps
	// nothing.
	QueueSize, QueueBytes int
	// BackendQueueBytes is how much may wait for a backend before its clients are not read from.
	BackendQueueBytes int
	// MaxClients bounds the clients, MaxRequests those that wait to be let in, MaxBackends the backend connections.
	// Zero MaxClients means no limit.
	MaxClients, MaxRequests, MaxBackends int
	// RequestTimeout bounds the wait to be let in.
	RequestTimeout time.Duration
	// AttachDelay is after how long a backend counts that has said nothing. Zero: at once.
	AttachDelay time.Duration
	// HeartbeatInterval is how often backends are sent a heartbeat.
	HeartbeatInterval time.Duration
	// Duplicates is what becomes of clients with one client id.
	Duplicates Duplicates
	// CloseAfterUpgrade refuses clients with a close code after the upgrade, not with an HTTP status before it.
	CloseAfterUpgrade bool
	// Token is what a backend has to say first. Empty means nothing.
	Token string
}

// Duplicates says what becomes of clients with one client id.
type Duplicates uint8

// What becomes of clients with one client id.
const (
	FanOutDuplicates  Duplicates = iota // they live side by side
	ReplaceDuplicates                   // the older one is closed
	RejectDuplicates                    // the newer one is refused
)

// Times that are not worth a setting.
const (
	authTimeout = 5 * time.Second        // for a backend's token
	askedGrace  = 500 * time.Millisecond // for an answer over another connection, when the asked backend is gone
	holdCheck   = 5 * time.Millisecond   // how often held clients are looked at
	badLineRate = 10                     // error events for bad lines, per second and connection

	maxFailuresKept = 100 // error events of refused clients in the backlog
)
