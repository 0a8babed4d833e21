package codec

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// HeaderRoom is the space that a frame buffer keeps free in front of the payload: the longest header of an
// unmasked WebSocket frame (RFC 6455 section 5.2).
const HeaderRoom = 10

// Frame is one outbound message, encoded for the wire once and shared by everybody who receives it.
//
// A Frame is immutable after it was made: outboxes keep a reference, not a copy, so nobody may change the bytes.
// It is safe for use by many goroutines.
type Frame struct {
	wire []byte // header and payload, nothing else
	head uint8  // length of the header

	deflated deflated // the compressed form, made when the first compressing connection asks for it
}

// NewFrameBuffer returns an empty buffer whose first HeaderRoom bytes are reserved for the frame header.
// Append the payload to it and hand it to FinishText or FinishBinary.
func NewFrameBuffer(payloadCap int) []byte {
	return make([]byte, HeaderRoom, HeaderRoom+payloadCap)
}

// FinishText makes a text frame of a buffer from NewFrameBuffer. It takes ownership of buf.
func FinishText(buf []byte) *Frame { return finish(ws.OpText, buf) }

// FinishBinary makes a binary frame of a buffer from NewFrameBuffer. It takes ownership of buf.
func FinishBinary(buf []byte) *Frame { return finish(ws.OpBinary, buf) }

// TextFrame returns a text frame with a copy of payload.
func TextFrame(payload []byte) *Frame {
	return FinishText(append(NewFrameBuffer(len(payload)), payload...))
}

// TextFrameString is TextFrame for a string.
func TextFrameString(payload string) *Frame {
	return FinishText(append(NewFrameBuffer(len(payload)), payload...))
}

// BinaryFrame returns a binary frame with a copy of payload.
func BinaryFrame(payload []byte) *Frame {
	return FinishBinary(append(NewFrameBuffer(len(payload)), payload...))
}

// RawFrame returns a frame that is written as it is, without a WebSocket header. It takes ownership of wire.
func RawFrame(wire []byte) *Frame { return &Frame{wire: wire} }

// JoinFrames returns one frame that is written as all of them, one behind the other: nil for none, and the frame
// itself for one. More than one are never compressed.
func JoinFrames(frames []*Frame) *Frame {
	switch len(frames) {
	case 0:
		return nil
	case 1:
		return frames[0]
	}
	size := 0
	for _, f := range frames {
		size += f.Len()
	}
	wire := make([]byte, 0, size)
	for _, f := range frames {
		wire = append(wire, f.wire...)
	}
	return RawFrame(wire)
}

// Wire returns the bytes for the socket. They must not be changed.
func (f *Frame) Wire() []byte { return f.wire }

// Payload returns the message without its header. It must not be changed.
func (f *Frame) Payload() []byte { return f.wire[f.head:] }

// Len is the number of bytes that the frame takes on the wire.
func (f *Frame) Len() int { return len(f.wire) }

func finish(op ws.OpCode, buf []byte) *Frame {
	wire, head := putHeader(op, buf)
	return &Frame{wire: wire, head: head}
}

// putHeader writes a header for everything behind HeaderRoom directly in front of it.
func putHeader(op ws.OpCode, buf []byte) (wire []byte, head uint8) {
	n := len(buf) - HeaderRoom
	switch {
	case n <= 125:
		head = 2
	case n <= 0xffff:
		head = 4
	default:
		head = 10
	}
	wire = buf[HeaderRoom-int(head):]
	wire[0] = 0x80 | byte(op)
	switch head {
	case 2:
		wire[1] = byte(n)
	case 4:
		wire[1] = 126
		binary.BigEndian.PutUint16(wire[2:], uint16(n))
	default:
		wire[1] = 127
		binary.BigEndian.PutUint64(wire[2:], uint64(n))
	}
	return wire, head
}
