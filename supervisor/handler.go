package supervisor

import (
	"net/http"
	"net/netip"
	"unique"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/supervisor/transport"
)

// textFull is what CloudLink tells a client that finds the server full, as a text and as the reason of the close.
const textFull = "Server is full!"

// reasonRejecting is what clients are told while nobody new is let in, as CloudLink 0.1.9 did.
const reasonRejecting = "Reject mode is enabled"

// handler connects the transport with the actors.
type handler struct{ s *Server }

// note is what Open needs of a request's headers, which are not kept. A request that says of itself only which program
// it comes from, as nearly all do, has the name of the program alone for a note.
type note struct {
	cookie, login string
	agent         program
}

// program is a User-Agent header.
type program = unique.Handle[string]

// Admit implements transport.Handler.
func (h *handler) Admit(r *transport.Request) *transport.Refusal {
	if !h.s.limits.admits(r.IP) {
		return &transport.Refusal{
			Status: http.StatusTooManyRequests,
			Reason: "too many connections from your address",
			Cause:  "per_ip",
		}
	}
	agent := r.Get("User-Agent")
	if why, refused := h.s.policy.Banned(r.IP, agent); refused {
		return h.refuseBanned(r, why)
	}
	n := note{r.Get("Cookie"), r.Get("Scratchsessionsid"), actors.MakeAgent(agent)}
	if n.cookie == "" && n.login == "" {
		r.Note = n.agent
	} else {
		r.Note = n
	}
	return nil
}

// Open implements transport.Handler.
func (h *handler) Open(c *transport.Conn) transport.Receiver {
	r := c.Request()
	if b, ok := r.Note.(banned); ok {
		c.Close(closeProjectUnavailable, b.why)
		return nil
	}
	if h.s.rejecting.Load() {
		h.s.Counters.RejectRefused.Add(1)
		c.Close(codeTryAgainLater, reasonRejecting)
		return nil
	}
	if !h.s.hasRoom(r.IP) {
		c.Send(codec.TextFrameString(textFull))
		c.Close(1000, textFull)
		return nil
	}
	p := actors.Peer{Out: c, IP: r.IP, ClientIP: r.ClientIP, Listener: r.Listener}
	switch n := r.Note.(type) {
	case program:
		p.Agent = n
	case note:
		p.Cookie, p.LoginHeader, p.Agent = n.cookie, n.login, n.agent
	}
	if r.Header != nil {
		p.Header = r.Header.Values
	}
	return &receiver{Session: h.s.Connect(p), s: h.s, conn: c}
}

// hasRoom counts a connection, or says in metrics and log that there are too many already.
func (s *Server) hasRoom(ip netip.Addr) bool {
	if s.limits.take(ip) {
		return true
	}
	s.Counters.FullRefused.Add(1)
	s.log.Info("Server full: Refused a new connection", "ip", ip)
	return false
}

// receiver hands what a connection receives to its session.
type receiver struct {
	*actors.Session
	s    *Server
	conn *transport.Conn
}

// Closed implements transport.Receiver.
func (r *receiver) Closed(e transport.End) {
	r.s.limits.release(r.conn.Request().IP)
	r.Session.Closed(endOf(e))
}
