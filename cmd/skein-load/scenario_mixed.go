//go:build linux

package main

// mixed is what a server sees on an ordinary day: messages to rooms and requests at a fixed rate, and visitors who come,
// stay a while and leave.
type mixed struct {
	w        *worker
	messages *fanout // nil: none
	requests *echoes // nil: none
	visitors *visitors
}

func newMixed(w *worker, wake int) *mixed {
	m := &mixed{w: w, visitors: newVisitors(w)}
	if share := 1 - w.cfg.Requests; share > 0 {
		m.messages = newFanout(w, wake, w.cfg.Rate*share)
	}
	if w.cfg.Requests > 0 {
		m.requests = newEchoes(w, w.cfg.Rate*w.cfg.Requests)
	}
	return m
}

func (m *mixed) enter(phase uint32) {
	if m.messages != nil {
		m.messages.enter(phase)
	}
	if m.requests != nil {
		m.requests.enter(phase)
	}
	m.visitors.enter(phase)
}

// tick asks all parts to go on; they say for themselves whether they rest, and the last word is spoken here.
func (m *mixed) tick(now int64) {
	resting := m.visitors.tick(now)
	if m.messages != nil {
		if m.messages.sending {
			m.messages.sendDue(now)
		}
		resting = resting && m.messages.resting()
	}
	if m.requests != nil {
		if m.requests.sending {
			m.requests.sendDue(now)
		}
		resting = resting && m.requests.resting()
	}
	if resting {
		m.w.cell.idle.Store(m.w.phase)
	}
}

func (m *mixed) due() (t int64) {
	if m.messages != nil {
		t = m.messages.due()
	}
	if m.requests != nil {
		t = earlier(t, m.requests.due())
	}
	return t
}

func (m *mixed) received(c *conn, payload []byte) {
	k, tail, ok := m.w.dialect.Find(payload)
	switch {
	case !ok:
		m.w.stray(payload)
	case k.sender&requestBit == 0 && m.messages != nil:
		m.messages.delivered(c, k, tail, len(payload))
	case k.sender&requestBit != 0 && m.requests != nil && !c.visitor:
		m.requests.delivered(c, k, tail)
	default:
		m.visitors.tally.Garbled++
	}
}

// arrived is called when a visitor has joined.
func (m *mixed) arrived(c *conn) {
	if m.messages != nil {
		m.messages.guests.arrived(c)
	}
	m.visitors.arrived(c)
}

func (m *mixed) woken() {
	if m.messages != nil {
		m.messages.woken()
	}
}

func (m *mixed) finish(r *WorkerResult) {
	if m.messages != nil {
		m.messages.finish(r)
	}
	if m.requests != nil {
		m.requests.finish(r)
		if m.messages == nil {
			r.Slip = saveHistogram(m.requests.slip)
		}
	}
	r.Orders, r.OrderHash = 0, nil // not asked for
	r.Tally.add(m.visitors.tally)
}
