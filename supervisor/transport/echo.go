package transport

import "github.com/skeinhq/skein/codec"

// EchoHandler lets everybody in and sends every message back as it is, text as text and binary as binary.
type EchoHandler struct{}

// Admit implements Handler.
func (EchoHandler) Admit(*Request) *Refusal { return nil }

// Open implements Handler.
func (EchoHandler) Open(c *Conn) Receiver { return echo{c} }

type echo struct{ c *Conn }

func (e echo) Message(m *codec.Message) {
	if m.Binary {
		e.c.Send(codec.BinaryFrame(m.Payload))
	} else {
		e.c.Send(codec.TextFrame(m.Payload))
	}
	m.Release()
}

func (echo) Closed(End) {}
