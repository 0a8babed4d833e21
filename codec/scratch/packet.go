// Package scratch holds what a client of Scratch cloud variables puts on the wire, decoded with generated code.
package scratch

import "github.com/skeinhq/skein/codec"

//go:generate go tool easyjson packet.go

// Packet is one inbound message. Its values are raw slices of the decoded text and live as long as it does; other
// keys are not kept. Of a key that comes twice the last one counts.
//
// A generated decoder leaves a plain field alone when the value is null, so that null could not be told from a
// missing key, nor win over an earlier value of the same key. It does set a pointer to nil. So each field points
// into the packet itself before decoding: still empty means absent, nil means null. Call Reset before decoding.
//
//easyjson:json
type Packet struct {
	Method    *codec.Raw `json:"method"`
	Name      *codec.Raw `json:"name"`
	NewName   *codec.Raw `json:"new_name"`
	Value     *codec.Raw `json:"value"`
	User      *codec.Raw `json:"user"`
	ProjectID *codec.Raw `json:"project_id"`

	values [6]codec.Raw
}

// Reset makes the packet ready for decoding.
func (p *Packet) Reset() {
	p.values = [6]codec.Raw{}
	v := &p.values
	p.Method, p.Name, p.NewName, p.Value, p.User, p.ProjectID = &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]
}
