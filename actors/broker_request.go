package actors

import (
	"time"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/pystrands"
)

// request is an end client that waits to be let in.
type request struct {
	from  *Ref
	about *pystrands.Request
	line  *codec.Frame // asks a backend; the same for each that is asked
	asked *backend     // nil: none yet
	timer *time.Timer  // for the whole time
	again *time.Timer  // for an answer over another connection, when the asked backend is gone
}

func (r *request) stop() {
	if r.timer != nil {
		r.timer.Stop()
	}
	if r.again != nil {
		r.again.Stop()
	}
}

// refusal is a way to refuse an end client.
type refusal struct {
	result int // index of BrokerCounters.Results
	status int // HTTP status
	code   uint16
	cause  string
	reason string // for the client
	advice string // for the operator; empty: nothing to be done
}

var (
	refusedByBackend = &refusal{resultRefused, 403, 4403, "refused", "The application does not let you in.", ""}
	refusedNoBackend = &refusal{resultNoBackend, 503, 4503, "no_backend", "No backend is attached.",
		"Clients are refused with 503: no backend is attached. Start one, and see that it connects to the backend port."}
	refusedTimeout = &refusal{resultTimeout, 504, 4504, "backend_timeout", "The backend did not answer in time.",
		"Clients are refused with 504: a backend did not answer their connection requests in time. " +
			"See whether its connection request handler hangs, or allow more with request-timeout."}
	refusedBadResponse = &refusal{resultBadResponse, 502, 4502, "bad_response", "The backend's answer makes no sense.",
		"Clients are refused with 502: a backend answers their connection requests with something unusable. " +
			"The error event that it was sent says what."}
	refusedDuplicate = &refusal{resultDuplicate, 409, 4409, "duplicate_client", "This client id is connected already.", ""}
	refusedFull      = &refusal{resultFull, 503, 4503, "broker_full", "The server is full.",
		"Clients are refused with 503: there are as many as max-clients or max-requests allow."}
	refusedDraining = &refusal{resultGone, 503, 4503, "drain", "The server is stopping.", ""}
	refusedFailed   = &refusal{resultGone, 500, closeInternal, "broker_failed", "Internal error.", ""}
)

func (r *refusal) verdict() Verdict {
	return Verdict{Status: r.status, Reason: r.reason, Cause: r.cause}
}

// closeReplaced is the close code of a client whose id another one has taken.
const closeReplaced = 4409

// onWanted asks a backend whether to let an end client in.
func (b *broker) onWanted(w *wanted) {
	r := &request{from: w.from, about: w.about, line: w.line}
	b.requests[w.about.ID] = r
	b.sys.Broker.Requests.Add(1)
	switch {
	case b.draining:
		b.refuse(r, refusedDraining, "")
		return
	case len(b.requests) > b.cfg.MaxRequests,
		b.cfg.MaxClients > 0 && len(b.requests)+len(b.all) > b.cfg.MaxClients:
		b.refuse(r, refusedFull, "")
		return
	}
	id := w.about.ID
	r.timer = time.AfterFunc(b.cfg.RequestTimeout, func() { b.post(&requestExpired{id}) })
	b.ask(r)
}

// ask sends a request to the backend that has least to do.
func (b *broker) ask(r *request) {
	be := b.pick()
	switch {
	case be != nil:
		r.asked = be
		be.asked++
		be.send(queuedLine{frame: r.line, request: r})
	case b.arriving > 0:
		r.asked = nil
		b.parked = append(b.parked, r)
	default:
		r.asked = nil
		b.refuse(r, refusedNoBackend, pystrands.ProblemNoBackend)
	}
}

// pick returns the attached backend with the fewest clients and requests, of equal ones the one attached last, or nil.
func (b *broker) pick() *backend {
	var best *backend
	for i := len(b.backends) - 1; i >= 0; i-- {
		if be := b.backends[i]; best == nil || be.owned+be.asked < best.owned+best.asked {
			best = be
		}
	}
	return best
}

