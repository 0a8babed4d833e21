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
	size   int    // payload bytes owed to credit
	store  []byte // the whole buffer that Payload is a part of, of length 0
	class  uint8  // pool that the message goes back to; 0: none
	free   bool   // released
}

// Credit is told when a message that it handed out has been dealt with, so that a reader can bound what is in
// flight between itself and the session.
type Credit interface {
	// Done is called once per message with the number of its payload bytes, from any goroutine. It must not block.
	Done(bytes int)
}

// NewMessage returns a message with a copy of payload. It has no Credit.
func NewMessage(payload []byte, binary bool) *Message {
	m := newMessage(len(payload))
	m.Payload = append(m.store, payload...)
	m.Binary = binary
	return m
}

// SetCredit has credit told of the message's present number of payload bytes when it is released. It is for readers
// that make messages without a Parser, and is called before the message is handed on.
func (m *Message) SetCredit(credit Credit) {
	m.credit, m.size = credit, len(m.Payload)
}

// Release gives the buffer back and tells the message's Credit, if it has one. It may be called on any goroutine.
// A second call is a mistake of the caller; it panics where it can be noticed.
func (m *Message) Release() {
	if m.free {
		panic("codec: message released twice")
	}
	credit, size := m.credit, m.size
	m.recycle()
	if credit != nil {
		credit.Done(size)
	}
}
