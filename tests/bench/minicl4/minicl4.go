// Package minicl4 is the little CloudLink 4 that the baseline servers speak. It understands messages as skein-load
// writes them, by their bytes, and is of no use with any other client.
package minicl4

import "bytes"

// A Kind is what a server has to do about a message.
type Kind int

// Kinds of messages.
const (
	Answer Kind = iota // answer with status 100
	Link               // join the room, then answer
	Fanout             // send the message as it is to all members of the room
)

// DefaultRoom is the room of clients that have joined none.
const DefaultRoom = "default"

var (
	gmsg     = []byte(`{"cmd":"gmsg",`)
	link     = []byte(`{"cmd":"link","val":["`)
	rooms    = []byte(`,"rooms":"`)
	listener = []byte(`,"listener":"`)
)

// Read tells the kind of msg and, where there is one, the room.
func Read(msg []byte) (Kind, []byte) {
	switch {
	case bytes.HasPrefix(msg, gmsg):
		return Fanout, text(msg, bytes.LastIndex(msg, rooms)+len(rooms))
	case bytes.HasPrefix(msg, link):
		return Link, text(msg, len(link))
	}
	return Answer, nil
}

// AppendAnswer appends the status code that answers msg.
func AppendAnswer(b, msg []byte) []byte {
	b = append(b, `{"cmd":"statuscode","code":"I:100 | OK","code_id":100`...)
	if at := bytes.LastIndex(msg, listener); at >= 0 {
		b = append(b, listener...)
		b = append(b, text(msg, at+len(listener))...)
		b = append(b, '"')
	}
	return append(b, '}')
}

// text is the string that starts at msg[at:], up to its quote.
func text(msg []byte, at int) []byte {
	msg = msg[min(at, len(msg)):]
	if end := bytes.IndexByte(msg, '"'); end >= 0 {
		return msg[:end]
	}
	return msg
}
