//go:build linux

package main

import "fmt"

// echo is any server that sends every message back to its sender.
type echo struct{ markerFinder }

func newEcho() dialect { return &echo{} }

func (d *echo) Join(int, string, bool) ([]joinStep, string) { return nil, "" }

func (d *echo) Answer([]byte) (bool, error) { return false, nil }

// Message is nil: an echo server has no rooms.
func (d *echo) Message(string, int) *template { return nil }

func (d *echo) Request(size int) *template {
	return newTemplate(opText, append([]byte(blankMarker), padding(size)...))
}

func (d *echo) Find(payload []byte) (uint16, uint32, []byte, bool) { return d.find(payload) }

func (d *echo) Check(payload []byte) error {
	return fmt.Errorf("the server sent %q unasked", clip(payload))
}
