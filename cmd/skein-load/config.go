//go:build linux

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A Config is what one run does. Workers get it as JSON, and it is part of the report.
type Config struct {
	Scenario       string        `json:"scenario"`
	URL            string        `json:"url"`
	Dialect        string        `json:"dialect"`
	ScratchDialect string        `json:"scratch_dialect,omitempty"`
	Headers        []string      `json:"headers,omitempty"` // of upgrade requests
	Backend        string        `json:"backend,omitempty"` // where a broker takes backends, or noBackend
	Clients        int           `json:"clients"`
	RoomSize       int           `json:"room_size"`          // 0: one room for all; negative: what suits scenario and dialect
	Senders        int           `json:"senders,omitempty"`  // of each room
	Visitors       int           `json:"visitors,omitempty"` // clients that come and go
	Stay           time.Duration `json:"stay_ns,omitempty"`
	Window         int           `json:"window,omitempty"`
	Size           int           `json:"size,omitempty"`
	Rate           float64       `json:"rate,omitempty"`
	Requests       float64       `json:"requests,omitempty"` // share of the rate, in a mix
	Warmup         time.Duration `json:"warmup_ns,omitempty"`
	Duration       time.Duration `json:"duration_ns,omitempty"`
	Messages       uint64        `json:"messages,omitempty"`
	Anonymous      bool          `json:"anonymous,omitempty"`
	Pipeline       bool          `json:"pipeline,omitempty"`
	Connecting     int           `json:"connecting,omitempty"` // clients of one process that are on their way at a time
	Steps          int           `json:"steps,omitempty"`
	Settle         time.Duration `json:"settle_ns,omitempty"`
	Stall          time.Duration `json:"stall_ns,omitempty"`
	Processes      int           `json:"processes"`
	PIDs           []int         `json:"pids,omitempty"`
	GCURL          string        `json:"gc_url,omitempty"`
	TotalOrder     bool          `json:"total_order,omitempty"`
	MaxGrowth      float64       `json:"max_growth,omitempty"` // of memory in the second half of a soak, as a share
	Wait           time.Duration `json:"wait_ns,omitempty"`    // for the server to accept connections
	Run            string        `json:"run"`                  // part of the names of rooms
}

const (
	// maxPerProcess leaves a process whose limit is 20,000 files some to spare.
	maxPerProcess = 15_000
	// spareFiles are those that a process needs besides its clients.
	spareFiles = 100
	// openLoopRing is how many requests of one client may be unanswered at a fixed rate.
	openLoopRing = 256
	// defaultBackend is where PyStrands brokers take backends.
	defaultBackend = "127.0.0.1:8081"
	// noBackend says that there is a backend already.
	noBackend = "none"
	// suitable stands for a room size that suits scenario and dialect.
	suitable = -1
)

