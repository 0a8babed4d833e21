package pystrands

import (
	"bytes"
	"strconv"

	"github.com/skeinhq/skein/codec"
	codecstrands "github.com/skeinhq/skein/codec/pystrands"
)

// Decision is what a backend's answer to a connection request comes to.
type Decision uint8

// The decisions.
const (
	Accept Decision = iota
	Refuse
	Unusable // the answer makes no sense
)

// Response is a backend's answer to a connection request.
type Response struct {
	Decision Decision
	// ClientID and RoomID are what the client shall be known as and where it belongs, where the answer says so.
	ClientID, RoomID       string
	HasClientID, HasRoomID bool
	// Metadata is a JSON text in ASCII, `{}` when the answer has none. It belongs to the caller.
	Metadata []byte
	// Subprotocol is what to agree on if the client has offered it. Empty means nothing.
	Subprotocol string
	// Problem says what is wrong with an Unusable answer.
	Problem string
}

func (l *Line) decodeResponse(p *parsed) {
	l.Kind = Respond
	l.RequestID, _ = textOf(codec.FieldValue(p.packet.RequestID)) // without one it answers nothing
	r, params := &l.Response, &p.params
	if !p.decodeParams() {
		r.unusable("`params` is not an object")
		return
	}
	if refuses(codec.FieldValue(params.Accepted)) {
		r.Decision = Refuse
		return
	}
	var ok bool
	if r.ClientID, r.HasClientID, ok = optionalID(codec.FieldValue(params.ClientID)); !ok {
		r.unusable("`client_id` is neither a string nor a number")
		return
	}
	if r.RoomID, r.HasRoomID, ok = optionalID(codec.FieldValue(params.RoomID)); !ok {
		r.unusable("`room_id` is neither a string nor a number")
		return
	}
	switch m := codec.FieldValue(params.Metadata); m.Kind() {
	case codec.KindAbsent, codec.KindNull:
		r.Metadata = []byte("{}")
	default:
		r.Metadata = codecstrands.AppendASCIIRaw(make([]byte, 0, len(m)), m)
	}
	r.Subprotocol, _ = textOf(codec.FieldValue(params.Subprotocol))
}

func (r *Response) unusable(problem string) { *r = Response{Decision: Unusable, Problem: problem} }

// optionalID is idOf where nothing and null are allowed too.
func optionalID(raw codec.Raw) (id string, has, ok bool) {
	switch raw.Kind() {
	case codec.KindAbsent, codec.KindNull:
		return "", false, true
	}
	id, ok = idOf(raw)
	return id, ok, ok
}

// refuses tells whether the value of `accepted` is false to Python. Nothing and null are not: the Python library of
// versions 0.1.x sends null for yes.
func refuses(raw codec.Raw) bool {
	switch raw.Kind() {
	case codec.KindBool:
		return raw[0] == 'f'
	case codec.KindNumber:
		n, _ := strconv.ParseFloat(string(raw), 64) // an error means infinity
		return n == 0
	case codec.KindString:
		return len(raw) == len(`""`)
	case codec.KindArray, codec.KindObject:
		return len(bytes.TrimSpace(raw[1:len(raw)-1])) == 0
	}
	return false
}
