package cl4

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/skeinhq/skein/codec"
)

// ErrNotAnObject is returned for values that are neither an object nor a text.
var ErrNotAnObject = errors.New("only objects and texts can be sent")

// Encode makes a frame of what a plugin sends: a string as it is, anything else as JSON, which must be an object.
func Encode(v any) (*codec.Frame, error) {
	if text, ok := v.(string); ok {
		return codec.TextFrameString(text), nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a packet: %w", err)
	}
	if len(b) == 0 || b[0] != '{' {
		return nil, fmt.Errorf("%w, not %T", ErrNotAnObject, v)
	}
	return codec.TextFrame(b), nil
}

// EncodeValue makes raw JSON of any value, for the val of a status. nil gives nothing.
func EncodeValue(v any) (codec.Raw, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case codec.Raw:
		return v, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a value: %w", err)
	}
	return b, nil
}

// WithListener adds the listener of m to an object that answers it.
func WithListener(v any, m *Message) (*codec.Frame, error) {
	listener := m.Answerable()
	if listener == nil {
		return Encode(v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a packet: %w", err)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(b, &object); err != nil || object == nil {
		return nil, fmt.Errorf("%w, not %T", ErrNotAnObject, v)
	}
	object["listener"] = json.RawMessage(listener)
	return Encode(object)
}
