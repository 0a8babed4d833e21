// Package rawtest shows that generated decoders and codec.Raw together keep null, missing and repeated keys apart.
package rawtest

import "github.com/skeinhq/skein/codec"

//go:generate go tool easyjson packet.go

// Packet is declared as codec.Raw asks for.
//
//easyjson:json
type Packet struct {
	Val   *codec.Raw  `json:"val"`
	Plain codec.Raw   `json:"plain,omitempty"` // what goes wrong otherwise
	List  []codec.Raw `json:"list,omitempty"`

	val codec.Raw
}

// Reset makes the packet ready for decoding.
func (p *Packet) Reset() {
	*p = Packet{}
	p.Val = &p.val
}
