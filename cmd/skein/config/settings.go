package config

import (
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/skeinhq/skein/supervisor"
)

// Settings is the table of all settings, in the order in which they are listed.
var Settings = slices.Concat(
	listening, clients, cl4, scratch, data, moderation, strands, simple, limits, connections, operation,
)

var listening = group("Listening",
	Setting{
		Name: "listen", Default: supervisor.DefaultListen, Echo: true,
		Help:  "WebSocket address: HOST:PORT, PORT (on 127.0.0.1) or unix:PATH. 0.0.0.0:PORT opens it to the network. Without it, the variable PORT means 0.0.0.0:$PORT",
		reads: many(address, func(c *Config, v []string) { c.Server.Listen = v }),
	},
	Setting{
		Name: "protocols", Default: supervisor.ProtocolCL4 + "," + supervisor.ProtocolScratch,
		Help:  "what is spoken there, in the order in which a first message is tried",
		reads: many(oneOf(supervisor.ProtocolCL4, supervisor.ProtocolScratch), func(c *Config, v []string) { c.Server.Protocols = v }),
	},
	Setting{
		Name: "tls-cert", Echo: true,
		Help:  "certificate chain (PEM), read again when it changes",
		reads: one(path, func(c *Config, v string) { c.Server.TLSCert = v }),
	},
	Setting{
		Name: "tls-key", Echo: true,
		Help:  "private key of the certificate (PEM)",
		reads: one(path, func(c *Config, v string) { c.Server.TLSKey = v }),
	},
	Setting{
		Name: "tls", Echo: true,
		Help:  "with a certificate, strict: wss only; both: ws and wss on one port. strict unless given",
		reads: one(oneOf(supervisor.TLSStrict, supervisor.TLSBoth), func(c *Config, v string) { c.Server.TLS = v }),
		fallback: func(c *Config) string {
			if c.Server.TLSCert != "" {
				return supervisor.TLSStrict
			}
			return ""
		},
	},
	Setting{
		Name: "real-ip-header", Echo: true,
		Help:  "request header that tells a client's address, such as X-Forwarded-For",
		reads: one(headerName, func(c *Config, v string) { c.Server.RealIPHeader = v }),
	},
	Setting{
		Name: "trusted-proxies", Echo: true,
		Help:  "addresses from which that header counts; without them it counts from everybody",
		reads: many(prefix, func(c *Config, v []netip.Prefix) { c.Server.TrustedProxies = v }),
	},
	Setting{
		Name: "allowed-origins", Default: "*", Echo: true,
		Help:  "Origin values of web pages that may connect; * matches any part",
		reads: many(text, func(c *Config, v []string) { c.Server.AllowedOrigins = v }),
	},
)

var clients = group("Clients",
	Setting{
		Name: "max-clients", Default: "-1",
		Help:  "connections, unidentified ones too; -1: no limit",
		reads: one(limit, func(c *Config, v int) { c.Server.MaxClients = v }),
	},
	Setting{
		Name: "max-clients-per-ip", Default: "-1",
		Help:  "connections from one address; -1: no limit",
		reads: one(limit, func(c *Config, v int) { c.Server.MaxClientsPerIP = v }),
	},
	Setting{
		Name:  "disabled-commands",
		Help:  "commands to refuse, such as cl4:gvar,scratch:delete",
		reads: many(command, func(c *Config, v []string) { c.Server.DisabledCommands = v }),
	},
	Setting{
		Name:  "plugins",
		Help:  "compiled-in plugins to load, in this order",
		reads: many(text, func(c *Config, v []string) { c.Server.Plugins = v }),
	},
)

var cl4 = group("CloudLink 4",
	Setting{
		Name:  "motd",
		Help:  "message of the day for the answer to a handshake",
		reads: one(text, func(c *Config, v string) { c.Server.MOTD = v }),
	},
	Setting{
		Name: "enable-motd", Default: "false",
		Help:  "send a message of the day, be it empty; a text in motd switches it on too",
		reads: toggle(func(c *Config, v bool) { c.Server.EnableMOTD = v }),
		fallback: func(c *Config) string {
			return strconv.FormatBool(c.Server.EnableMOTD)
		},
	},
	Setting{
		Name: "max-rooms-per-client", Default: strconv.Itoa(supervisor.DefaultMaxRoomsPerClient),
		Help:  "rooms that one client may be in; -1: no limit",
		reads: one(limit, func(c *Config, v int) { c.Server.MaxRoomsPerClient = v }),
	},
	Setting{
		Name: "warn-multiple-usernames", Default: "true",
		Help:  "answer E:104 when several clients have the name that a message is for; false: all of them get it",
		reads: toggle(func(c *Config, v bool) { c.Server.DeliverToAllMatches = !v }),
	},
)

