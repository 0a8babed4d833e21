// Package cl4 is CloudLink 4 as values and tables: what a message is, which commands there are, what is wrong with
// a bad message, and how events are encoded. It knows neither sockets nor actors.
package cl4

import (
	"strings"
	"sync"

	"github.com/mailru/easyjson"

	"github.com/skeinhq/skein/codec"
	wire "github.com/skeinhq/skein/codec/cl4"
)

// MaxDepth is how deeply the values of a message may be nested. Anything deeper is answered like bad JSON.
const MaxDepth = 1000

// Message is one message of a client that passed the general validation. Its raw values are slices of the text it
// was decoded from and live as long as that text; Clone detaches them.
type Message struct {
	Cmd      string
	Val      codec.Raw // any JSON
	Name     codec.Raw // a string
	ID       codec.Raw // a string, an object or an array
	Listener codec.Raw // a string, a number or a boolean
	Rooms    codec.Raw // a string, a number, a boolean or an array

	// Text is the whole message, which is an object. It is where plugins find keys that CL4 itself does not know;
	// Get and Decode read it.
	Text codec.Raw
}

// Clone returns a copy that owns its values. Handlers that answer later keep a clone.
func (m *Message) Clone() Message {
	c := Message{Cmd: string([]byte(m.Cmd))}
	buf := make([]byte, 0, len(m.Val)+len(m.Name)+len(m.ID)+len(m.Listener)+len(m.Rooms)+len(m.Text))
	for _, f := range []struct {
		dst *codec.Raw
		src codec.Raw
	}{{&c.Val, m.Val}, {&c.Name, m.Name}, {&c.ID, m.ID}, {&c.Listener, m.Listener}, {&c.Rooms, m.Rooms}, {&c.Text, m.Text}} {
		if f.src == nil {
			continue
		}
		n := len(buf)
		buf = append(buf, f.src...)
		*f.dst = buf[n:len(buf):len(buf)]
	}
	return c
}

// Decode reads one message into m and applies the general validation, in CloudLink's order of checks. The returned
// Refusal holds the answer for a client that has been identified.
func Decode(text []byte, m *Message) *Refusal {
	if len(text) == 0 {
		const details = "Your client has sent an empty message."
		return &Refusal{Kind: EmptyMessage, Packet: StatusPacket{Status: StatusEmptyPacket, Details: Text(details)}, Details: details}
	}
	if err := codec.CheckJSON(text, MaxDepth); err != nil {
		return &Refusal{
			Kind:    JSONError,
			Packet:  StatusPacket{Status: StatusJSONError, Details: Text("A JSON error was raised: " + err.Error())},
			Details: err.Error(),
		}
	}
	if !isObject(text) {
		return refuseSyntax(Text("A message must be an object."), nil)
	}
	p := packets.Get().(*wire.Packet)
	defer packets.Put(p)
	p.Reset()
	if err := easyjson.Unmarshal(text, p); err != nil {
		// CheckJSON lets nothing through that the decoder refuses; should they ever disagree, this is the answer.
		return &Refusal{
			Kind:    JSONError,
			Packet:  StatusPacket{Status: StatusJSONError, Details: Text("A JSON error was raised: " + err.Error())},
			Details: err.Error(),
		}
	}
	*m = Message{
		Val:      codec.FieldValue(p.Val),
		Name:     codec.FieldValue(p.Name),
		ID:       codec.FieldValue(p.ID),
		Listener: codec.FieldValue(p.Listener),
		Rooms:    codec.FieldValue(p.Rooms),
		Text:     text,
	}
	cmd := codec.FieldValue(p.Cmd)
	if details := checkGeneral(cmd, m); details != nil {
		return refuseSyntax(details, m.Answerable())
	}
	m.Cmd = commandName(cmd)
	return nil
}

var packets = sync.Pool{New: func() any { return new(wire.Packet) }}

// isObject tells whether valid JSON is an object.
func isObject(text []byte) bool {
	for _, c := range text {
		switch c {
		case ' ', '\t', '\n', '\r':
			continue
		}
		return c == '{'
	}
	return false
}

// commandName decodes the name without an allocation where it is one of the built-in commands.
func commandName(cmd codec.Raw) string {
	if name, ok := builtin[string(cmd)]; ok {
		return name
	}
	name, _ := cmd.Str()
	return strings.Clone(name)
}

// builtin maps the JSON of each built-in command's name to the name.
var builtin = func() map[string]string {
	m := make(map[string]string, len(Commands))
	for i := range Commands {
		m[`"`+Commands[i].Name+`"`] = Commands[i].Name
	}
	return m
}()

// Answerable is the listener if it is of a type that answers may repeat.
func (m *Message) Answerable() codec.Raw {
	switch m.Listener.Kind() {
	case codec.KindString, codec.KindNumber, codec.KindBool:
		return m.Listener
	}
	return nil
}
