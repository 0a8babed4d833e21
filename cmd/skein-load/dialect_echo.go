//go:build linux

package main

import "fmt"

// echo is any WebSocket server that sends every message back to its sender.
type echo struct{ markFinder }

var echoTraits = traits{framing: webSocket, numbering: hexMarks, requests: true, url: "ws://127.0.0.1:3000/"}

func newEcho(*Config) dialect { return &echo{markFinder{numbering: hexMarks}} }

func (d *echo) Traits() *traits { return &echoTraits }

func (d *echo) Path(seat) string { return "" }

func (d *echo) Join(seat) []joinStep { return nil }

func (d *echo) Answer([]byte) (bool, error) { return false, nil }

// Message is never asked for: an echo server has no rooms.
func (d *echo) Message(seat, int, int) *template { return nil }

func (d *echo) Request(_ seat, size int) *template {
	pad := hexMarks.padding(size)
	return newTemplate(webSocket, hexMarks, append([]byte(hexMarks.blank), pad...), pad)
}

func (d *echo) Find(payload []byte) (mark, []byte, bool) { return d.find(payload) }

func (d *echo) Check(payload []byte) error {
	return fmt.Errorf("the server sent %q unasked", clip(payload))
}
