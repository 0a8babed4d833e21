// Package simpleserver is for programs whose clients and servers send each other messages with headers and a body over
// plain TCP: a Server with a tick, and a Client. Both speak with what uses SimpleServer's Python library too.
package simpleserver

import (
	"github.com/skeinhq/skein/codec/simpleserver"
)

// Message is an ordered list of headers and a body: codec/simpleserver.Message, whose methods are Add, Get, Has and Check. It is not safe for use by several goroutines while one of them
// changes it.
type Message = simpleserver.Message

// Header is one header of a Message. A header without a value has the value "".
type Header = simpleserver.Header

// NewMessage returns a message with a body and no headers; Add appends some.
func NewMessage(body string) *Message { return &Message{Body: []byte(body)} }

// EncodeError says why a message cannot be encoded. Its Name is fit to be sent to a peer.
type EncodeError = simpleserver.Error
