// Package cl4 holds what a CloudLink 4 client puts on the wire, decoded with generated code.
package cl4

import "github.com/skeinhq/skein/codec"

//go:generate go tool easyjson packet.go

// Packet is one inbound CL4 message. Its values are raw slices of the decoded text and live as long as it does;
// keys that CL4 has no rule for are not kept.
//
// Generated decoders leave a plain field alone when the value is null, so that null could not be told from a
// missing key, nor win over an earlier value of the same key. They do set a pointer to nil. So each field points
// into the packet itself before decoding: still empty means absent, nil means null. Call Reset before decoding.
//
//easyjson:json
type Packet struct {
	Cmd      *codec.Raw `json:"cmd"`
	Val      *codec.Raw `json:"val"`
	Name     *codec.Raw `json:"name"`
	ID       *codec.Raw `json:"id"`
	Listener *codec.Raw `json:"listener"`
	Rooms    *codec.Raw `json:"rooms"`

	values [6]codec.Raw
}

// Reset makes the packet ready for decoding.
func (p *Packet) Reset() {
	p.values = [6]codec.Raw{}
	v := &p.values
	p.Cmd, p.Val, p.Name, p.ID, p.Listener, p.Rooms = &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]
}

// UserRef is a user object as a client writes it into `id` to name a recipient. Call Reset before decoding.
//
//easyjson:json
type UserRef struct {
	ID       *codec.Raw `json:"id"`
	UUID     *codec.Raw `json:"uuid"`
	Username *codec.Raw `json:"username"`

	values [3]codec.Raw
}

// Reset makes the reference ready for decoding.
func (r *UserRef) Reset() {
	r.values = [3]codec.Raw{}
	v := &r.values
	r.ID, r.UUID, r.Username = &v[0], &v[1], &v[2]
}

// List is an array whose elements are kept raw.
//
//easyjson:json
type List []codec.Raw
