// Package transport is the WebSocket side of the server: listeners, TLS, the upgrade, reading, outboxes, keepalive and
// the orderly end of connections (RFC 6455). It knows nothing of what is served; a Handler does.
//
// # The way of a message
//
// Listener.accept -> upgrade -> Handler.Open; then for each message reader -> Conn.feed -> Receiver.Message, and for each
// answer Conn.Send -> outbox -> flusher -> socket.
//
// # Readers
//
// On Linux a few pollers (poller_linux.go) read and write all plain connections: one goroutine each, an epoll descriptor
// each, no net.Conn. They accept handshakes, read, call Receivers and flush outboxes. An idle connection holds no
// goroutine and no buffer. Encrypted connections, and all connections elsewhere, are read by a goroutine each. Both
// readers give turns, in the sense of the reader interface, and end connections the same way.
//
// # Goroutines
//
// One per listener; one per poller, or one reader per connection and one flusher per processor; one per upgrade that
// takes more than one read, TLS or somebody's decision, for as long as it takes; one per connection without a poller
// whose socket is full, or that is encrypted and has something to write, until that is written; one keeper; one that
// watches certificates.
//
// # Locks
//
// In the order in which they may be held together: Server.mu, shard.mu, Conn.mu, poller.mu. flusher.mu and Counters.mu
// are leaves and are not taken under Conn.mu. No lock is held while a Handler or a Receiver is called.
package transport
