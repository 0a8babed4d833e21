//go:build linux

package main

import (
	"bytes"

	wire "github.com/skeinhq/skein/codec/simpleserver"
)

// A simpleReader cuts SimpleServer's messages out of what one client reads and hands them on as text. What the server
// sends before it knows that the client wants lengths has none; such messages end where the next begins.
type simpleReader struct {
	pool   *pool
	conn   *conn
	parser wire.Parser
}

// simpleLimits are those of messages from the server; they are there to find nonsense, not to bound what is tested.
var simpleLimits = &wire.Limits{MaxMessage: 64 << 20}

func newSimpleReader(p *pool, c *conn) *simpleReader {
	r := &simpleReader{pool: p, conn: c}
	r.parser.Init(simpleLimits)
	return r
}

// feed takes what was read. Whole messages with a length need no parser and are handed on where they are.
func (r *simpleReader) feed(b []byte) error {
	for r.parser.Pending() == 0 && r.conn.state != stateClosed {
		n := framedSize(b)
		if n == 0 || n > len(b) || !r.parser.Framed() {
			break
		}
		r.pool.handler.received(r.conn, b[:n])
		b = b[n:]
	}
	return r.parser.Feed(b, r)
}

// framedSize is the size of the message at the start of b, 0 if it has no length or its head is not all there.
func framedSize(b []byte) int {
	digits, ok := bytes.CutPrefix(b, []byte("$@len:"))
	if !ok {
		return 0
	}
	size := 0
	for i, c := range digits[:min(len(digits), 10)] {
		if c < '0' || c > '9' {
			if head := bytes.IndexByte(digits[i:], '%'); i > 0 && c == '|' && head > 0 {
				return len(b) - len(digits) + i + head + 1 + size
			}
			return 0
		}
		size = 10*size + int(c-'0')
	}
	return 0
}

// OnMessage implements simpleserver.Events.
func (r *simpleReader) OnMessage(m *wire.Message) {
	text, err := m.AppendFramed(r.pool.text[:0])
	if err != nil {
		text = append(text, m.Body...) // headers that nobody could send are not looked at
	}
	r.pool.text = text
	r.pool.handler.received(r.conn, text)
}
