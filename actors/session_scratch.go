package actors

import (
	"time"

	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/protocol/scratch"
)

// onScratch takes one message of a Scratch client to what its dialect decides, or to a plugin.
func (s *session) onScratch(payload []byte, binary bool) {
	if name, m := s.sys.scratch.foreign(payload, binary); m != nil {
		s.onForeign(name, m, payload)
		return
	}
	s.carryOut(payload, binary, s.scratch.Receive(payload, binary))
}

// carryOut does what a message was decided to lead to.
func (s *session) carryOut(payload []byte, binary bool, d scratch.Decision) {
	s.sys.Counters.countScratch(d)
	if d.Kind == scratch.Ignore || d.Kind == scratch.Close {
		s.decide(d)
		s.explain(payload, binary, d)
		return
	}
	name := methodOf(d)
	m := s.sys.scratch.find(name)
	switch {
	case m == nil:
		s.sys.hooks.refused(s, cl4.InvalidCommand, name)
	case m.disabled:
		s.sys.hooks.disabledCommand(s, name)
	case len(m.handlers) > 0 || len(s.sys.hooks.lists().message) > 0:
		s.runScratch(m, scratch.NewMessage(name, payload, d), d)
	default:
		s.decideInTime(d)
	}
}

// explain tells plugins why a message was refused.
func (s *session) explain(payload []byte, binary bool, d scratch.Decision) {
	if s.sys.hooks.wantRefused() {
		fault, details := s.sys.rules.Explain(payload, binary, d)
		s.sys.hooks.refused(s, scratchKinds[fault], details)
	}
}

// runScratch is decideInTime with handlers of plugins around it.
func (s *session) runScratch(m *scratchMethod, msg scratch.Message, d scratch.Decision) {
	s.sys.hooks.report(s, Message{Protocol: Scratch, Command: msg.Method, Scratch: msg})
	s.decideInTime(d)
	for _, h := range m.handlers {
		if err := s.runGuarded(msg.Method, func() error { return h(&s.ref.client, msg) }); err != nil {
			s.sys.hooks.refused(s, cl4.InternalError, err.Error())
		}
	}
}

// onForeign carries out a method that is a plugin's alone.
func (s *session) onForeign(name string, m *scratchMethod, payload []byte) {
	switch {
	case m.disabled:
		s.sys.hooks.disabledCommand(s, name)
	case !s.rate.take(s.sys):
		s.sys.Counters.RateLimited.Add(1)
		s.sys.hooks.refused(s, cl4.Overloaded, "message rate exceeded")
	default:
		s.runScratch(m, scratch.NewMessage(name, payload, scratch.Decision{}), scratch.Decision{})
	}
}

// decideInTime carries a decision out as fast as the message rate allows.
func (s *session) decideInTime(d scratch.Decision) {
	// Nothing overtakes what is held already.
	if d.Kind == scratch.Apply && (len(s.held.changes) > 0 || !s.rate.take(s.sys)) {
		s.hold(d.Change)
		return
	}
	s.decide(d)
}

// decide carries a decision out.
func (s *session) decide(d scratch.Decision) {
	switch d.Kind {
	case scratch.Close:
		s.decideEnding(d.Close)
	case scratch.Join:
		s.update(func(i *ClientInfo) { i.Username, i.Named = d.User, true })
		if s.refuseScratchName(d.User) {
			return
		}
		s.join(d.Room, true)
	case scratch.Apply:
		if len(s.rooms) == 1 {
			s.tellRoom(s.rooms[0], &update{from: s.ref, change: d.Change})
		}
	}
}

// decideEnding closes the connection unless e is zero.
func (s *session) decideEnding(e scratch.Ending) {
	if !e.IsZero() {
		s.close(e.Text, e.Code, e.Reason)
	}
}

// maxHeld bounds the variables that a client over its message rate may change before it is closed.
const maxHeld = 1024

// heldUpdates are the changes of a client over its message rate: of each variable the latest value, until the rate
// allows more.
type heldUpdates struct {
	changes []scratch.Change
	index   map[string]int // of the set of each name in changes
	timer   *time.Timer
}

// hold keeps a change until the rate allows it.
func (s *session) hold(c scratch.Change) {
	s.sys.Counters.RateLimited.Add(1)
	h := &s.held
	set := c.Op == scratch.OpSet || c.Op == scratch.OpCreate
	if i, ok := h.index[c.Name]; ok && set {
		h.changes[i].Value = c.Value
		return
	}
	if len(h.changes) >= maxHeld {
		s.close("", closePolicy, "too many messages")
		return
	}
	if h.index == nil {
		h.index = make(map[string]int)
	}
	if set {
		h.index[c.Name] = len(h.changes)
	} else {
		clear(h.index) // a rename or delete is a border: values before it stay before it
	}
	h.changes = append(h.changes, c)
	s.armHeld()
}

func (s *session) armHeld() {
	if s.held.timer == nil {
		s.held.timer = time.AfterFunc(s.rate.wait(), func() { s.ref.post(heldDue{}) })
	}
}

// onHeldDue lets as many of the held changes go as the rate allows.
func (s *session) onHeldDue() {
	h := &s.held
	h.timer = nil
	if s.ended || s.closing {
		return
	}
	for len(h.changes) > 0 && s.rate.take(s.sys) {
		c := h.changes[0]
		h.changes = h.changes[1:]
		s.decide(scratch.Decision{Kind: scratch.Apply, Change: c})
	}
	clear(h.index)
	if len(h.changes) == 0 {
		h.changes = nil
		return
	}
	for i, c := range h.changes {
		if c.Op == scratch.OpSet || c.Op == scratch.OpCreate {
			h.index[c.Name] = i
		} else {
			clear(h.index)
		}
	}
	s.armHeld()
}

func (h *heldUpdates) stop() {
	if h.timer != nil {
		h.timer.Stop()
	}
	*h = heldUpdates{}
}

// cloud is what a session has that may speak Scratch.
type cloud struct {
	scratch scratch.Session
	held    heldUpdates // updates over the message rate
}