// close ends a request, however that came about. It returns false when it has ended before.
func (b *broker) close(r *request) bool {
	if b.requests[r.about.ID] != r {
		return false
	}
	delete(b.requests, r.about.ID)
	b.sys.Broker.Requests.Add(-1)
	if r.asked != nil {
		r.asked.asked--
	}
	r.stop()
	return true
}

// refuse ends a request with a no. A problem is reported to the asked backend, or to whoever takes its place.
func (b *broker) refuse(r *request, why *refusal, problem string) {
	if !b.close(r) {
		return
	}
	b.sys.Broker.Results[why.result].Add(1)
	b.advise(why)
	r.from.post(&admission{no: why})
	if problem == "" {
		return
	}
	f := r.about.Failed(problem)
	be := r.asked
	if be == nil || be.lost {
		be = b.pick()
	}
	if be == nil {
		b.backlog.addFailure(f)
		return
	}
	be.send(queuedLine{frame: f, failure: true})
}

// advise tells the operator what to do, once per cause and minute.
func (b *broker) advise(why *refusal) {
	if why.advice == "" {
		return
	}
	l := b.refusals[why.cause]
	if l == nil {
		l = new(logLimit)
		b.refusals[why.cause] = l
	}
	if held, ok := l.allow(b.sys.now()); ok {
		b.log.Warn(why.advice, "since_last", held)
	}
}

// onResponse ends a request with a backend's answer, over whatever connection it came.
func (b *broker) onResponse(from *backend, l *pystrands.Line) {
	r := b.requests[l.RequestID]
	if r == nil {
		b.sys.Broker.Dropped[dropUnknownRequest].Add(1)
		return
	}
	switch l.Response.Decision {
	case pystrands.Accept:
		b.accept(r, from, &l.Response)
	case pystrands.Refuse:
		b.refuse(r, refusedByBackend, "")
	default:
		b.refuse(r, refusedBadResponse, pystrands.ProblemBadResponse+": "+l.Response.Problem)
	}
}

func (b *broker) accept(r *request, from *backend, resp *pystrands.Response) {
	clientID, roomID := resp.ClientID, resp.RoomID
	if !resp.HasClientID {
		clientID = codec.NewID().UUID()
	}
	if !resp.HasRoomID {
		roomID = r.about.URL
	}
	if older := b.clients[clientID]; older != nil {
		switch b.cfg.Duplicates {
		case RejectDuplicates:
			b.refuse(r, refusedDuplicate, "")
			return
		case ReplaceDuplicates:
			for ; older != nil; older = older.twin {
				older.ref.Out.Close(closeReplaced, "another client has taken this id")
			}
		}
	}
	b.close(r)
	b.sys.Broker.Results[resultAccepted].Add(1)
	m := b.admit(r.from, clientID, roomID, from)
	r.from.post(&admission{
		strand: m, clientID: clientID, roomID: roomID, metadata: resp.Metadata, subprotocol: resp.Subprotocol,
	})
}

func (b *broker) onExpired(m *requestExpired) {
	if r := b.requests[m.id]; r != nil {
		b.refuse(r, refusedTimeout, pystrands.ProblemTimeout)
	}
}

// onAgain asks another backend, because the one that was asked is gone and nobody has answered in its place.
func (b *broker) onAgain(m *requestAgain) {
	if r := b.requests[m.id]; r != nil {
		b.askAgain(r)
	}
}

func (b *broker) askAgain(r *request) {
	if r.asked != nil {
		r.asked.asked--
		r.asked = nil
	}
	b.ask(r)
}

// onWantedNoMore ends the request of a client that has hung up.
func (b *broker) onWantedNoMore(m *wantedNoMore) {
	if r := b.requests[m.id]; r != nil && b.close(r) {
		b.sys.Broker.Results[resultGone].Add(1)
	}
}

// unpark asks the parked requests' question again, now that a backend is there or none will come.
func (b *broker) unpark() {
	parked := b.parked
	b.parked = nil
	for _, r := range parked {
		if b.requests[r.about.ID] == r {
			b.ask(r)
		}
	}
}