var scratch = group("Scratch",
	Setting{
		Name: "scratch-dialect", Default: supervisor.DialectTurboWarp,
		Help:  "the server to behave as",
		reads: one(oneOf(supervisor.DialectTurboWarp, supervisor.DialectCloudLink), func(c *Config, v string) { c.Server.Scratch.Dialect = v }),
	},
	Setting{
		Name: "scratch-values", Default: supervisor.ValuesNumeric,
		Help:     "values that variables may have; any in the cloudlink dialect unless given",
		reads:    one(oneOf(supervisor.ValuesNumeric, supervisor.ValuesAny), func(c *Config, v string) { c.Server.Scratch.Values = v }),
		fallback: unlessCloudLink(supervisor.ValuesNumeric, supervisor.ValuesAny),
	},
	scratchLimit("scratch-value-length", supervisor.DefaultScratchValueLength,
		"characters of a value", func(c *Config, v int) { c.Server.Scratch.ValueLength = v }),
	scratchLimit("scratch-variables", supervisor.DefaultScratchVariables,
		"variables of a room", func(c *Config, v int) { c.Server.Scratch.Variables = v }),
	scratchLimit("scratch-clients", supervisor.DefaultScratchClients,
		"clients of a room", func(c *Config, v int) { c.Server.Scratch.Clients = v }),
	scratchLimit("scratch-rooms", supervisor.DefaultScratchRooms,
		"rooms of the server", func(c *Config, v int) { c.Server.Scratch.Rooms = v }),
	scratchLimit("scratch-name-length", supervisor.DefaultScratchNameLength,
		"UTF-16 units of a variable's name", func(c *Config, v int) { c.Server.Scratch.NameLength = v }),
	Setting{
		Name: "scratch-rename", Default: "false",
		Help:     "allow variables to be renamed; always in the cloudlink dialect",
		reads:    toggle(func(c *Config, v bool) { c.Server.Scratch.Rename = v }),
		fallback: unlessCloudLink("false", "true"),
	},
	Setting{
		Name: "scratch-delete", Default: "false",
		Help:     "allow variables to be deleted; always in the cloudlink dialect",
		reads:    toggle(func(c *Config, v bool) { c.Server.Scratch.Delete = v }),
		fallback: unlessCloudLink("false", "true"),
	},
	Setting{
		Name:  "scratch-refused-names",
		Help:  "usernames that nobody may take in the turbowarp dialect",
		reads: many(text, func(c *Config, v []string) { c.Server.Scratch.RefusedNames = v }),
	},
	Setting{
		Name: "scratch-flush-interval", Default: formatDuration(supervisor.DefaultScratchFlushInterval),
		Help:     "how long updates are collected before they are sent; 0: not at all, as always in the cloudlink dialect",
		reads:    one(durationOrOff, func(c *Config, v time.Duration) { c.Server.Scratch.FlushInterval = v }),
		fallback: unlessCloudLink(formatDuration(supervisor.DefaultScratchFlushInterval), "0"),
	},
	Setting{
		Name: "scratch-room-ttl", Default: formatDuration(supervisor.DefaultScratchRoomTTL),
		Help:     "without data on disk, how long a room without clients keeps its variables; 0: not at all, as always in the cloudlink dialect",
		reads:    one(durationOrOff, func(c *Config, v time.Duration) { c.Server.Scratch.RoomTTL = v }),
		fallback: unlessCloudLink(formatDuration(supervisor.DefaultScratchRoomTTL), "0"),
	},
)

var limits = group("Limits",
	Setting{
		Name: "max-message", Default: formatSize(supervisor.DefaultMaxMessage), Echo: true,
		Help:  "one message from a client; a larger one closes its connection with 1009",
		reads: one(bytes, func(c *Config, v int) { c.Server.MaxMessage = v }),
	},
	Setting{
		Name: "message-rate", Default: "0",
		Help:  "messages per second from one connection; 0: no limit",
		reads: one(rate, func(c *Config, v float64) { c.Server.MessageRate = v }),
	},
	Setting{
		Name: "message-burst", Default: "0",
		Help:  "messages at once from one connection; 0: one second's worth",
		reads: one(number(0), func(c *Config, v int) { c.Server.MessageBurst = v }),
	},
	Setting{
		Name: "outbox-bytes", Default: formatSize(supervisor.DefaultOutboxBytes), Echo: true,
		Help:  "what may wait to be sent to one connection",
		reads: one(bytes, func(c *Config, v int) { c.Server.OutboxBytes = v }),
	},
	Setting{
		Name: "slow-consumer", Default: supervisor.SlowClose,
		Help:  "what becomes of a client that takes too little of it. close: closed with 1008; conflate: Scratch clients get the latest value of each variable, others are closed",
		reads: one(oneOf(supervisor.SlowClose, supervisor.SlowConflate), func(c *Config, v string) { c.Server.SlowConsumer = v }),
	},
)

