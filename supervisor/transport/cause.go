package transport

// Cause is why a connection ended, as the disconnect metric counts it.
type Cause string

// The causes. Every connection that was opened ends with one of them.
const (
	CausePeerClosed   Cause = "peer_closed"   // the client sent a Close frame
	CausePeerGone     Cause = "peer_gone"     // EOF or reset without a Close frame
	CauseServerClosed Cause = "server_closed" // a session, a plugin or an operator closed it
	CauseSlowConsumer Cause = "slow_consumer" // the outbox was full
	CausePongTimeout  Cause = "pong_timeout"  // no pong came
	CauseProtocol     Cause = "protocol"      // bad framing, bad UTF-8 or too large a message
	CauseDrain        Cause = "drain"         // the server is stopping
)
