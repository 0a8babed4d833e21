package supervisor

import (
	"net/http"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/pystrands"
	"github.com/skeinhq/skein/supervisor/transport"
)

// strandsHandler connects the broker's port for end clients with the actors.
type strandsHandler struct{ s *Server }

var _ transport.Asker = (*strandsHandler)(nil)

// Admit implements transport.Handler. It turns the request into what a backend is asked.
func (h *strandsHandler) Admit(r *transport.Request) *transport.Refusal {
	url, query, status := pystrands.URL(r.URI)
	switch status {
	case 0:
	case http.StatusNotFound:
		return &transport.Refusal{Status: status, Reason: "There is nothing here; WebSocket clients connect to /ws/ and below.", Cause: "path"}
	default:
		return &transport.Refusal{Status: status, Reason: "The path of the URL is not well-formed.", Cause: "path"}
	}
	if why, refused := h.s.policy.Banned(r.IP, r.Header.Get("User-Agent")); refused {
		return refusedBecause(why)
	}
	peer := r.Listener
	if r.Addr.IsValid() {
		peer = r.Addr.String()
	}
	r.Note = &pystrands.Request{URL: url, Query: query, Host: r.Header.Get("Host"), RemoteAddr: peer, Header: r.Header}
	return nil
}

// Open implements transport.Handler. Every client is asked for, so that it is never called.
func (h *strandsHandler) Open(*transport.Conn) transport.Receiver { return nil }

// Ask implements transport.Asker.
func (h *strandsHandler) Ask(c *transport.Conn, decide func(transport.Verdict)) transport.AskedReceiver {
	r := c.Request()
	about := r.Note.(*pystrands.Request)
	r.Note = nil // it is needed only until the answer
	peer := actors.Peer{Out: c, IP: r.IP, ClientIP: r.ClientIP, Listener: r.Listener, Agent: actors.MakeAgent(http.Header(about.Header).Get("User-Agent"))}
	return &strandReceiver{h.s.Ask(peer, about, func(v actors.Verdict) {
		out := transport.Verdict{Subprotocol: v.Subprotocol}
		if v.Status != 0 {
			out.Refusal = &transport.Refusal{Status: v.Status, Reason: v.Reason, Cause: v.Cause}
		}
		decide(out)
	})}
}

// strandReceiver hands what an end client sends to its session.
type strandReceiver struct{ *actors.AskedSession }

// Closed implements transport.Receiver.
func (r *strandReceiver) Closed(e transport.End) { r.AskedSession.Closed(endOf(e)) }

// endOf translates the end of a connection.
func endOf(e transport.End) actors.End {
	return actors.End{Code: e.Code, Reason: e.Reason, Cause: string(e.Cause)}
}
