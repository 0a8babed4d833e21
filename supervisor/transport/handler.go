package transport

import (
	"net/http"
	"net/netip"

	"github.com/skeinhq/skein/codec"
)

// Request is what is known of a client before the upgrade.
type Request struct {
	// Addr is the peer of the socket. It is invalid for unix sockets.
	Addr netip.AddrPort
	// IP is the client's address for limits and bans: the peer of the socket, or what a trusted proxy said of it.
	IP netip.Addr
	// ClientIP is the text that CL4 tells its client: the value of the real-ip header as it stands (several are
	// joined with a comma and a blank) when it is trusted and present, else the peer's address.
	ClientIP string
	// Listener is the address the connection came in on, as it was configured.
	Listener string
	// TLS tells whether the connection is encrypted.
	TLS bool
	// URI is the request target with its query.
	URI string
	// Header holds the request's headers. It belongs to the Request; it is nil unless Options.KeepHeaders is set, or
	// the Handler is an Asker that has not decided yet. Handler.Admit has Get.
	Header http.Header
	// Note is for the Handler: what Admit leaves here, Open finds in Conn.Request.
	Note any

	head *head // for Get, during Handler.Admit
}

// Get returns the first value of a header, empty when there is none. It works in Handler.Admit and wherever Header is
// there.
func (r *Request) Get(name string) string {
	if r.head == nil {
		return r.Header.Get(name)
	}
	value, _ := r.head.get(name)
	return string(value)
}

// Refusal is the answer to a client that is not let in: an HTTP status and a sentence that says why.
type Refusal struct {
	Status int    // HTTP status, 4xx or 5xx
	Reason string // plain text body
	Cause  string // label of the metric, such as "per_ip"
}

// Handler connects the transport with what is served on it. Its methods are called from many goroutines.
type Handler interface {
	// Admit is asked before the upgrade. nil lets the client in. It must not block. A client that was let in is not
	// opened when it hangs up first, so do not count here what only Receiver.Closed takes back.
	Admit(r *Request) *Refusal
	// Open is called once per upgraded connection, before anything is read from it. The Receiver gets everything
	// that comes in; nil means that Open has closed the connection itself, or that it shall be closed. It must not
	// block.
	Open(c *Conn) Receiver
}

// Receiver gets what one connection receives, from one goroutine at a time and in order. Neither method may block.
type Receiver interface {
	// Message takes ownership of m and must see to it that m.Release is called once. Until then m counts against
	// Options.MaxInFlightMessages and MaxInFlightBytes.
	Message(m *codec.Message)
	// Closed is the last call: nothing more will be received. It comes once, as soon as the connection cannot be read
	// any more or its end was decided by either side, Conn.Close included, which may be before the socket itself is
	// closed.
	Closed(end End)
}

// End says how a connection ended.
type End struct {
	// Code is the close code that was received or sent: 1005 when the client's Close frame had none, 1006 when the
	// connection broke without a Close frame.
	Code uint16
	// Reason is the text beside Code.
	Reason string
	// Cause is the label of the disconnect metric.
	Cause Cause
}
