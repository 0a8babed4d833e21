package pystrands

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"

	codecstrands "github.com/skeinhq/skein/codec/pystrands"
)

// Context tells which end client an event is about. It is safe for use by many goroutines and may be kept.
type Context struct {
	// ClientID and RoomID are what the connection request was answered with.
	ClientID, RoomID string

	metadata []byte
	conn     *conn
}

// RawMetadata is the JSON text of what the connection request was answered with, with numbers as they were written. It
// must not be changed.
func (c *Context) RawMetadata() json.RawMessage { return c.metadata }

// DecodeMetadata stores the metadata in what v points to, as json.Unmarshal does.
func (c *Context) DecodeMetadata(v any) error { return json.Unmarshal(c.metadata, v) }

// Metadata returns the metadata if it is an object, else an empty map. Numbers are json.Number, so that large ones
// survive. Each call makes a new map.
func (c *Context) Metadata() map[string]any {
	m := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(c.metadata))
	d.UseNumber()
	if err := d.Decode(&m); err != nil || m == nil {
		return map[string]any{}
	}
	return m
}

// Reply sends a message to the end client, over the connection on which it was heard of.
func (c *Context) Reply(message string) error {
	return c.conn.act("message_to_connection", "conn_id", c.ClientID, message)
}

// ReplyToRoom sends a message to the end client's room, over the connection on which it was heard of.
func (c *Context) ReplyToRoom(message string) error {
	return c.conn.act("message_to_room", "room_id", c.RoomID, message)
}

func (c *conn) context(e *codecstrands.EventContext) *Context {
	return &Context{ClientID: e.ClientID, RoomID: e.RoomID, metadata: bytes.Clone(e.Metadata), conn: c}
}

// Message is what an end client has sent.
type Message struct {
	// Text is the message; of a binary one, with U+FFFD for what is not UTF-8.
	Text string
	// Binary tells a binary message.
	Binary bool

	base64 string
}

// Bytes returns the message as it was sent.
func (m Message) Bytes() []byte {
	if m.base64 != "" {
		if b, err := base64.StdEncoding.DecodeString(m.base64); err == nil {
			return b
		}
	}
	return []byte(m.Text)
}

// ConnectionRequest is an end client that wants to be let in. A callback changes the last fields to say whether, and as
// what.
type ConnectionRequest struct {
	// Headers are those of the request, without Host.
	Headers http.Header
	// URL is the path, unescaped; Query is what followed it, without the question mark.
	URL, Query string
	// Host is what the client connected to, RemoteAddr where it comes from, as HOST:PORT.
	Host, RemoteAddr string

	// ClientID is a fresh UUID and RoomID is the URL unless they are changed.
	ClientID, RoomID string
	// Metadata is anything that encoding/json can encode. Every later event of the client has it.
	Metadata any
	// Subprotocol is agreed on if the client has offered it.
	Subprotocol string
	// Accepted is true unless it is changed.
	Accepted bool
}
