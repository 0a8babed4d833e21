package supervisor

import (
	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
	codecstrands "github.com/skeinhq/skein/codec/pystrands"
	"github.com/skeinhq/skein/supervisor/transport"
)

// backendsHandler connects the broker's port for backends with the actors.
type backendsHandler struct {
	s       *Server
	maxLine int
}

// OpenStream implements transport.StreamHandler.
func (h *backendsHandler) OpenStream(c *transport.Conn) transport.StreamReceiver {
	name := c.Request().Listener
	if a := c.Request().Addr; a.IsValid() {
		name = a.String()
	}
	b := h.s.ConnectBackend(c, name)
	if b == nil {
		return nil
	}
	r := &backendReceiver{backend: b, conn: c}
	r.lines.Init(h.maxLine)
	return r
}

// backendReceiver cuts what a backend sends into lines for its actor.
type backendReceiver struct {
	backend *actors.Backend
	conn    *transport.Conn
	lines   codecstrands.Splitter
}

// Data implements transport.StreamReceiver.
func (r *backendReceiver) Data(in []byte) { r.lines.Feed(in, r) }

// OnLines implements pystrands.Events.
func (r *backendReceiver) OnLines(m *codec.Message) {
	r.conn.Lend(m)
	r.backend.Lines(m)
}

// OnOversize implements pystrands.Events.
func (r *backendReceiver) OnOversize() { r.backend.Oversize() }

// EOF implements transport.StreamReceiver: a backend that says nothing more is gone.
func (r *backendReceiver) EOF() { r.conn.Abort(transport.CausePeerGone) }

// Closed implements transport.StreamReceiver.
func (r *backendReceiver) Closed(e transport.End) {
	r.lines.Release()
	r.backend.Closed(string(e.Cause))
}
