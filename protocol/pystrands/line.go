// Package pystrands holds the rules of the PyStrands broker: what its backends may say, what it says to them, and the
// paths that end clients connect to. It knows no sockets and no actors.
package pystrands

import (
	"sync"
	"unicode/utf8"

	"github.com/skeinhq/skein/codec"
	codecstrands "github.com/skeinhq/skein/codec/pystrands"
)

// Kind is what a line of a backend asks for.
type Kind uint8

// The kinds of lines.
const (
	Ignored   Kind = iota // an action that means nothing to the broker
	Bad                   // not understood; its sender gets an error event
	Respond               // the answer to a connection request
	Private               // a message to a client
	Room                  // a message to a room
	Broadcast             // a message to all clients
	Auth                  // the backend's token
)

// Line is a decoded line of a backend. Nothing of it refers to the text that it was decoded from.
type Line struct {
	Kind Kind
	// RequestID is what Respond answers, and what the answer to Auth repeats.
	RequestID string
	// Target is the client of Private or the room of Room.
	Target string
	// Frame is the message of Private, Room and Broadcast, ready to be sent.
	Frame *codec.Frame
	// Response is that of Respond.
	Response Response
	// Token is that of Auth.
	Token string
	// Problem says what is wrong with a Bad line.
	Problem string
}

// Decode reads a line without its newline. It takes whatever comes: what it does not understand is Bad. It is safe for
// use by many goroutines, each with its own Line.
func Decode(line []byte, out *Line) {
	*out = Line{}
	if err := codec.CheckJSON(line, codec.MaxJSONDepth); err != nil {
		out.bad("the line is not JSON: " + err.Error())
		return
	}
	if codec.Raw(line).Kind() != codec.KindObject {
		out.bad("the line is not a JSON object")
		return
	}
	p := parsedPool.Get().(*parsed)
	out.decode(line, p)
	p.packet.Reset() // it keeps nothing of the line
	p.params.Reset()
	parsedPool.Put(p)
}

// parsed is a line in parts. It points at itself, so that it is never on the stack.
type parsed struct {
	packet codecstrands.Packet
	params codecstrands.Params
}

var parsedPool = sync.Pool{New: func() any { return new(parsed) }}

func (l *Line) decode(line []byte, p *parsed) {
	p.packet.Reset()
	if err := p.packet.UnmarshalJSON(line); err != nil {
		l.bad("the line is not JSON: " + err.Error())
		return
	}
	var room [32]byte // for the names of all actions
	action, _ := codec.FieldValue(p.packet.Action).AppendStr(room[:0])
	switch string(action) {
	case "response":
		l.decodeResponse(p)
	case "message_to_connection":
		l.decodeMessage(Private, "conn_id", p)
	case "message_to_room":
		l.decodeMessage(Room, "room_id", p)
	case "broadcast":
		l.decodeMessage(Broadcast, "", p)
	case "auth":
		l.decodeAuth(p)
	}
}

func (l *Line) bad(problem string) { *l = Line{Kind: Bad, Problem: problem} }

// decodeParams reads the parameters. It returns false for anything but an object.
func (p *parsed) decodeParams() bool {
	p.params.Reset()
	raw := codec.FieldValue(p.packet.Params)
	return raw.Kind() == codec.KindObject && p.params.UnmarshalJSON(raw) == nil
}

// decodeMessage reads the actions that make end clients get something. target is the key of where it goes.
func (l *Line) decodeMessage(kind Kind, target string, p *parsed) {
	if !p.decodeParams() {
		l.bad("`params` is not an object")
		return
	}
	l.Kind = kind
	if target != "" {
		field := p.params.ConnID
		if kind == Room {
			field = p.params.RoomID
		}
		id, ok := idOf(codec.FieldValue(field))
		if !ok {
			l.bad("`" + target + "` is neither a string nor a number")
			return
		}
		l.Target = id
	}
	message := codec.FieldValue(p.params.Message)
	switch message.Kind() {
	case codec.KindAbsent, codec.KindNull:
		l.bad("there is no `message`")
		return
	case codec.KindString:
		buf, _ := message.AppendStr(codec.NewFrameBuffer(len(message)))
		l.Frame = codec.FinishText(validFrame(buf))
	default:
		l.Frame = codec.FinishText(validFrame(append(codec.NewFrameBuffer(len(message)), message...)))
	}
}

// validFrame replaces each byte of a frame buffer's payload that is not part of valid UTF-8 by U+FFFD.
func validFrame(buf []byte) []byte {
	payload := buf[codec.HeaderRoom:]
	if utf8.Valid(payload) {
		return buf
	}
	return appendValid(codec.NewFrameBuffer(len(payload)+utf8.UTFMax), payload)
}

func appendValid(dst, s []byte) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		dst = utf8.AppendRune(dst, r)
		s = s[n:]
	}
	return dst
}

// idOf reads the id of a client or a room: a string, or a number as it is written.
func idOf(raw codec.Raw) (string, bool) {
	switch raw.Kind() {
	case codec.KindString:
		return textOf(raw)
	case codec.KindNumber:
		return string(raw), true
	}
	return "", false
}

// textOf is Str with valid UTF-8.
func textOf(raw codec.Raw) (string, bool) {
	s, ok := raw.Str()
	if ok && !utf8.ValidString(s) {
		s = string(appendValid(nil, []byte(s)))
	}
	return s, ok
}

func (l *Line) decodeAuth(p *parsed) {
	l.Kind = Auth
	l.RequestID, _ = textOf(codec.FieldValue(p.packet.RequestID))
	if p.decodeParams() {
		l.Token, _ = textOf(codec.FieldValue(p.params.Token))
	}
}
