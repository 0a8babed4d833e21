//go:build linux

package main

import (
	"fmt"
	"sort"
	"strings"
)

// A joinStep is one request on the way from an open WebSocket to a client that takes part.
type joinStep struct {
	payload []byte
	answers int // how many frames that Answer accepts end the step
}

// A dialect is a protocol as the load harness needs it. An instance belongs to one worker loop and may keep state.
type dialect interface {
	// Join returns the requests that make a client a member of room; an anonymous one has no name and stays in the
	// room in which the protocol puts it. It also returns that room's name.
	Join(client int, room string, anonymous bool) (steps []joinStep, joined string)
	// Answer says whether payload answers a join step, and whether the server refused it.
	Answer(payload []byte) (bool, error)
	// Message returns a message of size bytes to everybody in room, the sender included, or nil if the protocol has
	// no such thing.
	Message(room string, size int) *template
	// Request returns a request that the server answers to the sender alone.
	Request(size int) *template
	// Find returns the numbers in a delivery or an answer and what follows them. It runs for every received frame
	// and must not decode more than it needs.
	Find(payload []byte) (sender uint16, seq uint32, tail []byte, ok bool)
	// Check is shown frames without numbers; an error means the server refused something.
	Check(payload []byte) error
}

// dialects holds a constructor per dialect; adding one is a file and a line here.
var dialects = map[string]func() dialect{
	"cl4":  newCL4,
	"echo": newEcho,
}

func newDialect(name string) (dialect, error) {
	if mk := dialects[name]; mk != nil {
		return mk(), nil
	}
	return nil, fmt.Errorf("unknown dialect %q (there are: %s)", name, strings.Join(dialectNames(), ", "))
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
func padding(size int) []byte {
	return []byte(strings.Repeat("x", max(0, size-markerSize)))
}
