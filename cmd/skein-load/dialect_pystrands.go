//go:build linux

package main

import "fmt"

// pystrands drives a PyStrands broker: WebSocket clients at its front, and behind it a backend that passes messages on
// to the room or back to their sender, as their first byte says.
type pystrands struct{ markFinder }

// First bytes of messages to the backend.
const (
	forRoom   = '*'
	forSender = '='
)

var pystrandsTraits = traits{framing: webSocket, numbering: hexMarks, rooms: true, fanout: true, toSender: true, requests: true,
	echoRoom: 1, url: "ws://127.0.0.1:8080/"}

func newPyStrands(*Config) dialect { return &pystrands{markFinder{numbering: hexMarks}} }

func (d *pystrands) Traits() *traits { return &pystrandsTraits }

// Path names the room: the backend leaves it at that.
func (d *pystrands) Path(s seat) string { return "/ws/" + s.room }

// Join is nothing more than to connect: the broker lets nobody in before the backend has agreed.
func (d *pystrands) Join(seat) []joinStep { return nil }

func (d *pystrands) Answer([]byte) (bool, error) { return false, nil }

func (d *pystrands) message(kind byte, size int) *template {
	pad := hexMarks.padding(size - 1)
	return newTemplate(webSocket, hexMarks, append(append([]byte{kind}, hexMarks.blank...), pad...), pad)
}

func (d *pystrands) Message(_ seat, _, size int) *template { return d.message(forRoom, size) }

func (d *pystrands) Request(_ seat, size int) *template { return d.message(forSender, size) }

func (d *pystrands) Find(payload []byte) (mark, []byte, bool) { return d.find(payload) }

func (d *pystrands) Check(payload []byte) error {
	return fmt.Errorf("the server sent %q unasked", clip(payload))
}
