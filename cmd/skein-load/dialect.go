//go:build linux

package main

import (
	"fmt"
	"sort"
	"strings"
)

// A seat is a client's place in a run.
type seat struct {
	client    int // number over all workers
	room      string
	opens     bool // the first client of its room
	anonymous bool // without a name, in the room in which the protocol puts it
}

// A joinStep is one request on the way from an open connection to a client that takes part.
type joinStep struct {
	payload []byte
	answers int // how many messages that Answer accepts end the step
}

// Traits are what the scenarios must know of a dialect.
type traits struct {
	framing   framing
	numbering *numbering
	rooms     bool   // has rooms that clients choose
	fanout    bool   // has messages to many
	toSender  bool   // such a message reaches its sender as well
	requests  bool   // has requests that are answered to the sender alone
	pairs     bool   // what stands for a request is a message to the only other client in the room
	personal  bool   // requests look different for each client
	lines     bool   // a frame may hold several messages, one in a line
	echoRoom  int    // room size for requests alone; 0 where there are no rooms
	maxRoom   int    // clients that one room takes; 0: any number
	home      string // the room of anonymous clients
	url       string // default server
}

// A dialect is a protocol as the load harness needs it. An instance belongs to one worker loop and may keep state.
type dialect interface {
	Traits() *traits
	// Path is where a client connects to unless the URL names a path; empty where that is always the same.
	Path(s seat) string
	// Join returns the requests that make a client a member of its room.
	Join(s seat) []joinStep
	// Answer says whether payload answers a join step, and whether the server refused it.
	Answer(payload []byte) (bool, error)
	// Message returns a message of size bytes from the nth sender of a room to everybody in it.
	Message(s seat, nth, size int) *template
	// Request returns a request of size bytes that the server answers.
	Request(s seat, size int) *template
	// Find returns the mark of a delivery or an answer and what follows it. It runs for every received message and
	// must not decode more than it needs.
	Find(payload []byte) (m mark, tail []byte, ok bool)
	// Check is shown messages without a mark; an error means the server refused something.
	Check(payload []byte) error
}

// dialects holds a constructor per dialect; adding one is a file and a line here.
var dialects = map[string]func(*Config) dialect{
	"cl4":          newCL4,
	"echo":         newEcho,
	"pystrands":    newPyStrands,
	"scratch":      newScratch,
	"simpleserver": newSimpleServer,
}

func newDialect(cfg *Config) (dialect, error) {
	if mk := dialects[cfg.Dialect]; mk != nil {
		return mk(cfg), nil
	}
	return nil, fmt.Errorf("unknown dialect %q (there are: %s)", cfg.Dialect, strings.Join(dialectNames(), ", "))
}

func dialectNames() []string {
	var names []string
	for n := range dialects {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// padding fills a message up to size; a delivery must still have it.
func (n *numbering) padding(size int) []byte {
	fill := "x"
	if n.base == 10 {
		fill = "7"
	}
	return []byte(strings.Repeat(fill, max(0, size-n.size)))
}

// clip shortens a message for an error text.
func clip(b []byte) []byte { return b[:min(len(b), 200)] }
