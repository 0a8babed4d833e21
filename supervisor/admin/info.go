package admin

import (
	"runtime"
	"time"

	"github.com/skeinhq/skein/supervisor/admin/token"
)

// State is what a server is and does.
type State struct {
	Node      string
	Started   time.Time
	Ready     bool
	State     string // what readiness says
	Listeners []Listener
	Protocols []string
	Limits    Limits
	// Data is the directory that keeps what changes, or none.
	Data string
}

// Listener is an open port.
type Listener struct {
	Port string `json:"port"`
	URL  string `json:"url"`
}

// Limits are what the server allows. -1 means no limit.
type Limits struct {
	MaxClients      int `json:"max_clients"`
	MaxClientsPerIP int `json:"max_clients_per_ip"`
	MaxMessageBytes int `json:"max_message_bytes"`
	OutboxBytes     int `json:"outbox_bytes"`
	OpenFiles       int `json:"open_files"`
}

type info struct {
	Version       string     `json:"version"`
	Commit        string     `json:"commit"`
	Go            string     `json:"go"`
	Node          string     `json:"node"`
	Started       time.Time  `json:"started"`
	UptimeSeconds float64    `json:"uptime_seconds"`
	State         string     `json:"state"`
	Ready         bool       `json:"ready"`
	Listeners     []Listener `json:"listeners"`
	Protocols     []string   `json:"protocols"`
	Limits        Limits     `json:"limits"`
	Counts        counts     `json:"counts"`
	Data          string     `json:"data"`
	You           you        `json:"you"`
}

type you struct {
	Name    string      `json:"name"`
	Scope   token.Scope `json:"scope"`
	Address string      `json:"address"`
}

// counts are how much there is of everything.
type counts struct {
	Connections int64            `json:"connections"`
	Clients     map[string]int64 `json:"clients"`
	Rooms       map[string]int64 `json:"rooms"`
	Variables   int64            `json:"variables"`
	Backends    int64            `json:"backends"`
}

func (a *API) countsNow() counts {
	c := &a.System.Counters
	out := counts{
		Connections: c.Sessions.Load(),
		Variables:   c.Variables.Load(),
		Backends:    a.System.Broker.Backends.Load(),
		Clients:     map[string]int64{},
		Rooms:       map[string]int64{"pystrands": a.System.Broker.Rooms.Load()},
	}
	clients(c, func(n float64, labels ...string) {
		name := labels[0]
		if name == "unidentified" {
			name = "none"
		}
		out.Clients[name] = int64(n)
	})
	rooms(c, func(n float64, labels ...string) { out.Rooms[labels[0]] = int64(n) })
	return out
}

func (a *API) info(c *call) (any, error) {
	s := a.Server.State()
	s.Limits.OpenFiles = openFiles()
	if s.Listeners == nil {
		s.Listeners = []Listener{}
	}
	return info{
		Version: a.Version, Commit: a.Commit, Go: runtime.Version(),
		Node: s.Node, Started: s.Started.UTC(), UptimeSeconds: a.Now().Sub(s.Started).Seconds(),
		State: s.State, Ready: s.Ready, Listeners: s.Listeners, Protocols: s.Protocols, Limits: s.Limits,
		Counts: a.countsNow(), Data: s.Data, You: you{c.name(), c.who.Scope, c.address()},
	}, nil
}
