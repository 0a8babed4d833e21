//go:build linux

package main

import (
	"bytes"
	"fmt"

	wire "github.com/skeinhq/skein/codec/simpleserver"
)

// simpleServer speaks SimpleServer's messages with a length, to the demo that `skein simpleserver-demo` runs: it sends
// a message with the header cmd=broadcast to everybody, and every other one back. Bodies also say this by their first
// byte, for the backend of a server that relays SimpleServer's clients to PyStrands; it answers without headers.
type simpleServer struct{ markFinder }

var simpleServerTraits = traits{framing: lengthHeader, numbering: hexMarks, fanout: true, toSender: true, requests: true,
	url: "tcp://127.0.0.1:8080"}

func newSimpleServer(*Config) dialect { return &simpleServer{markFinder{numbering: hexMarks}} }

func (d *simpleServer) Traits() *traits { return &simpleServerTraits }

func (d *simpleServer) Path(seat) string { return "" }

// simpleMessage encodes a message with one header. Headers and bodies are the harness's own, which can be encoded.
func simpleMessage(header, value string, body []byte) []byte {
	m := wire.Message{Headers: []wire.Header{{Name: header, Value: value}}, Body: body}
	b, err := m.AppendFramed(nil)
	if err != nil {
		panic(err)
	}
	return b
}

// simpleHello is a client's first message; its body is that of a backend's answer.
var (
	simpleHello = simpleMessage("handshake", "", helloBody)
	helloBody   = []byte{forSender, 'h', 'i'}
)

func (d *simpleServer) Join(seat) []joinStep { return []joinStep{{simpleHello, 1}} }

func (d *simpleServer) Answer(payload []byte) (bool, error) {
	return hasHeader(payload, "handshake") || bytes.HasSuffix(payload, helloBody), d.Check(payload)
}

func (d *simpleServer) message(header, value string, kind byte, size int) *template {
	pad := hexMarks.padding(size - 1)
	body := append(append([]byte{kind}, hexMarks.blank...), pad...)
	return newTemplate(lengthHeader, hexMarks, simpleMessage(header, value, body), pad)
}

func (d *simpleServer) Message(_ seat, _, size int) *template {
	return d.message("cmd", "broadcast", forRoom, size)
}

func (d *simpleServer) Request(_ seat, size int) *template {
	return d.message("request", "load", forSender, size)
}

func (d *simpleServer) Find(payload []byte) (mark, []byte, bool) { return d.find(payload) }

func (d *simpleServer) Check(payload []byte) error {
	if hasHeader(payload, "error") {
		return fmt.Errorf("the server answered %s", clip(payload))
	}
	return nil
}

// hasHeader says whether the first header behind the length is the named one.
func hasHeader(payload []byte, name string) bool {
	_, rest, _ := bytes.Cut(payload, []byte{'|'})
	return bytes.HasPrefix(rest, []byte(name+":"))
}
