package codec

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// Bits of a frame header's first two bytes (RFC 6455 section 5.2).
const (
	finBit  = 0x80
	rsv1    = 0x40
	rsvBits = 0x70
	opBits  = 0x0f
	maskBit = 0x80
)

// maxHeader is the length of the longest header of a masked frame.
const maxHeader = 14

// header is the header of an inbound frame.
type header struct {
	length int64
	mask   [4]byte
	op     ws.OpCode
	fin    bool
	packed bool // RSV1: the message that begins here is compressed
}

// frameOp is the opcode of a frame that begins with wire.
func frameOp(wire []byte) ws.OpCode { return ws.OpCode(wire[0] & opBits) }

// parseHeader reads the header at the start of b and returns its length, or 0 when b does not hold all of it yet.
// What can be refused is refused as soon as it is there.
func (p *Parser) parseHeader(b []byte, h *header) (int, *CloseError) {
	if len(b) < 2 {
		return 0, nil
	}
	rsv := b[0] & rsvBits
	short := int64(b[1] &^ maskBit)
	h.op = ws.OpCode(b[0] & opBits)
	h.fin = b[0]&finBit != 0
	h.packed = rsv == rsv1
	if rsv != 0 && !(h.packed && p.opts.Compression && (h.op == ws.OpText || h.op == ws.OpBinary)) {
		return 0, errReservedBits
	}
	state := ws.StateServerSide
	if p.state&stFragmented != 0 {
		state = state.Set(ws.StateFragmented)
	}
	// The length is not known yet, but its short form already is above what a control frame may have.
	err := ws.CheckHeader(ws.Header{Fin: h.fin, OpCode: h.op, Masked: b[1]&maskBit != 0, Length: short}, state)
	if err != nil {
		return 0, protocolError(err.Error())
	}

	n := 2
	h.length = short
	switch short {
	case 126:
		n += 2
		if len(b) < n {
			return 0, nil
		}
		h.length = int64(binary.BigEndian.Uint16(b[2:]))
		if h.length <= 125 {
			return 0, errLengthMinimal
		}
	case 127:
		n += 8
		if len(b) < n {
			return 0, nil
		}
		h.length = int64(binary.BigEndian.Uint64(b[2:]))
		if h.length < 0 {
			return 0, errLengthMSB
		}
		if h.length <= 0xffff {
			return 0, errLengthMinimal
		}
	}
	if !h.op.IsControl() && h.length > int64(p.room(h.packed)) {
		return 0, errTooBig
	}
	if len(b) < n+4 {
		return 0, nil
	}
	h.mask = [4]byte(b[n:])
	return n + 4, nil
}
