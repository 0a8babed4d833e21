//go:build linux

package main

// A framing is how messages are cut on a connection.
type framing uint8

const (
	webSocket    framing = iota // an upgrade, then frames of RFC 6455
	lengthHeader                // SimpleServer's messages with a length, on bare TCP
)

// scheme is what URLs of servers begin with.
func (f framing) scheme() string {
	if f == lengthHeader {
		return "tcp"
	}
	return "ws"
}

// append appends a message as a client sends it. SimpleServer's dialect makes its messages whole by itself.
func (f framing) append(b, payload []byte) []byte {
	if f == lengthHeader {
		return append(b, payload...)
	}
	return appendFrame(b, opText, payload)
}
