//go:build linux

package main

import (
	"bytes"
	"fmt"
)

// cl4 speaks CloudLink 4: JSON objects in text frames.
type cl4 struct{ markerFinder }

func newCL4() dialect { return &cl4{} }

// cl4Default is the room of clients that have joined no other.
const cl4Default = "default"

func (d *cl4) Join(client int, room string, anonymous bool) ([]joinStep, string) {
	steps := []joinStep{{[]byte(`{"cmd":"handshake","val":{"language":"Go","version":"skein-load"},"listener":"handshake"}`), 1}}
	if anonymous {
		return steps, cl4Default
	}
	return append(steps,
		joinStep{fmt.Appendf(nil, `{"cmd":"setid","val":"load%06d","listener":"setid"}`, client), 1},
		joinStep{fmt.Appendf(nil, `{"cmd":"link","val":[%q],"listener":"link"}`, room), 1},
	), room
}

func (d *cl4) Answer(payload []byte) (bool, error) {
	if !bytes.Contains(payload[:min(len(payload), 40)], []byte(`"statuscode"`)) {
		return false, nil
	}
	return true, d.Check(payload)
}

func (d *cl4) Message(room string, size int) *template {
	return newTemplate(opText, fmt.Appendf(nil, `{"cmd":"gmsg","val":"%s%s","rooms":%q}`, blankMarker, padding(size), room))
}

// Request is a ping; its listener, which the server repeats, carries the numbers.
func (d *cl4) Request(size int) *template {
	if size <= 0 {
		return newTemplate(opText, fmt.Appendf(nil, `{"cmd":"ping","listener":"%s"}`, blankMarker))
	}
	return newTemplate(opText, fmt.Appendf(nil, `{"cmd":"ping","val":"%s","listener":"%s"}`, bytes.Repeat([]byte("x"), size), blankMarker))
}

func (d *cl4) Find(payload []byte) (uint16, uint32, []byte, bool) { return d.find(payload) }

// Check lets user lists and greetings pass and reports status codes other than 100.
func (d *cl4) Check(payload []byte) error {
	if !bytes.Contains(payload, []byte(`"code_id"`)) {
		return nil
	}
	if bytes.Contains(payload, []byte(`"code_id":100`)) || bytes.Contains(payload, []byte(`"code_id": 100`)) {
		return nil
	}
	return fmt.Errorf("the server answered %s", clip(payload))
}

// clip shortens a message for an error text.
func clip(b []byte) []byte { return b[:min(len(b), 200)] }
