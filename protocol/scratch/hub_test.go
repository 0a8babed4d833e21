package scratch

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/skeinhq/skein/codec"
)

// hub is what a room actor does with a Room, for tests.
type hub struct {
	t     fataler
	rules *Rules
	room  *Room
	peers []*peer
	last  Member

	// shared counts the frames that were handed out for a batch, to see that one serves many.
	frames map[*codec.Frame]int
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// peer is a member of a hub.
type peer struct {
	id      Member
	cursor  Cursor
	behind  bool // its cursor is not at the end
	stalled bool // its outbox is full
	inbox   []string
	ending  Ending
	lost    bool // it could not catch up
}

func newHub(t fataler, c Config) *hub {
	r := NewRules(c)
	return &hub{t: t, rules: r, room: r.NewRoom(), frames: map[*codec.Frame]int{}}
}

func (h *hub) join() *peer {
	h.last++
	p := &peer{id: h.last, cursor: h.room.Join(), behind: true}
	h.peers = append(h.peers, p)
	h.catchUp(p, -1)
	return p
}

func (h *hub) leave(p *peer) {
	for i, other := range h.peers {
		if other == p {
			h.peers = append(h.peers[:i], h.peers[i+1:]...)
			return
		}
	}
}

// catchUp sends at most limit frames, -1: any number.
func (h *hub) catchUp(p *peer, limit int) {
	for p.behind && limit != 0 {
		f, next, ok := h.room.Next(p.id, p.cursor)
		switch {
		case !ok:
			p.lost = true
			h.leave(p)
			return
		case f == nil:
			p.behind = false
		case p.stalled:
			return
		default:
			h.receive(p, f)
		}
		p.cursor = next
		limit--
	}
}

func (h *hub) apply(p *peer, c Change) Outcome {
	out := h.room.Apply(p.id, c)
	if !out.Close.IsZero() {
		p.ending = out.Close
		h.leave(p)
	}
	if out.Flush {
		h.flush()
	}
	return out
}

func (h *hub) flush() {
	b := h.room.Flush()
	for _, p := range h.peers {
		if p.behind {
			continue
		}
		if f := b.For(p.id, p.cursor); f != nil {
			if p.stalled {
				p.behind = true
				continue
			}
			h.frames[f]++
			h.receive(p, f)
		}
		p.cursor = b.Advance(p.cursor)
	}
}

func (h *hub) receive(p *peer, f *codec.Frame) {
	h.t.Helper()
	pieces := strings.Split(string(f.Payload()), "\n")
	if h.rules.c.Dialect == CloudLink && len(pieces) != 1 {
		h.t.Fatalf("CloudLink packs %d messages into one frame", len(pieces))
	}
	for _, piece := range pieces {
		if !json.Valid([]byte(piece)) {
			h.t.Fatalf("sent %q, which is no JSON", piece)
		}
		p.inbox = append(p.inbox, piece)
	}
}

// take returns what p received since the last take.
func (p *peer) take() []string {
	got := p.inbox
	p.inbox = nil
	return got
}

// event is a received message.
type event struct {
	Method  string          `json:"method"`
	Name    string          `json:"name"`
	NewName string          `json:"new_name"`
	Value   json.RawMessage `json:"value"`
}

func parseEvent(t fataler, text string) event {
	var e event
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

// view is what a client makes of the messages that it receives.
type view map[string]string

func (v view) apply(t fataler, text string) {
	switch e := parseEvent(t, text); e.Method {
	case "set", "create":
		v[e.Name] = string(e.Value)
	case "rename":
		value, ok := v[e.Name]
		if !ok {
			value = `""`
		}
		delete(v, e.Name)
		v[e.NewName] = value
	case "delete":
		delete(v, e.Name)
	default:
		t.Fatalf("unknown message %s", text)
	}
}

func viewOf(vars []Variable) view {
	v := view{}
	for _, x := range vars {
		v[x.Name] = x.Value
	}
	return v
}

func wantInbox(t *testing.T, p *peer, want ...string) {
	t.Helper()
	got := p.take()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("member %d\n got %q\nwant %q", p.id, got, want)
	}
}

func set(name, value string) Change    { return Change{Op: OpSet, Name: name, Value: value} }
func create(name, value string) Change { return Change{Op: OpCreate, Name: name, Value: value} }
func rename(name, to string) Change    { return Change{Op: OpRename, Name: name, NewName: to} }
func remove(name string) Change        { return Change{Op: OpDelete, Name: name} }

func sent(method, name, value string) string {
	return `{"method":"` + method + `","name":"` + name + `","value":` + value + `}`
}
