package config

import (
	"slices"
	"strconv"
	"time"

	"github.com/skeinhq/skein/supervisor"
)

// strands are the settings of the broker among those of the server. Alone it has the same ones, under headings.
var strands = group("PyStrands broker", slices.Concat(
	strandsListening, strandsTLS, strandsClients, strandsBackends, strandsBacklog,
)...)

// strandsListen is where WebSocket clients find the broker within the server: on loopback, like all that it opens.
const strandsListen = "127.0.0.1" + supervisor.DefaultPyStrandsListen

var strandsListening = []Setting{
	{
		Name:  "pystrands-ws",
		Help:  "address for WebSocket clients of PyStrands: HOST:PORT, PORT (on 127.0.0.1) or unix:PATH. With pystrands-tcp alone, " + strandsListen,
		reads: many(address, func(c *Config, v []string) { c.Server.PyStrands.Listen = v }),
		fallback: func(c *Config) string {
			if len(c.Server.PyStrands.Backends) > 0 {
				return strandsListen
			}
			return ""
		},
	},
	{
		Name:  "pystrands-tcp",
		Help:  "address for backends of PyStrands: HOST:PORT, PORT (on localhost) or unix:PATH. With pystrands-ws alone, " + supervisor.DefaultPyStrandsBackends,
		reads: many(localAddress, func(c *Config, v []string) { c.Server.PyStrands.Backends = v }),
		fallback: func(c *Config) string {
			if len(c.Server.PyStrands.Listen) > 0 {
				return supervisor.DefaultPyStrandsBackends
			}
			return ""
		},
	},
}

var strandsTLS = group("TLS",
	Setting{
		Name:  "pystrands-tls-cert",
		Help:  "certificate chain for WebSocket clients (PEM), read again when it changes",
		reads: one(path, func(c *Config, v string) { c.Server.PyStrands.TLSCert = v }),
	},
	Setting{
		Name:  "pystrands-tls-key",
		Help:  "its private key (PEM)",
		reads: one(path, func(c *Config, v string) { c.Server.PyStrands.TLSKey = v }),
	},
	Setting{
		Name:  "pystrands-tcp-tls-cert",
		Help:  "certificate chain for backends (PEM), read again when it changes",
		reads: one(path, func(c *Config, v string) { c.Server.PyStrands.BackendTLSCert = v }),
	},
	Setting{
		Name:  "pystrands-tcp-tls-key",
		Help:  "its private key (PEM)",
		reads: one(path, func(c *Config, v string) { c.Server.PyStrands.BackendTLSKey = v }),
	},
	Setting{
		Name:  "pystrands-tcp-tls-client-ca",
		Help:  "authority (PEM) of which backends need a certificate",
		reads: one(path, func(c *Config, v string) { c.Server.PyStrands.BackendTLSClientCA = v }),
	},
)

var strandsClients = group("WebSocket clients",
	Setting{
		Name: "pystrands-allowed-origins", Default: "*",
		Help:  "Origin values of web pages that may connect; * matches any part",
		reads: many(text, func(c *Config, v []string) { c.Server.PyStrands.AllowedOrigins = v }),
	},
	Setting{
		Name: "pystrands-duplicate-client", Default: supervisor.DuplicateFanOut,
		Help: "what becomes of a client whose id is taken. fanout: both stay; replace: the older is closed with 4409; reject: the newer gets 409",
		reads: one(oneOf(supervisor.DuplicateFanOut, supervisor.DuplicateReplace, supervisor.DuplicateReject),
			func(c *Config, v string) { c.Server.PyStrands.DuplicateClient = v }),
	},
	Setting{
		Name: "pystrands-reject-mode", Default: supervisor.RejectHTTP,
		Help: "how a client is refused. http: with a status, which scripts in browsers cannot see; close: with a close code such as 4403, after the upgrade",
		reads: one(oneOf(supervisor.RejectHTTP, supervisor.RejectClose),
			func(c *Config, v string) { c.Server.PyStrands.RejectMode = v }),
	},
	Setting{
		Name: "pystrands-max-clients", Default: "0",
		Help:  "clients at once; 0: no limit",
		reads: one(number(0), func(c *Config, v int) { c.Server.PyStrands.MaxClients = v }),
	},
	Setting{
		Name: "pystrands-max-message", Default: formatSize(supervisor.DefaultPyStrandsMaxMessage),
		Help:  "one message from a client; a larger one closes its connection with 1009",
		reads: one(bytes, func(c *Config, v int) { c.Server.PyStrands.MaxMessage = v }),
	},
	Setting{
		Name: "pystrands-client-queue", Default: strconv.Itoa(supervisor.DefaultPyStrandsClientQueue),
		Help:  "messages that may wait for one client; over it the client is closed with 1013",
		reads: one(number(1), func(c *Config, v int) { c.Server.PyStrands.ClientQueue = v }),
	},
	Setting{
		Name: "pystrands-client-queue-bytes", Default: formatSize(supervisor.DefaultPyStrandsClientQueueBytes),
		Help:  "the same in bytes",
		reads: one(bytes, func(c *Config, v int) { c.Server.PyStrands.ClientQueueBytes = v }),
	},
	Setting{
		Name: "pystrands-ping-interval", Default: formatDuration(supervisor.DefaultPyStrandsPingInterval),
		Help:  "silence after which a client is sent a ping, and after that the silence that ends its connection; 0: none",
		reads: one(durationOrOff, func(c *Config, v time.Duration) { c.Server.PyStrands.PingInterval = v }),
	},
	Setting{
		Name: "pystrands-request-timeout", Default: formatDuration(supervisor.DefaultPyStrandsRequestTimeout),
		Help:  "time for the backends' answer to a client that wants in; then it gets 504",
		reads: one(duration, func(c *Config, v time.Duration) { c.Server.PyStrands.RequestTimeout = v }),
	},
	Setting{
		Name: "pystrands-max-requests", Default: strconv.Itoa(supervisor.DefaultPyStrandsMaxRequests),
		Help:  "clients that wait for such an answer at once",
		reads: one(number(1), func(c *Config, v int) { c.Server.PyStrands.MaxRequests = v }),
	},
)

