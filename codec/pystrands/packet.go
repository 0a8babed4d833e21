// Package pystrands holds what the broker and the backends of PyStrands say to each other, one JSON object per line:
// the objects, decoded with generated code, the lines, and JSON text in ASCII.
package pystrands

import "github.com/skeinhq/skein/codec"

//go:generate go tool easyjson packet.go

// Packet is one line of a backend. Its values are raw slices of the line and live as long as it does; other keys are
// not kept, and of a key that comes twice the last one counts. As codec.Raw explains, nil means null and a pointer to
// an empty Raw that the key is missing. Call Reset before decoding.
//
//easyjson:json
type Packet struct {
	RequestID *codec.Raw `json:"request_id"`
	Action    *codec.Raw `json:"action"`
	Params    *codec.Raw `json:"params"`

	values [3]codec.Raw
}

// Reset makes the packet ready for decoding.
func (p *Packet) Reset() {
	p.values = [3]codec.Raw{}
	v := &p.values
	p.RequestID, p.Action, p.Params = &v[0], &v[1], &v[2]
}

// Params is the object `params` of a line, with the keys of all actions. Its values are as those of Packet. Call Reset
// before decoding.
//
//easyjson:json
type Params struct {
	Message *codec.Raw `json:"message"`
	ConnID  *codec.Raw `json:"conn_id"`
	RoomID  *codec.Raw `json:"room_id"`

	Accepted    *codec.Raw `json:"accepted"`
	ClientID    *codec.Raw `json:"client_id"`
	Metadata    *codec.Raw `json:"metadata"`
	Subprotocol *codec.Raw `json:"subprotocol"`
	Token       *codec.Raw `json:"token"`

	values [8]codec.Raw
}

// Reset makes the parameters ready for decoding.
func (p *Params) Reset() {
	p.values = [8]codec.Raw{}
	v := &p.values
	p.Message, p.ConnID, p.RoomID, p.Accepted = &v[0], &v[1], &v[2], &v[3]
	p.ClientID, p.Metadata, p.Subprotocol, p.Token = &v[4], &v[5], &v[6], &v[7]
}
