package scratch

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/skeinhq/skein/codec"
)

// Message is a message of a Scratch client as plugins see it. It owns its values.
type Message struct {
	// Method is the message's method.
	Method string
	// Change is what the client asks for with set, create, rename and delete.
	Change Change
	// User and Project are what the client has said of itself with handshake.
	User, Project string
	// Text is the whole message, which is an object.
	Text codec.Raw
}

// Decode reads the message into a struct or a map, as encoding/json does.
func (m *Message) Decode(v any) error {
	if err := json.Unmarshal(m.Text, v); err != nil {
		return fmt.Errorf("decoding a Scratch message: %w", err)
	}
	return nil
}

// NewMessage returns the message that led to a decision.
func NewMessage(method string, payload []byte, d Decision) Message {
	return Message{Method: method, Change: d.Change, User: d.User, Project: d.Room, Text: slices.Clone(payload)}
}

// SetValue returns the Change that gives a variable any value that JSON has.
func SetValue(name string, value any) (Change, error) {
	b, err := json.Marshal(value) // on one line, as the events of a batch are
	if err != nil {
		return Change{}, fmt.Errorf("encoding the value of %s: %w", name, err)
	}
	return Change{Op: OpSet, Name: name, Value: string(b)}, nil
}

// Method returns the method of a message that fits the protocol.
func (r *Rules) Method(payload []byte, binary bool) (string, bool) {
	if binary && !r.c.Dialect.readsBinary() {
		return "", false
	}
	p, problem := parse(payload, binary)
	defer p.release()
	if problem != wellFormed || !r.fits(p) {
		return "", false
	}
	method, _ := textOf(p.method())
	return string(method), true
}

// Fault is what is wrong with a message that was ignored or that closed its connection.
type Fault uint8

// The kinds of faults.
const (
	// FaultInvalid means that keys are missing, of the wrong type or not allowed, or that the handshake is missing.
	FaultInvalid Fault = iota
	FaultEmpty
	FaultJSON
	FaultMethod
)

// Explain tells plugins why a message was refused: the fault, and a sentence, the parser's error or the method.
func (r *Rules) Explain(payload []byte, binary bool, d Decision) (Fault, string) {
	p, problem := parse(payload, binary)
	defer p.release()
	switch problem {
	case empty:
		return FaultEmpty, TextEmpty
	case notJSON:
		if err := codec.CheckJSON(payload, maxDepth); err != nil {
			return FaultJSON, err.Error()
		}
		return FaultJSON, TextInvalidJSON
	case wellFormed:
		method, ok := textOf(p.method())
		switch string(method) {
		case "handshake", "set", "create", "rename", "delete":
		default:
			if ok {
				return FaultMethod, string(method)
			}
		}
	}
	switch {
	case d.Close.Text != "":
		return FaultInvalid, d.Close.Text
	case d.Close.Reason != "":
		return FaultInvalid, d.Close.Reason
	case !d.Close.IsZero():
		return FaultInvalid, fmt.Sprintf("the connection was closed with %d", d.Close.Code)
	}
	return FaultInvalid, "the message was ignored"
}
