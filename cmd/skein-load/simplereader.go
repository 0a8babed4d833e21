//go:build linux

package main

import wire "github.com/skeinhq/skein/codec/simpleserver"

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

func (r *simpleReader) feed(b []byte) error { return r.parser.Feed(b, r) }

// OnMessage implements simpleserver.Events.
func (r *simpleReader) OnMessage(m *wire.Message) {
	text, err := m.AppendLegacy(r.pool.text[:0])
	if err != nil {
		text = append(text, m.Body...) // headers that nobody could send are not looked at
	}
	r.pool.text = text
	r.pool.handler.received(r.conn, text)
}
