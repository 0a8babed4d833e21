package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/skeinhq/skein/supervisor"
)

// prefixSimple is what the settings of SimpleServer start with.
const prefixSimple = "simpleserver-"

var simple = group("SimpleServer",
	Setting{
		Name:  "simpleserver",
		Help:  "address for clients of SimpleServer: HOST:PORT, PORT (on localhost) or unix:PATH. They are relayed to the backends of PyStrands where the broker is on",
		reads: many(localAddress, func(c *Config, v []string) { c.Server.SimpleServer.Listen = v }),
	},
	Setting{
		Name:  "simpleserver-tls-cert",
		Help:  "certificate chain (PEM), read again when it changes",
		reads: one(path, func(c *Config, v string) { c.Server.SimpleServer.TLSCert = v }),
	},
	Setting{
		Name:  "simpleserver-tls-key",
		Help:  "its private key (PEM)",
		reads: one(path, func(c *Config, v string) { c.Server.SimpleServer.TLSKey = v }),
	},
	Setting{
		Name: "simpleserver-max-message", Default: formatSize(supervisor.DefaultSimpleServerMaxMessage),
		Help:  "one message from a client; a larger one closes its connection",
		reads: one(bytes, func(c *Config, v int) { c.Server.SimpleServer.MaxMessage = v }),
	},
	Setting{
		Name: "simpleserver-max-head", Default: formatSize(supervisor.DefaultSimpleServerMaxHead),
		Help:  "the headers of a message; larger ones are taken for text",
		reads: one(bytes, func(c *Config, v int) { c.Server.SimpleServer.MaxHead = v }),
	},
	Setting{
		Name: "simpleserver-max-headers", Default: strconv.Itoa(supervisor.DefaultSimpleServerMaxHeaders),
		Help:  "the same in headers",
		reads: one(number(1), func(c *Config, v int) { c.Server.SimpleServer.MaxHeaders = v }),
	},
	Setting{
		Name: "simpleserver-queue", Default: strconv.Itoa(supervisor.DefaultSimpleServerQueue),
		Help:  "messages that may wait for one client; over it the client is closed",
		reads: one(number(1), func(c *Config, v int) { c.Server.SimpleServer.Queue = v }),
	},
	Setting{
		Name: "simpleserver-queue-bytes", Default: formatSize(supervisor.DefaultSimpleServerQueueBytes),
		Help:  "the same in bytes",
		reads: one(bytes, func(c *Config, v int) { c.Server.SimpleServer.QueueBytes = v }),
	},
	Setting{
		Name: "simpleserver-idle", Default: formatDuration(supervisor.DefaultSimpleServerIdle),
		Help:  "silence after which a message without a length is complete",
		reads: one(duration, func(c *Config, v time.Duration) { c.Server.SimpleServer.Idle = v }),
	},
	Setting{
		Name: "simpleserver-idle-large", Default: formatDuration(supervisor.DefaultSimpleServerIdleLarge),
		Help:  "the same behind 1024 bytes and more at once",
		reads: one(duration, func(c *Config, v time.Duration) { c.Server.SimpleServer.IdleLarge = v }),
	},
	Setting{
		Name: "simpleserver-stall", Default: formatDuration(supervisor.DefaultSimpleServerStall),
		Help:  "silence in the middle of a message with a length after which its connection is closed",
		reads: one(duration, func(c *Config, v time.Duration) { c.Server.SimpleServer.Stall = v }),
	},
	Setting{
		Name: "simpleserver-legacy-gap", Default: formatDuration(supervisor.DefaultSimpleServerLegacyGap),
		Help:  "pause between two messages to a client of the Python library, which takes what it reads at once for one; 0: none",
		reads: one(durationOrOff, func(c *Config, v time.Duration) { c.Server.SimpleServer.LegacyGap = v }),
	},
	Setting{
		Name: "simpleserver-legacy-queue", Default: strconv.Itoa(supervisor.DefaultSimpleServerPacedQueue),
		Help:  "messages that may wait for their turn to such a client; over it a message is not sent",
		reads: one(number(1), func(c *Config, v int) { c.Server.SimpleServer.PacedQueue = v }),
	},
	Setting{
		Name: "simpleserver-legacy-queue-bytes", Default: formatSize(supervisor.DefaultSimpleServerPacedBytes),
		Help:  "the same in bytes",
		reads: one(bytes, func(c *Config, v int) { c.Server.SimpleServer.PacedBytes = v }),
	},
	Setting{
		Name: "simpleserver-legacy-percent", Default: supervisor.DefaultSimpleServerLegacyPercent,
		Help: "percent signs to such a client, which reads a message up to the first. keep: as they are; fullwidth: U+FF05 in their place",
		reads: one(oneOf(supervisor.PercentKeep, supervisor.PercentFullWidth),
			func(c *Config, v string) { c.Server.SimpleServer.LegacyPercent = v }),
	},
	Setting{
		Name: "simpleserver-tick-rate", Default: strconv.Itoa(supervisor.DefaultSimpleServerTickRate),
		Help:  "ticks per second for plugins that handle messages; clients that are relayed do not wait for ticks",
		reads: one(perSecond, func(c *Config, v float64) { c.Server.SimpleServer.TickRate = v }),
	},
)

func (r *Result) checkSimpleServer() {
	s := &r.Config.Server
	o := &s.SimpleServer
	r.noAddress("simpleserver", len(o.Listen))
	if len(o.Listen) == 0 {
		for _, v := range r.Values {
			if strings.HasPrefix(v.Setting.Name, prefixSimple) && v.Origin.Layer != LayerDefault && !r.reported("simpleserver") {
				r.warn(v.Setting.Name, "of no effect without %s", r.flag("simpleserver"))
			}
		}
		return
	}
	r.checkPair("simpleserver-tls-cert", o.TLSCert, "simpleserver-tls-key", o.TLSKey)
	if !o.Relay && len(s.Plugins) == 0 {
		r.wrong("simpleserver", "nobody would get the messages: %s lets in the backends of PyStrands that they are relayed to", r.flag("pystrands-tcp"))
	}
}