var strandsBackends = group("Backends",
	Setting{
		Name: "pystrands-backend-token", Secret: true,
		Help:  "what a backend has to send first, in an auth line; without it whoever reaches the port is a backend",
		reads: one(secret, func(c *Config, v string) { c.Server.PyStrands.BackendToken = v }),
	},
	Setting{
		Name: "pystrands-max-backends", Default: strconv.Itoa(supervisor.DefaultPyStrandsMaxBackends),
		Help:  "connections of backends at once",
		reads: one(number(1), func(c *Config, v int) { c.Server.PyStrands.MaxBackends = v }),
	},
	Setting{
		Name: "pystrands-attach-delay", Default: formatDuration(supervisor.DefaultPyStrandsAttachDelay),
		Help:  "after how long a connection counts as a backend even though it has sent nothing",
		reads: one(durationOrOff, func(c *Config, v time.Duration) { c.Server.PyStrands.AttachDelay = v }),
	},
	Setting{
		Name: "pystrands-heartbeat-interval", Default: formatDuration(supervisor.DefaultPyStrandsHeartbeatInterval),
		Help: "how often each backend is sent a heartbeat; 1s to 1m",
		reads: one(durationWithin(time.Second, time.Minute),
			func(c *Config, v time.Duration) { c.Server.PyStrands.HeartbeatInterval = v }),
	},
	Setting{
		Name: "pystrands-backend-write-timeout", Default: formatDuration(supervisor.DefaultPyStrandsBackendWriteTimeout),
		Help:  "how long a backend may take nothing of what waits for it before it counts as dead",
		reads: one(duration, func(c *Config, v time.Duration) { c.Server.PyStrands.BackendWriteTimeout = v }),
	},
	Setting{
		Name: "pystrands-backend-queue-bytes", Default: formatSize(supervisor.DefaultPyStrandsBackendQueueBytes),
		Help:  "what may wait for one backend before its clients are not read from any more",
		reads: one(bytes, func(c *Config, v int) { c.Server.PyStrands.BackendQueueBytes = v }),
	},
	Setting{
		Name: "pystrands-max-line", Default: formatSize(supervisor.DefaultPyStrandsMaxLine),
		Help:  "one line from a backend; a longer one is skipped",
		reads: one(bytes, func(c *Config, v int) { c.Server.PyStrands.MaxLine = v }),
	},
)

var strandsBacklog = group("While there is no backend",
	Setting{
		Name: "pystrands-queue-size", Default: strconv.Itoa(supervisor.DefaultPyStrandsQueueSize),
		Help:  "events that are kept until a backend comes, the newest ones; 0: none",
		reads: one(numberOrNone, func(c *Config, v int) { c.Server.PyStrands.QueueSize = v }),
	},
	Setting{
		Name: "pystrands-queue-bytes", Default: formatSize(supervisor.DefaultPyStrandsQueueBytes),
		Help:  "the same in bytes",
		reads: one(bytes, func(c *Config, v int) { c.Server.PyStrands.QueueBytes = v }),
	},
)
