// Package pystrands holds the rules of the PyStrands broker: what its backends may say, what it says to them, and the
// paths that end clients connect to. It knows no sockets and no actors.
package pystrands

import (
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
	var p codecstrands.Packet
	if err := codec.CheckJSON(line, codec.MaxJSONDepth); err != nil {
		out.bad("the line is not JSON: " + err.Error())
		return
	}
	if codec.Raw(line).Kind() != codec.KindObject {
		out.bad("the line is not a JSON object")
		return
	}
	p.Reset()
	if err := p.UnmarshalJSON(line); err != nil {
		out.bad("the line is not JSON: " + err.Error())
		return
	}
	action, _ := codec.FieldValue(p.Action).Str()
	switch action {
	case "response":
		out.decodeResponse(&p)
	case "message_to_connection":
		out.decodeMessage(Private, "conn_id", codec.FieldValue(p.Params))
	case "message_to_room":
		out.decodeMessage(Room, "room_id", codec.FieldValue(p.Params))
	case "broadcast":
		out.decodeMessage(Broadcast, "", codec.FieldValue(p.Params))
	case "auth":
		out.decodeAuth(&p)
	}
}

func (l *Line) bad(problem string) { *l = Line{Kind: Bad, Problem: problem} }

// decodeParams returns false for anything but an object.
func decodeParams(raw codec.Raw, p *codecstrands.Params) bool {
	p.Reset()
	return raw.Kind() == codec.KindObject && p.UnmarshalJSON(raw) == nil
}

// decodeMessage reads the actions that make end clients get something. target is the key of where it goes.
func (l *Line) decodeMessage(kind Kind, target string, raw codec.Raw) {
	var p codecstrands.Params
	if !decodeParams(raw, &p) {
		l.bad("`params` is not an object")
		return
	}
	l.Kind = kind
	if target != "" {
		field := p.ConnID
		if kind == Room {
			field = p.RoomID
		}
		id, ok := idOf(codec.FieldValue(field))
		if !ok {
			l.bad("`" + target + "` is neither a string nor a number")
			return
		}
		l.Target = id
	}
	message := codec.FieldValue(p.Message)
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

func (l *Line) decodeAuth(p *codecstrands.Packet) {
	l.Kind = Auth
	l.RequestID, _ = textOf(codec.FieldValue(p.RequestID))
	var params codecstrands.Params
	if decodeParams(codec.FieldValue(p.Params), &params) {
		l.Token, _ = textOf(codec.FieldValue(params.Token))
	}
}
