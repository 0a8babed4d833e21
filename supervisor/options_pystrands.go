package supervisor

import "time"

// Defaults of PyStrandsOptions. A zero field takes the default of its name.
const (
	DefaultPyStrandsListen   = ":8080"
	DefaultPyStrandsBackends = "localhost:8081"

	DefaultPyStrandsQueueSize         = 1_000
	DefaultPyStrandsQueueBytes        = 64 << 20
	DefaultPyStrandsBackendQueueBytes = 16 << 20
	DefaultPyStrandsClientQueue       = 1_024
	DefaultPyStrandsClientQueueBytes  = 16 << 20
	DefaultPyStrandsMaxMessage        = 16 << 20
	DefaultPyStrandsMaxLine           = 64 << 20
	DefaultPyStrandsMaxRequests       = 16_384
	DefaultPyStrandsMaxBackends       = 1_024

	DefaultPyStrandsRequestTimeout      = 10 * time.Second
	DefaultPyStrandsAttachDelay         = 50 * time.Millisecond
	DefaultPyStrandsHeartbeatInterval   = 15 * time.Second
	DefaultPyStrandsBackendWriteTimeout = 30 * time.Second
	DefaultPyStrandsPingInterval        = 30 * time.Second
)

// What becomes of an end client whose client id is taken.
const (
	DuplicateFanOut  = "fanout"  // all connections with the id live side by side
	DuplicateReplace = "replace" // the older connection is closed with 4409
	DuplicateReject  = "reject"  // the newer one is refused with 409
)

// How an end client is refused.
const (
	RejectHTTP  = "http"  // with an HTTP status, before the upgrade
	RejectClose = "close" // with a close code, after it, for browser programs that want to know why
)

// PyStrandsOptions configures the PyStrands broker: WebSocket clients in front, backends over TCP behind. It is on
// when Listen or Backends is not empty.
type PyStrandsOptions struct {
	// Listen holds the WebSocket addresses of the end clients: HOST:PORT or unix:PATH. Empty means
	// DefaultPyStrandsListen, when Backends is given.
	Listen []string
	// Backends holds the addresses that backends connect to: HOST:PORT or unix:PATH. The host `localhost` means
	// 127.0.0.1 and, where the machine has it, ::1, on the same port. Empty means DefaultPyStrandsBackends, when
	// Listen is given.
	Backends []string

	// QueueSize and QueueBytes bound the events that are kept while no backend is attached; the oldest goes first.
	// Zero values mean the defaults; a negative QueueSize keeps nothing.
	QueueSize, QueueBytes int
	// BackendQueueBytes is how much may wait for one backend before the clients that it owns are not read from any
	// more. Zero value means the default.
	BackendQueueBytes int
	// ClientQueue and ClientQueueBytes bound what waits for one end client, in messages and in bytes; over either it
	// is closed with 1013. Zero values mean the defaults.
	ClientQueue, ClientQueueBytes int
	// MaxMessage bounds a message of an end client in bytes, MaxLine a line of a backend. Zero values mean the
	// defaults.
	MaxMessage, MaxLine int
	// MaxClients bounds the end clients. Zero value means no limit, as Unlimited does.
	MaxClients int
	// MaxRequests bounds the connection requests that wait for an answer at once, MaxBackends the backend
	// connections. Zero values mean the defaults.
	MaxRequests, MaxBackends int

	// RequestTimeout bounds a connection request from its start to its answer.
	RequestTimeout time.Duration
	// AttachDelay is after how long a backend counts as one even though it has said nothing. Zero value means the
	// default, a negative one at once.
	AttachDelay time.Duration
	// HeartbeatInterval is how often each backend is sent a heartbeat.
	HeartbeatInterval time.Duration
	// BackendWriteTimeout is how long a backend may take nothing of what waits for it before it counts as dead.
	BackendWriteTimeout time.Duration
	// PingInterval is the silence after which an end client is sent a ping, and how long it may stay silent after it.
	// Zero value means the default, a negative one no pings.
	PingInterval time.Duration

	// DuplicateClient is DuplicateFanOut, DuplicateReplace or DuplicateReject. Empty means DuplicateFanOut.
	DuplicateClient string
	// RejectMode is RejectHTTP or RejectClose. Empty means RejectHTTP.
	RejectMode string
	// AllowedOrigins are the Origin values that may connect, `*` matches any part. Empty means all.
	AllowedOrigins []string

	// BackendToken is what a backend has to say before anything else. Empty means that it has to say nothing.
	BackendToken string
	// TLSCert and TLSKey are PEM files for the end clients' port.
	TLSCert, TLSKey string
	// BackendTLSCert and BackendTLSKey are PEM files for the backends' port. With BackendTLSClientCA, a PEM file too,
	// backends need a certificate of that authority.
	BackendTLSCert, BackendTLSKey, BackendTLSClientCA string
}
