package transport

// Cause is why a connection ended, as the disconnect metric counts it.
type Cause string

// The causes. Every connection that was opened ends with one of them.
const (
	CausePeerClosed   Cause = "peer_closed"   // the client sent a Close frame
	CausePeerGone     Cause = "peer_gone"     // EOF or reset without a Close frame
	CauseServerClosed Cause = "server_closed" // a session, a plugin or an operator closed it
	CauseSlowConsumer Cause = "slow_consumer" // the outbox was full, or the client took nothing for too long
	CausePongTimeout  Cause = "pong_timeout"  // no pong came
	CauseProtocol     Cause = "protocol"      // bad framing, bad UTF-8 or too large a message
	CauseDrain        Cause = "drain"         // the server is stopping
)

// Close codes that the transport itself uses (RFC 6455 section 7.4.1).
const (
	codeNormal    = 1000
	codeNoStatus  = 1005 // the peer's Close frame had no code; never sent
	codeAbnormal  = 1006 // there was no Close frame; never sent
	codePolicy    = 1008
	codeInternal  = 1011
	reasonSlow    = "slow consumer"
	reasonNoPong  = "keepalive ping timeout"
	reasonRefused = "not served"
	codeGoingAway = 1001
)
