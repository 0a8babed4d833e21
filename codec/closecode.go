package codec

import "strconv"

// Close codes that this package uses (RFC 6455 section 7.4.1).
const (
	// CloseProtocolError is for input that is not WebSocket.
	CloseProtocolError uint16 = 1002
	// CloseNoStatus stands for a Close frame without a code. It is never sent.
	CloseNoStatus uint16 = 1005
	// CloseInvalidPayload is for text that is not UTF-8 and for data that cannot be inflated.
	CloseInvalidPayload uint16 = 1007
	// CloseTooBig is for a message above the limit.
	CloseTooBig uint16 = 1009
)

// CloseError says why a connection has to be closed and with what. It is immutable.
type CloseError struct {
	// Code is the code for the Close frame.
	Code uint16
	// Reason is the reason for the Close frame; short enough for it.
	Reason string
}

// Error implements error.
func (e *CloseError) Error() string {
	return "websocket: close " + strconv.Itoa(int(e.Code)) + ": " + e.Reason
}

// ValidCloseCode tells whether a Close frame may carry code (RFC 6455 section 7.4 and the IANA registry).
func ValidCloseCode(code uint16) bool {
	switch {
	case code < 1000:
		return false
	case code <= 1014:
		return code <= 1003 || code >= 1007
	}
	return code >= 3000 && code <= 4999
}

func protocolError(reason string) *CloseError {
	return &CloseError{Code: CloseProtocolError, Reason: reason}
}

var (
	errLengthMSB     = protocolError("frame length has its highest bit set")
	errLengthMinimal = protocolError("frame length is not encoded in the shortest form")
	errReservedBits  = protocolError("reserved header bits set")
	errClosePayload  = protocolError("close frame with a payload of one byte")
	errCloseCode     = protocolError("close code may not be sent")

	errUTF8       = &CloseError{Code: CloseInvalidPayload, Reason: "text is not UTF-8"}
	errBadDeflate = &CloseError{Code: CloseInvalidPayload, Reason: "data cannot be inflated"}
	errTooBig     = &CloseError{Code: CloseTooBig, Reason: "message too big"}
)
