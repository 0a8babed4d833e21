package config

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/skeinhq/skein/supervisor"
)

// prefixBroker is how the variables of the PyStrands broker start. It has no S at its end.
const prefixBroker = "PYSTRAND_"

// prefixStrands is what the settings of the broker start with among those of the server.
const prefixStrands = "pystrands-"

// Broker is the table of the PyStrands broker alone. It takes the flags and variables of the broker that it replaces,
// in which the environment wins over the flags.
var Broker = Table{
	Settings: brokerSettings(), Prefix: prefixBroker, EnvWins: true,
	complete: completeBroker,
}

// Ports are where the broker alone listens, in the parts in which it is told.
type Ports struct {
	WS, TCP       int
	Bind, BindTCP string
}

// brokerSettings are the rows of the server's table that concern the broker, under the broker's own names, with rows
// of its own for the addresses.
func brokerSettings() []Setting {
	out := slices.Concat(brokerListening, strandsTLS, strandsClients, strandsBackends, strandsBacklog)
	own := map[string]string{"admin": "metrics-addr", "drain-timeout": "", "log-level": "", "log-format": ""}
	for _, s := range operation {
		if flag, ok := own[s.Name]; ok {
			s.flag = flag
			if s.Name == "drain-timeout" {
				s.Default, s.always = "3s", true
			}
			out = append(out, s)
		}
	}
	for i := range out {
		s := &out[i]
		s.prefix, s.last = prefixBroker, true
		if short, ok := strings.CutPrefix(s.Name, prefixStrands); ok && s.flag == "" {
			s.flag = short
		}
	}
	return out
}

var brokerListening = group("Listening",
	Setting{
		Name: "pystrands-ws", flag: "ws-port", Default: "8080", always: true,
		Help:  "port for WebSocket clients; 0: a free one",
		reads: one(port, func(c *Config, v int) { c.Ports.WS = v }),
	},
	Setting{
		Name: "pystrands-bind", flag: "bind", Default: bindAll, always: true,
		Help:  "address of that port: all, loopback, or an address of this machine",
		reads: one(host, func(c *Config, v string) { c.Ports.Bind = v }),
	},
	Setting{
		Name: "pystrands-tcp", flag: "tcp-port", Default: "8081", always: true,
		Help:  "port for backends; 0: a free one",
		reads: one(port, func(c *Config, v int) { c.Ports.TCP = v }),
	},
	Setting{
		Name: "pystrands-tcp-bind", flag: "tcp-bind", Default: bindLoopback, always: true,
		Help:  "address of that port: loopback, all, or an address of this machine",
		reads: one(host, func(c *Config, v string) { c.Ports.BindTCP = v }),
	},
)

// completeBroker puts the addresses together.
func completeBroker(r *Result) {
	o, p := &r.Config.Server, r.Config.Ports
	o.NoListen = true
	o.PyStrands.Listen = []string{net.JoinHostPort(p.Bind, strconv.Itoa(p.WS))}
	o.PyStrands.Backends = []string{net.JoinHostPort(p.BindTCP, strconv.Itoa(p.TCP))}
	if p.WS == p.TCP && p.WS != 0 && !r.reported("pystrands-ws") && !r.reported("pystrands-tcp") {
		name, other := "pystrands-tcp", "pystrands-ws"
		if !r.given(name) {
			name, other = other, name
		}
		r.wrong(name, "%d is %s already: give one of them another port", p.WS, r.flag(other))
	}
}

// completeServe gives the broker the address that is not given when the other one is, and relays the clients of
// SimpleServer to it.
func completeServe(r *Result) {
	o := &r.Config.Server.PyStrands
	switch {
	case len(o.Listen) > 0 && !r.given("pystrands-tcp"):
		o.Backends = []string{supervisor.DefaultPyStrandsBackends}
	case len(o.Backends) > 0 && !r.given("pystrands-ws"):
		o.Listen = []string{strandsListen}
	}
	r.completeData()
	r.Config.Server.SimpleServer.Relay = len(r.Config.Server.SimpleServer.Listen) > 0 && len(o.Backends) > 0
}
