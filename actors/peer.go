package actors

import (
	"net/netip"
	"unique"
)

// Peer is what the transport knows of a connection when it is opened.
type Peer struct {
	// Out is the sending side.
	Out Outbox
	// IP is the client's address for limits and bans. It is invalid where there is none, as on unix sockets.
	IP netip.Addr
	// Agent is the client's User-Agent header, made with MakeAgent. The zero value means that there was none.
	Agent unique.Handle[string]
	// ClientIP is what CL4 tells its client.
	ClientIP string
	// Listener is the address that the connection came in on.
	Listener string
	// Cookie and LoginHeader are the request's Cookie and scratchsessionsid headers.
	Cookie, LoginHeader string
	// Header returns the values of a request header. It is nil unless plugins are loaded.
	Header func(name string) []string
}

// origin is what a session keeps of its Peer.
type origin struct {
	IP       netip.Addr
	Agent    unique.Handle[string]
	ClientIP string
	Listener string
	Header   func(name string) []string
}

func (p *Peer) origin() origin {
	return origin{IP: p.IP, Agent: p.Agent, ClientIP: p.ClientIP, Listener: p.Listener, Header: p.Header}
}

// causeSlowConsumer is the End.Cause of a client that did not read what it was sent.
const causeSlowConsumer = "slow_consumer"

// End says how a connection ended.
type End struct {
	Code   uint16
	Reason string
	Cause  string
}
