// Package transport is the WebSocket side of the server: listeners, TLS, the upgrade, reading, outboxes, keepalive and
// the orderly end of connections (RFC 6455). It knows nothing of what is served; a Handler does.
//
// # The way of a message
//
// Listener.accept -> Server.upgrade -> Handler.Open; then for each message reader -> Conn.feed -> Receiver.Message, and
// for each answer Conn.Send -> outbox -> flusher -> socket.
//
// # Goroutines
//
// One per listener; one per upgrade, for as long as it takes; one reader per connection (the portable reader); one per
// connection whose socket is full, or that is encrypted and has something to write, until that is written; one flusher
// per processor; one keeper; one that watches certificates.
//
// # Locks
//
// In the order in which they may be held together: Server.mu, shard.mu, Conn.mu. flusher.mu and Counters.mu are leaves
// and are not taken under Conn.mu. No lock is held while a Handler or a Receiver is called.
package transport
