package admin

import (
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/admin/audit"
)

// Events of the stream.
const (
	eventCounters   = "counters"
	eventConnect    = "connect"
	eventDisconnect = "disconnect"
	eventSlow       = "slow_consumer"
	eventFailure    = "failure"
	eventBan        = "ban"
	eventChange     = "change"
)

var eventTypes = []string{eventCounters, eventConnect, eventDisconnect, eventSlow, eventFailure, eventBan, eventChange}

// Bounds of the streams.
const (
	maxViewers    = 64
	viewerBacklog = 256 // events that wait for one viewer; more end its stream
	toldPerSecond = 200 // connects, disconnects and failures; the rest is only counted
)

// hub hands events to whoever watches. An event is encoded once, and nothing happens while nobody watches.
type hub struct {
	sys    *actors.System
	counts func(suppressed uint64, viewers int) any

	budget     atomic.Int64
	suppressed atomic.Uint64
	queue      chan happening // from the actors

	mu      sync.Mutex
	viewers map[*viewer]struct{}
	stop    chan struct{} // nil while nobody watches
	ended   sync.WaitGroup
	closed  bool

	cut atomic.Uint64 // viewers that read too slowly
}

// viewer is one stream. Its channel is closed when it is over.
type viewer struct {
	events chan []byte
	types  map[string]bool // nil: all
}

// happening is what an actor has told, not encoded yet.
type happening struct {
	kind   string
	client *actors.Client
	end    actors.End
	what   string
	name   string
	at     time.Time
}

func newHub(sys *actors.System, counts func(suppressed uint64, viewers int) any) *hub {
	return &hub{sys: sys, counts: counts, queue: make(chan happening, 2*toldPerSecond), viewers: make(map[*viewer]struct{})}
}

// watch opens a stream. It returns nil when there are too many, or the server is stopping.
func (h *hub) watch(types map[string]bool) *viewer {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.viewers) >= maxViewers {
		return nil
	}
	v := &viewer{events: make(chan []byte, viewerBacklog), types: types}
	h.viewers[v] = struct{}{}
	if h.stop == nil {
		h.stop = make(chan struct{})
		h.budget.Store(toldPerSecond)
		h.ended.Add(1)
		go h.run(h.stop)
		h.sys.Observe(h)
	}
	return v
}

// leave closes a stream.
func (h *hub) leave(v *viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(v)
}

// drop ends a stream, and with the last one everything. h.mu is held.
func (h *hub) drop(v *viewer) {
	if _, ok := h.viewers[v]; !ok {
		return
	}
	delete(h.viewers, v)
	close(v.events)
	if len(h.viewers) == 0 && h.stop != nil {
		h.sys.Observe(nil)
		close(h.stop)
		h.stop = nil
	}
}

// close ends all streams and waits for what runs.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	for v := range h.viewers {
		h.drop(v)
	}
	h.mu.Unlock()
	h.ended.Wait()
}

// run encodes what happens, and counts once a second.
func (h *hub) run(stop <-chan struct{}) {
	defer h.ended.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	h.count()
	for {
		select {
		case <-stop:
			return
		case e := <-h.queue:
			h.publish(e.kind, e.tell())
		case <-tick.C:
			h.budget.Store(toldPerSecond)
			h.count()
		}
	}
}

func (h *hub) count() {
	h.publish(eventCounters, h.counts(h.suppressed.Swap(0), h.watching()))
}

// watching is how many streams are open.
func (h *hub) watching() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.viewers)
}

// publish hands an event to the viewers.
func (h *hub) publish(kind string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		slog.Error("an event could not be encoded", "event", kind, "err", err)
		return
	}
	h.send(kind, data)
}

// send hands out an encoded event. A viewer that cannot keep up is cut off; it will come back and see what is then.
func (h *hub) send(kind string, data []byte) {
	text := make([]byte, 0, len(data)+len(kind)+20)
	text = append(text, "event: "...)
	text = append(text, kind...)
	text = append(text, "\ndata: "...)
	text = append(text, data...)
	text = append(text, "\n\n"...)
	h.mu.Lock()
	defer h.mu.Unlock()
	for v := range h.viewers {
		if v.types != nil && !v.types[kind] {
			continue
		}
		select {
		case v.events <- text:
		default:
			h.cut.Add(1)
			h.drop(v)
		}
	}
}

// offer takes an event from an actor, unless there were too many in this second.
func (h *hub) offer(e happening) {
	if h.budget.Add(-1) >= 0 {
		e.at = time.Now().UTC()
		select {
		case h.queue <- e:
			return
		default:
		}
	}
	h.suppressed.Add(1)
}

// Connected implements actors.Observer.
func (h *hub) Connected(c *actors.Client) { h.offer(happening{kind: eventConnect, client: c}) }

// Disconnected implements actors.Observer.
func (h *hub) Disconnected(c *actors.Client, e actors.End) {
	h.offer(happening{kind: eventDisconnect, client: c, end: e})
	if e.Cause == "slow_consumer" {
		h.offer(happening{kind: eventSlow, client: c, end: e})
	}
}

// Failed implements actors.Observer.
func (h *hub) Failed(what, name string) {
	h.offer(happening{kind: eventFailure, what: what, name: name})
}

// changed tells of an entry of the audit log.
func (h *hub) changed(e audit.Entry, encoded []byte) {
	if strings.HasPrefix(e.Action, "ban.") {
		h.send(eventBan, encoded)
	}
	h.send(eventChange, encoded)
}

// clientEvent is a connect or a disconnect as it is told.
type clientEvent struct {
	Time     time.Time `json:"time"`
	ID       string    `json:"id"`
	Protocol string    `json:"protocol,omitempty"`
	Username string    `json:"username,omitempty"`
	Address  string    `json:"address"`
	Code     uint16    `json:"code,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Cause    string    `json:"cause,omitempty"`
}

// failureEvent is a failed actor as it is told.
type failureEvent struct {
	Time  time.Time `json:"time"`
	Actor string    `json:"actor"`
	Name  string    `json:"name"`
	What  string    `json:"what"`
}

func (e *happening) tell() any {
	if e.client == nil {
		actor, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(e.what, "a "), "the "), " failed")
		return failureEvent{e.at, actor, e.name, e.what}
	}
	info, _, _ := e.client.Overview(nil)
	return clientEvent{
		Time: e.at, ID: e.client.ID(), Protocol: info.Protocol.String(), Username: info.Username, Address: addressOf(e.client),
		Code: e.end.Code, Reason: strings.ToValidUTF8(e.end.Reason, "\ufffd"), Cause: e.end.Cause,
	}
}