// complete fills what is derived and checks the rest.
func (c *Config) complete() error {
	d, err := newDialect(c)
	if err != nil {
		return err
	}
	c.derive(d.Traits())
	if c.Clients < 1 {
		return errors.New("--clients must be at least 1")
	}
	for _, check := range []func(*traits) error{c.checkNumbers, c.checkRooms, c.checkDialect, c.checkTarget} {
		if err := check(d.Traits()); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) derive(t *traits) {
	if c.Processes == 0 {
		n := filesPerProcess()
		c.Processes = max(1, (c.Clients+c.Visitors+n-1)/n)
	}
	if c.Stall == 0 {
		c.Stall = 5 * time.Second
	}
	if c.Connecting == 0 {
		c.Connecting = 16
	}
	if c.Run == "" {
		c.Run = strings.ToLower(rand.Text()[:8])
	}
	if c.URL == "" {
		c.URL = t.url
	}
	if c.Dialect == "pystrands" && c.Backend == "" {
		c.Backend = defaultBackend
	}
	if c.Dialect != "scratch" {
		c.ScratchDialect = ""
	}
	if c.RoomSize < 0 {
		c.RoomSize = suitableRoom(c.Scenario, t)
	}
	if !t.rooms || c.Anonymous {
		c.RoomSize = 0
	}
	if c.mixes() && !t.requests {
		c.Requests = 0
	}
	if c.mixes() && !t.fanout {
		c.Requests, c.Senders = 1, 0
	}
}

// filesPerProcess is how many clients a process can have.
func filesPerProcess() int {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil || l.Max > maxPerProcess+spareFiles {
		return maxPerProcess
	}
	return max(1, int(l.Max)-spareFiles)
}

// suitableRoom is the default size of rooms.
func suitableRoom(scenario string, t *traits) int {
	size := 0
	switch scenario {
	case scenarioFanout:
		if t.maxRoom > 0 {
			size = 100
		}
	case scenarioEcho:
		size = t.echoRoom
	case scenarioConnect:
		if size = 1; t.lines { // who is alone in a room cannot know that he is in it
			size = 100
		}
	case scenarioIdle:
		size = 100
	case scenarioMixed, scenarioSoak:
		size = 50
	}
	return size
}

// mixes says that the scenario has several kinds of traffic at a time.
func (c *Config) mixes() bool { return c.Scenario == scenarioMixed || c.Scenario == scenarioSoak }

// fansOut says that there are messages to rooms.
func (c *Config) fansOut() bool { return c.Scenario == scenarioFanout || c.mixes() && c.Requests < 1 }

// loads says that the scenario sends.
func (c *Config) loads() bool {
	return c.Scenario == scenarioFanout || c.Scenario == scenarioEcho || c.mixes()
}

func (c *Config) checkNumbers(*traits) error {
	switch {
	case c.Processes < 1 || c.Processes > maxWorkers || c.Processes > c.Clients:
		return fmt.Errorf("--processes must be between 1 and %d, and not more than --clients", min(maxWorkers, c.Clients))
	case share(c.Clients, c.Processes, 0) >= requestBit:
		return fmt.Errorf("one process cannot have %d clients: more --processes", share(c.Clients, c.Processes, 0))
	case c.Rate < 0:
		return errors.New("--rate must not be negative")
	case c.mixes() && c.Rate == 0:
		return errors.New("--rate must be more than 0: a mix has no closed loop")
	case c.Requests < 0 || c.Requests > 1:
		return errors.New("--requests must be between 0 and 1")
	case c.Visitors < 0 || c.Visitors > 0 && c.Stay <= 0:
		return errors.New("--visitors must not be negative, and their --stay must be more than 0")
	case c.Scenario == scenarioFanout && (c.Window < 1 || c.Window > maxRing):
		return fmt.Errorf("--window must be between 1 and %d", maxRing)
	case c.Scenario == scenarioEcho && (c.Window < 1 || c.Window > 1<<16):
		return errors.New("--window must be between 1 and 65536")
	}
	return nil
}

func (c *Config) checkRooms(t *traits) error {
	smallest := c.smallestRoom()
	switch {
	case c.Scenario == scenarioFanout && !t.fanout:
		return fmt.Errorf("dialect %s has no rooms to fan out in", c.Dialect)
	case c.fansOut() && c.Senders < 1:
		return errors.New("--senders must be at least 1")
	case c.fansOut() && c.Senders > smallest:
		return fmt.Errorf("--senders must not be more than the clients of a room (in one process), which are %d", smallest)
	case c.fansOut() && c.allSenders() > maxSenders:
		return fmt.Errorf("%d senders in all rooms, but no more than %d can be told apart", c.allSenders(), maxSenders)
	case c.fansOut() && c.Rate == 0 && c.allSenders()*c.Window > maxSlots:
		return fmt.Errorf("--window %d for %d senders: no more than %d messages can be under way", c.Window, c.allSenders(), maxSlots)
	case c.fansOut() && !t.toSender && smallest < 2:
		return errors.New("a message needs a client besides its sender in each room")
	case t.maxRoom > 0 && c.largestRoom() > t.maxRoom:
		return fmt.Errorf("--room-size must not be more than %d: so many clients does a room of this dialect take", t.maxRoom)
	case c.Scenario == scenarioEcho && t.pairs && (c.RoomSize != 2 || c.oddShare()):
		return errors.New("this dialect answers nobody: clients are paired, so every process needs an even number of them, in rooms of 2")
	case c.Scenario == scenarioEcho && t.personal && !t.pairs && c.RoomSize != 1:
		return errors.New("this dialect has no answers to one client: --room-size must be 1")
	}
	return nil
}

func (c *Config) checkDialect(t *traits) error {
	if len(c.Headers) > 0 && t.framing != webSocket {
		return errors.New("--header needs a dialect on WebSocket")
	}
	if c.Backend != "" && c.Dialect != "pystrands" && c.Dialect != "simpleserver" {
		return fmt.Errorf("dialect %s has no --backend", c.Dialect)
	}
	if c.Dialect == "scratch" && c.ScratchDialect != "" && c.ScratchDialect != turboWarp && c.ScratchDialect != cloudLink {
		return fmt.Errorf("--scratch-dialect must be %s or %s", turboWarp, cloudLink)
	}
	return nil
}

func (c *Config) checkTarget(t *traits) error {
	target, err := newTarget(c, t.framing)
	if err != nil {
		return err
	}
	if c.Dialect == "pystrands" && target.path != "" && c.RoomSize > 0 && c.fansOut() {
		return errors.New("with a path in the URL all clients are in one room: --room-size 0, or a URL without a path")
	}
	return nil
}

// roomsOf is the number of rooms of a worker, where rooms have a size.
func (c *Config) roomsOf(worker int) int {
	n := share(c.Clients, c.Processes, worker)
	return max(1, (n+c.RoomSize-1)/c.RoomSize)
}

// allSenders is the number of senders in all rooms.
func (c *Config) allSenders() int {
	if !c.fansOut() {
		return 0
	}
	if c.RoomSize == 0 {
		return c.Senders
	}
	n := 0
	for w := range c.Processes {
		n += c.roomsOf(w) * c.Senders
	}
	return n
}

// smallestRoom is how many clients of one process are in the smallest room.
func (c *Config) smallestRoom() int {
	if c.RoomSize == 0 {
		return share(c.Clients, c.Processes, 0)
	}
	smallest := c.Clients
	for w := range c.Processes {
		smallest = min(smallest, share(c.Clients, c.Processes, w)/c.roomsOf(w))
	}
	return smallest
}

// largestRoom is how many clients a room may come to have, visitors included.
func (c *Config) largestRoom() int {
	if c.RoomSize == 0 {
		return c.Clients + c.Visitors
	}
	largest := 0
	for w := range c.Processes {
		rooms := c.roomsOf(w)
		largest = max(largest, share(share(c.Clients, c.Processes, w), rooms, 0)+share(share(c.Visitors, c.Processes, w), rooms, 0))
	}
	return largest
}

func (c *Config) oddShare() bool {
	for w := range c.Processes {
		if share(c.Clients, c.Processes, w)%2 != 0 {
			return true
		}
	}
	return false
}

// share is how many of n things worker w of p has; worker 0 never has fewer than another.
func share(n, p, w int) int {
	if w < n%p {
		return n/p + 1
	}
	return n / p
}

// firstOf is the number of things of the workers before w.
func firstOf(n, p, w int) int {
	return w*(n/p) + min(w, n%p)
}