var connections = group("Connections",
	Setting{
		Name: "ping-interval", Default: formatDuration(supervisor.DefaultPingInterval), Echo: true,
		Help:  "silence after which a client is sent a ping; 0: none",
		reads: one(durationOrOff, func(c *Config, v time.Duration) { c.Server.PingInterval = v }),
	},
	Setting{
		Name: "pong-timeout", Default: formatDuration(supervisor.DefaultPongTimeout), Echo: true,
		Help:  "silence after a ping that ends a connection; 0: none",
		reads: one(durationOrOff, func(c *Config, v time.Duration) { c.Server.PongTimeout = v }),
	},
	Setting{
		Name: "handshake-timeout", Default: formatDuration(supervisor.DefaultHandshakeTimeout), Echo: true,
		Help:  "time for TLS and the upgrade",
		reads: one(duration, func(c *Config, v time.Duration) { c.Server.HandshakeTimeout = v }),
	},
	Setting{
		Name: "identify-timeout", Default: formatDuration(supervisor.DefaultIdentifyTimeout),
		Help:  "time for the first message; 0: no limit",
		reads: one(durationOrOff, func(c *Config, v time.Duration) { c.Server.IdentifyTimeout = v }),
	},
	Setting{
		Name: "compression", Default: "false", Echo: true,
		Help:  "offer permessage-deflate, which costs memory and CPU per connection",
		reads: toggle(func(c *Config, v bool) { c.Server.Compression = v }),
	},
)

var operation = group("Operation",
	Setting{
		Name: "admin", Echo: true,
		Help:  "address of health, readiness, metrics and pprof, which have no password, and of the administration: HOST:PORT, PORT (on 127.0.0.1) or unix:PATH",
		reads: one(address, func(c *Config, v string) { c.Server.Admin = v }),
	},
	Setting{
		Name:  "admin-socket",
		Help:  "path of a unix socket that serves the same to the user that the server runs as",
		reads: one(path, func(c *Config, v string) { c.Server.Administration.Socket = v }),
	},
	Setting{
		Name: "admin-token", Secret: true,
		Help:  "a token for the administration, with the scope admin, beside those that skein admin token makes; at least 16 characters",
		reads: one(adminToken, func(c *Config, v string) { c.Server.Administration.Token = v }),
	},
	Setting{
		Name: "audit-entries", Default: strconv.Itoa(supervisor.DefaultAuditEntries),
		Help:  "changes by administrators that are remembered",
		reads: one(number(1), func(c *Config, v int) { c.Server.Administration.AuditEntries = v }),
	},
	Setting{
		Name: "drain-timeout", Default: formatDuration(supervisor.DefaultDrainTimeout), Echo: true,
		Help:  "time for an orderly stop; 0: at once",
		reads: one(durationOrOff, func(c *Config, v time.Duration) { c.Server.DrainTimeout = v }),
	},
	Setting{
		Name: "log-level", Default: "info", Echo: true,
		Help:  "debug, info, warn, error or none",
		reads: one(level, func(c *Config, v slog.Level) { c.Log.Level = v }),
	},
	Setting{
		Name: "log-format", Default: FormatAuto, Echo: true,
		Help:  "how the log on standard error is written. auto: text on a terminal, JSON otherwise",
		reads: one(oneOf(FormatAuto, FormatText, FormatJSON), func(c *Config, v string) { c.Log.Format = v }),
	},
	Setting{
		Name: "config", Short: "c", NoFile: true, Echo: true,
		Help:  "configuration file: YAML (.yaml, .yml, .json) or TOML (.toml)",
		reads: one(path, func(c *Config, v string) { c.Path = v }),
	},
)

// group puts settings under a heading.
func group(name string, settings ...Setting) []Setting {
	for i := range settings {
		settings[i].Group = name
	}
	return settings
}

// scratchLimit is a limit that the CloudLink dialect does not have unless it is given.
func scratchLimit(name string, byDefault int, help string, set func(*Config, int)) Setting {
	return Setting{
		Name: name, Default: strconv.Itoa(byDefault),
		Help:     help + "; -1: no limit, as in the cloudlink dialect unless given",
		reads:    one(limit, set),
		fallback: unlessCloudLink(strconv.Itoa(byDefault), "-1"),
	}
}

// unlessCloudLink is a default that differs between the two dialects of Scratch.
func unlessCloudLink(turbowarp, cloudlink string) func(*Config) string {
	return func(c *Config) string {
		if c.Server.Scratch.Dialect == supervisor.DialectCloudLink {
			return cloudlink
		}
		return turbowarp
	}
}
