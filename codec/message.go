package codec

// Message is one whole inbound message: a reassembled, unmasked WebSocket message whose text was checked to be
// UTF-8.
//
// Its buffer belongs to whoever holds the Message. The holder calls Release exactly once, after which neither the
// Message nor any slice of its Payload may be used.
type Message struct {
	// Payload is the content. It may be changed in place until Release.
	Payload []byte
	// Binary tells a binary message from a text message.
	Binary bool

	credit Credit
}

// Credit is told when a message that it handed out has been dealt with, so that a reader can bound what is in
// flight between itself and the session.
type Credit interface {
	// Done is called once per message with the number of its payload bytes, from any goroutine. It must not block.
	Done(bytes int)
}
