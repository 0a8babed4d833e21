package supervisor

import (
	"log/slog"
	"net/netip"
	"time"
)

// Defaults of Options. A zero field of Options takes the default beside its name.
const (
	DefaultListen           = "127.0.0.1:3000"
	DefaultMaxMessage       = 1 << 20
	DefaultOutboxBytes      = 1 << 20
	DefaultPingInterval     = 20 * time.Second
	DefaultPongTimeout      = 20 * time.Second
	DefaultHandshakeTimeout = 5 * time.Second
	DefaultIdentifyTimeout  = 5 * time.Minute
	DefaultDrainTimeout     = 30 * time.Second

	DefaultMaxRoomsPerClient = 1_000

	DefaultScratchValueLength   = 100_000
	DefaultScratchVariables     = 128
	DefaultScratchClients       = 128
	DefaultScratchRooms         = 16_384
	DefaultScratchNameLength    = 1_024
	DefaultScratchFlushInterval = time.Second / 60
	DefaultScratchRoomTTL       = time.Hour
)

// Unlimited switches a limit off where that is allowed.
const Unlimited = -1

// Names of the protocols of a WebSocket port.
const (
	ProtocolCL4     = "cl4"
	ProtocolScratch = "scratch"
)

// TLS modes.
const (
	TLSStrict = "strict" // wss only
	TLSBoth   = "both"   // ws and wss on one port, told apart by the first byte
)

// Slow-consumer rules.
const (
	SlowClose    = "close"    // close with 1008
	SlowConflate = "conflate" // Scratch variables: only the latest value of each stays; anything else: close
)

// Scratch dialects and value rules.
const (
	DialectTurboWarp = "turbowarp"
	DialectCloudLink = "cloudlink"
	ValuesNumeric    = "numeric"
	ValuesAny        = "any"
)

// Options configures a Server. The zero value is what `skein serve --data none` does: CL4 and Scratch on
// 127.0.0.1:3000, and nothing on disk.
type Options struct {
	// Listen holds the WebSocket addresses: HOST:PORT or unix:PATH. Empty means DefaultListen.
	Listen []string
	// NoListen leaves the WebSocket port of CL4 and Scratch closed, for a server that is a PyStrands broker alone.
	NoListen bool
	// Protocols lists what the WebSocket port speaks, in the order in which a first message is tried. Empty means
	// CL4, then Scratch.
	Protocols []string

	// TLSCert and TLSKey are PEM files; both or none. They are read again when they change and on Reload.
	TLSCert, TLSKey string
	// TLS is TLSStrict or TLSBoth. Empty means TLSStrict when there is a certificate.
	TLS string

	// MaxClients bounds the connections, unidentified ones too. Zero value means no limit, as Unlimited does.
	MaxClients int
	// MaxClientsPerIP bounds the connections of one address. Zero value means no limit, as Unlimited does.
	MaxClientsPerIP int

	// MaxRoomsPerClient bounds the CL4 rooms that one client may be in; link answers E:113 over it. Zero value means
	// DefaultMaxRoomsPerClient.
	MaxRoomsPerClient int

	// MOTD is sent in the answer to the first CL4 handshake when EnableMOTD is set, also when it is empty.
	MOTD       string
	EnableMOTD bool
	// DeliverToAllMatches makes pmsg, pvar and direct reach everybody of an ambiguous name instead of answering
	// E:104. It is the negation of --warn-multiple-usernames.
	DeliverToAllMatches bool

	// RealIPHeader names the request header that holds a client's address, such as X-Forwarded-For.
	RealIPHeader string
	// TrustedProxies are the peers from which RealIPHeader counts. Empty with a header trusts every peer.
	TrustedProxies []netip.Prefix
	// AllowedOrigins are the Origin values that may connect, `*` matches any part. Empty means all. A request
	// without Origin is always let in.
	AllowedOrigins []string

	// DisabledCommands are PROTOCOL:COMMAND, such as cl4:gvar.
	DisabledCommands []string

	// Scratch holds the limits of Scratch cloud variables.
	Scratch ScratchOptions

	// Moderation says which names nobody may have, and who may administer the server by CL4 commands.
	Moderation ModerationOptions

	// Data says what outlives the process. The zero value keeps everything in memory.
	Data DataOptions

	// PyStrands configures the PyStrands broker. The zero value means that there is none.
	PyStrands PyStrandsOptions
	// SimpleServer configures SimpleServer. The zero value means that there is none.
	SimpleServer SimpleServerOptions

	// MaxMessage bounds one inbound message in bytes. Zero value means DefaultMaxMessage.
	MaxMessage int
	// MessageRate is how many messages a connection may send per second, MessageBurst how many at once. Zero
	// MessageRate means no limit; zero MessageBurst means one second's worth.
	MessageRate  float64
	MessageBurst int

	// OutboxBytes bounds what waits for one connection. Zero value means DefaultOutboxBytes.
	OutboxBytes int
	// SlowConsumer is SlowClose or SlowConflate. Empty means SlowClose.
	SlowConsumer string

	// PingInterval is the silence after which a ping is sent, PongTimeout how long its pong may take. Zero value
	// means the default. A negative interval switches pings off, a negative timeout never gives up.
	PingInterval, PongTimeout time.Duration
	// HandshakeTimeout bounds TLS and upgrade. Zero value means DefaultHandshakeTimeout.
	HandshakeTimeout time.Duration
	// IdentifyTimeout bounds the time until the first message. Zero value means DefaultIdentifyTimeout, a negative
	// one no limit.
	IdentifyTimeout time.Duration

	// Compression offers permessage-deflate, without context takeover.
	Compression bool

	// Admin is the address of health, readiness, metrics, pprof and administration: HOST:PORT, PORT on 127.0.0.1, or
	// unix:PATH. Empty means none.
	Admin string
	// Administration configures what is there.
	Administration AdministrationOptions

	// DrainTimeout bounds an orderly stop. Zero value means DefaultDrainTimeout, a negative one that clients are cut
	// off at once.
	DrainTimeout time.Duration

	// Plugins names the compiled-in plugins to load, in this order.
	Plugins []string
	// Available are the plugins that Plugins can name.
	Available []Plugin
	// KeepHeaders keeps the headers of each client's request for plugins. It is on where Plugins are loaded.
	KeepHeaders bool

	// Logger receives everything the server has to say. Nil means slog.Default.
	Logger *slog.Logger
	// Version and Commit are what metrics and log say of the program. An empty Version means "dev".
	Version, Commit string
}

// ScratchOptions are the limits and rules of Scratch cloud variables. Zero values mean the defaults above, which
// are TurboWarp's; Unlimited switches a limit off. In the CloudLink dialect, which knows no limits of its own,
// zero values of Variables, Clients, Rooms, ValueLength and NameLength mean no limit.
type ScratchOptions struct {
	Dialect       string        // DialectTurboWarp or DialectCloudLink; empty means TurboWarp
	Values        string        // ValuesNumeric or ValuesAny; empty means what the dialect does
	ValueLength   int           // characters of a value
	Variables     int           // variables of a room
	Clients       int           // clients of a room
	Rooms         int           // rooms of the server
	NameLength    int           // UTF-16 units of a variable's name
	Rename        bool          // TurboWarp: allow rename
	Delete        bool          // TurboWarp: allow delete
	RefusedNames  []string      // usernames that TurboWarp's dialect refuses, in lower case
	FlushInterval time.Duration // TurboWarp: how long updates are collected; negative: not at all
	RoomTTL       time.Duration // TurboWarp: how long an empty room keeps its variables; negative: not at all
}
