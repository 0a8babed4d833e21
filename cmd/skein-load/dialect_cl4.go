//go:build linux

package main

import (
	"bytes"
	"fmt"
)

// cl4 speaks CloudLink 4: JSON objects in text frames.
type cl4 struct{ markFinder }

var cl4Traits = traits{framing: webSocket, numbering: hexMarks, rooms: true, fanout: true, toSender: true, requests: true,
	echoRoom: 1, home: "default", url: "ws://127.0.0.1:3000/"}

func newCL4(*Config) dialect { return &cl4{markFinder{numbering: hexMarks}} }

func (d *cl4) Traits() *traits { return &cl4Traits }

func (d *cl4) Path(seat) string { return "" }

func (d *cl4) Join(s seat) []joinStep {
	steps := []joinStep{{[]byte(`{"cmd":"handshake","val":{"language":"Go","version":"skein-load"},"listener":"handshake"}`), 1}}
	if s.anonymous {
		return steps
	}
	return append(steps,
		joinStep{fmt.Appendf(nil, `{"cmd":"setid","val":"load%06d","listener":"setid"}`, s.client), 1},
		joinStep{fmt.Appendf(nil, `{"cmd":"link","val":[%q],"listener":"link"}`, s.room), 1},
	)
}

func (d *cl4) Answer(payload []byte) (bool, error) {
	if !bytes.Contains(payload[:min(len(payload), 40)], []byte(`"statuscode"`)) {
		return false, nil
	}
	return true, d.Check(payload)
}

func (d *cl4) Message(s seat, _, size int) *template {
	pad := hexMarks.padding(size)
	return newTemplate(webSocket, hexMarks, fmt.Appendf(nil, `{"cmd":"gmsg","val":"%s%s","rooms":%q}`, hexMarks.blank, pad, s.room), pad)
}

// Request is a ping; its listener, which the server repeats, carries the mark.
func (d *cl4) Request(_ seat, size int) *template {
	if size <= 0 {
		return newTemplate(webSocket, hexMarks, fmt.Appendf(nil, `{"cmd":"ping","listener":"%s"}`, hexMarks.blank), nil)
	}
	return newTemplate(webSocket, hexMarks, fmt.Appendf(nil, `{"cmd":"ping","val":"%s","listener":"%s"}`, bytes.Repeat([]byte("x"), size), hexMarks.blank), nil)
}

func (d *cl4) Find(payload []byte) (mark, []byte, bool) { return d.find(payload) }

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
