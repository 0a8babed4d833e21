package actors

import (
	"time"

	"github.com/skeinhq/skein/protocol/scratch"
)

// onScratch takes one message of a Scratch client to what its dialect decides.
func (s *session) onScratch(payload []byte, binary bool) {
	s.carryOut(s.scratch.Receive(payload, binary))
}

// carryOut does what a message was decided to lead to, as fast as the rate allows.
func (s *session) carryOut(d scratch.Decision) {
	s.sys.Counters.countScratch(d)
	if s.sys.disabled(d) {
		s.sys.hooks.disabledCommand(s, ScratchMethodNames[d.Change.Op])
		return
	}
	// Nothing overtakes what is held already.
	if d.Kind == scratch.Apply && (len(s.held.changes) > 0 || !s.rate.take(s.sys.now)) {
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
	for len(h.changes) > 0 && s.rate.take(s.sys.now) {
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
