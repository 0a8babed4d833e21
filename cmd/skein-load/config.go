//go:build linux

package main

import (
	"errors"
	"fmt"
	"time"
)

// A Config is what one run does. Workers get it as JSON.
type Config struct {
	Scenario   string        `json:"scenario"`
	URL        string        `json:"url"`
	Dialect    string        `json:"dialect"`
	Clients    int           `json:"clients"`
	Senders    int           `json:"senders,omitempty"`
	Window     int           `json:"window,omitempty"`
	Size       int           `json:"size,omitempty"`
	Rate       float64       `json:"rate,omitempty"`
	Warmup     time.Duration `json:"warmup_ns,omitempty"`
	Duration   time.Duration `json:"duration_ns,omitempty"`
	Messages   uint64        `json:"messages,omitempty"`
	Anonymous  bool          `json:"anonymous,omitempty"`
	RoomSize   int           `json:"room_size,omitempty"`
	Pipeline   bool          `json:"pipeline,omitempty"`
	Connecting int           `json:"connecting,omitempty"` // clients of one process that are on their way at a time
	Steps      int           `json:"steps,omitempty"`
	Settle     time.Duration `json:"settle_ns,omitempty"`
	Stall      time.Duration `json:"stall_ns,omitempty"`
	Processes  int           `json:"processes"`
	PIDs       []int         `json:"pids,omitempty"`
	GCURL      string        `json:"gc_url,omitempty"`
	TotalOrder bool          `json:"total_order,omitempty"`
}

const (
	// maxPerProcess leaves a process whose limit is 20,000 files some to spare.
	maxPerProcess = 15_000
	// openLoopRing is how many requests of one client may be unanswered at a fixed rate.
	openLoopRing = 256
)

// complete fills what is derived and checks the rest.
func (c *Config) complete() error {
	if c.Processes == 0 {
		c.Processes = (c.Clients + maxPerProcess - 1) / maxPerProcess
	}
	if c.Stall == 0 {
		c.Stall = 5 * time.Second
	}
	if c.Connecting == 0 {
		c.Connecting = 16
	}
	d, err := newDialect(c.Dialect)
	if err != nil {
		return err
	}
	switch {
	case c.Clients < 1:
		return errors.New("--clients must be at least 1")
	case c.Processes < 1 || c.Processes > maxWorkers || c.Processes > c.Clients:
		return fmt.Errorf("--processes must be between 1 and %d, and not more than --clients", min(maxWorkers, c.Clients))
	case c.Scenario == scenarioFanout && d.Message("r", markerSize) == nil:
		return fmt.Errorf("dialect %s has no rooms to fan out in", c.Dialect)
	case c.Scenario == scenarioFanout && (c.Senders < 1 || c.Senders > maxSenders || c.Senders > share(c.Clients, c.Processes, 0)):
		return fmt.Errorf("--senders must be between 1 and %d, and not more than the clients of one process", maxSenders)
	case c.Scenario == scenarioFanout && (c.Window < 1 || c.Window > ringSize):
		return fmt.Errorf("--window must be between 1 and %d", ringSize)
	case c.Scenario == scenarioPing && (c.Window < 1 || c.Window > 1<<16):
		return errors.New("--window must be between 1 and 65536")
	case c.Rate < 0:
		return errors.New("--rate must not be negative")
	}
	return nil
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
