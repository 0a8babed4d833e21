//go:build linux

package main

import (
	"bytes"
	"fmt"
)

// scratch speaks cloud variables of Scratch 3, as TurboWarp's server or CloudLink's understands them. A handshake has no
// answer of its own: newcomers get a `set` per variable that there is. So the first client of a room makes a variable,
// and the others take part when they have heard of it.
type scratch struct {
	markFinder
	traits
}

// scratchReady is the variable by which newcomers know that they are in; no sender's variable is called so.
const scratchReady = "☁ ready"

// Dialects of Scratch servers, as the server's own setting calls them.
const (
	turboWarp = "turbowarp"
	cloudLink = "cloudlink"
)

func newScratch(cfg *Config) dialect {
	d := &scratch{markFinder: markFinder{numbering: decimalMarks}, traits: traits{framing: webSocket, numbering: decimalMarks,
		rooms: true, fanout: true, personal: true, lines: true, url: "ws://127.0.0.1:3000/"}}
	if cfg.ScratchDialect == cloudLink {
		d.toSender, d.echoRoom = true, 1
	} else {
		d.pairs, d.echoRoom, d.maxRoom = true, 2, 128
	}
	return d
}

func (d *scratch) Traits() *traits { return &d.traits }

func (d *scratch) Path(seat) string { return "" }

func (d *scratch) user(s seat) string { return fmt.Sprintf("load%06d", s.client) }

func (d *scratch) set(s seat, name, value string) []byte {
	return fmt.Appendf(nil, `{"method":"set","user":"%s","project_id":%q,"name":"%s","value":"%s"}`, d.user(s), s.room, name, value)
}

func (d *scratch) Join(s seat) []joinStep {
	steps := []joinStep{{fmt.Appendf(nil, `{"method":"handshake","user":"%s","project_id":%q}`, d.user(s), s.room), 1}}
	if s.opens {
		steps[0].answers = 0
		steps = append(steps, joinStep{d.set(s, scratchReady, "1"), 0})
	}
	return steps
}

func (d *scratch) Answer(payload []byte) (bool, error) {
	return bytes.Contains(payload, []byte(scratchReady)), d.Check(payload)
}

func (d *scratch) Message(s seat, nth, size int) *template {
	pad := decimalMarks.padding(size)
	return newTemplate(webSocket, decimalMarks, d.set(s, fmt.Sprintf("☁ s%03d", nth), decimalMarks.blank+string(pad)), pad)
}

// Request is an update that one other client gets, or the sender itself where the server sends it back.
func (d *scratch) Request(s seat, size int) *template { return d.Message(s, 0, size) }

func (d *scratch) Find(payload []byte) (mark, []byte, bool) { return d.find(payload) }

// Check reports texts that servers send before they close.
func (d *scratch) Check(payload []byte) error {
	if bytes.HasPrefix(payload, []byte("{")) {
		return nil
	}
	return fmt.Errorf("the server said %q", clip(payload))
}
