package codec

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// maxControl is the limit on the payload of a control frame in bytes (RFC 6455 section 5.5).
const maxControl = ws.MaxControlFramePayloadSize

// MaxCloseReason is the limit on the reason of a Close frame in bytes.
const MaxCloseReason = maxControl - 2

// CloseFrame returns a whole Close frame for the socket. A reason that is too long is cut in front of the character
// that does not fit, and what is not UTF-8 in it becomes U+FFFD. With a code that may not be sent, such as 0 or
// CloseNoStatus, the frame has no payload.
func CloseFrame(code uint16, reason string) []byte {
	if !ValidCloseCode(code) {
		return AppendControl(nil, ws.OpClose, nil)
	}
	reason = cutReason(reason)
	payload := make([]byte, 2, 2+len(reason))
	binary.BigEndian.PutUint16(payload, code)
	return AppendControl(nil, ws.OpClose, append(payload, reason...))
}

// cutReason makes a reason fit into a Close frame.
func cutReason(reason string) string {
	if len(reason) > MaxCloseReason+utf8.UTFMax {
		reason = reason[:MaxCloseReason+utf8.UTFMax] // repairing may make it longer, never shorter
	}
	reason = strings.ToValidUTF8(reason, string(utf8.RuneError))
	if len(reason) <= MaxCloseReason {
		return reason
	}
	n := MaxCloseReason
	for !utf8.RuneStart(reason[n]) {
		n--
	}
	return reason[:n]
}

// PingFrame returns a whole ping frame for the socket with a copy of payload, of which 125 bytes are used at most.
func PingFrame(payload []byte) []byte { return AppendControl(nil, ws.OpPing, payload) }

// PongFrame returns a whole pong frame for the socket with a copy of payload, of which 125 bytes are used at most.
func PongFrame(payload []byte) []byte { return AppendControl(nil, ws.OpPong, payload) }

// AppendControl appends a whole control frame to dst. Of payload 125 bytes are used at most.
func AppendControl(dst []byte, op ws.OpCode, payload []byte) []byte {
	payload = payload[:min(len(payload), maxControl)]
	if dst == nil {
		dst = make([]byte, 0, 2+len(payload))
	}
	dst = append(dst, finBit|byte(op), byte(len(payload)))
	return append(dst, payload...)
}
