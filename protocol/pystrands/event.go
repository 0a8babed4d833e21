package pystrands

import (
	"encoding/base64"
	"unicode/utf8"

	"github.com/skeinhq/skein/codec"
	codecstrands "github.com/skeinhq/skein/codec/pystrands"
)

// Events are lines for a backend: frames of ASCII text with a newline at the end. Each has a request id of its own,
// except for the heartbeat.

// Context is what every event about a client tells of it, encoded once. The zero value is not valid. It may be used by
// many goroutines.
type Context struct{ text []byte }

// NewContext encodes the ids of a client and its metadata, which is JSON text in ASCII.
func NewContext(clientID, roomID string, metadata []byte) Context {
	b := make([]byte, 0, len(`{"client_id":"","metadata":,"room_id":""}`)+len(clientID)+len(roomID)+len(metadata))
	b = codecstrands.AppendASCII(append(b, `{"client_id":`...), clientID)
	b = append(append(b, `,"metadata":`...), metadata...)
	b = codecstrands.AppendASCII(append(b, `,"room_id":`...), roomID)
	return Context{append(b, '}')}
}

// ConnectionOpened is the event `new_connection`.
func (c Context) ConnectionOpened() *codec.Frame {
	return codec.RawFrame(append(c.begin("new_connection", 0), "}}\n"...))
}

// Disconnected is the event `disconnected`.
func (c Context) Disconnected() *codec.Frame {
	return codec.RawFrame(append(c.begin("disconnected", 0), "}}\n"...))
}

// MessageReceived is the event `new_message`. Each byte of payload that is not part of valid UTF-8 is told as U+FFFD;
// that happens to binary messages only, which are told as they are beside it.
func (c Context) MessageReceived(payload []byte, binary bool) *codec.Frame {
	room := codecstrands.ASCIILen(payload)
	b64 := binary && !utf8.Valid(payload)
	if b64 {
		room += base64.StdEncoding.EncodedLen(len(payload))
	}
	b := append(c.begin("new_message", room+64), `,"message":`...)
	b = codecstrands.AppendASCII(b, payload)
	if binary {
		b = append(b, `,"binary":true`...)
	}
	if b64 {
		b = append(b, `,"message_b64":"`...)
		b = append(base64.StdEncoding.AppendEncode(b, payload), '"')
	}
	return codec.RawFrame(append(b, "}}\n"...))
}

// begin writes an event up to its context.
func (c Context) begin(action string, room int) []byte {
	b := appendHead(make([]byte, 0, 96+len(action)+len(c.text)+room), codec.NewID(), action)
	return append(append(b, `"context":`...), c.text...)
}

// appendHead writes an event up to the first of its parameters.
func appendHead(b []byte, id codec.ID, action string) []byte {
	b = id.AppendUUID(append(b, `{"request_id":"`...))
	b = append(append(b, `","action":"`...), action...)
	return append(b, `","params":{`...)
}

// BadLine is the event `error` for the sender of a line that was not understood.
func BadLine(problem string) *codec.Frame { return errorEvent(problem, []byte("{}")) }

func errorEvent(problem string, context []byte) *codec.Frame {
	b := appendHead(make([]byte, 0, 128+len(problem)+len(context)), codec.NewID(), "error")
	b = codecstrands.AppendASCII(append(b, `"error":`...), problem)
	b = append(append(b, `,"context":`...), context...)
	return codec.RawFrame(append(b, "}}\n"...))
}

var heartbeat = codec.RawFrame([]byte(`{"request_id":"heartbeat","action":"heartbeat","params":{}}` + "\n"))

// Heartbeat is the event `heartbeat`.
func Heartbeat() *codec.Frame { return heartbeat }

// AuthOK answers a backend that has said the right token.
func AuthOK(requestID string) *codec.Frame {
	b := codecstrands.AppendASCII([]byte(`{"request_id":`), requestID)
	return codec.RawFrame(append(b, `,"action":"auth_ok","params":{}}`+"\n"...))
}
