//go:build linux

package main

import (
	"bytes"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// echoes have every client ask and the server answer. In a closed loop each client keeps `window` requests unanswered;
// at a fixed rate the clients take turns. Where a dialect answers nobody, clients are in pairs and what one sends counts
// as answered when the other has it.
type echoes struct {
	w        *worker
	rate     float64
	request  []*template // of each client, or one for all
	check    *checker    // stream = client that asked
	sent     []int64     // per client a ring of the times of its requests
	head     []uint32    // per client: next number
	ring     uint32
	latency  *hdrhistogram.Histogram
	slip     *hdrhistogram.Histogram
	asked    uint64
	answered uint64
	sending  bool
	kick     bool // the windows must be filled from scratch
	left     uint64
	plan     schedule
}

func newEchoes(w *worker, rate float64) *echoes {
	ring := uint32(openLoopRing)
	if rate == 0 {
		for ring = 1; ring < uint32(w.cfg.Window); ring *= 2 {
		}
	}
	n := w.seats.count
	e := &echoes{w: w, rate: rate, check: newChecker(n), sent: make([]int64, n*int(ring)), head: make([]uint32, n), ring: ring,
		latency: newHistogram(), slip: newHistogram()}
	kinds := 1
	if w.dialect.Traits().personal {
		kinds = n
	}
	for i := range kinds {
		e.request = append(e.request, w.dialect.Request(w.seats.seat(i), w.cfg.Size))
	}
	return e
}

func (e *echoes) enter(phase uint32) {
	switch phase {
	case phaseWarmup:
		if e.w.cfg.Messages == 0 {
			e.begin(math.MaxUint64)
		}
	case phaseMeasure:
		if e.w.cfg.Messages > 0 {
			e.begin(e.w.shareOf(e.w.cfg.Messages))
			return
		}
		e.latency.Reset()
		e.slip.Reset()
	case phaseDrain:
		e.sending = false
	}
}

// begin starts to send; a given number of requests goes without warm-up, so that exactly they are counted.
func (e *echoes) begin(requests uint64) {
	e.sending, e.kick, e.left = true, true, requests
	if e.rate > 0 {
		e.plan = newSchedule(e.rate*float64(e.w.seats.count)/float64(e.w.cfg.Clients), now(), e.slip)
	}
}

func (e *echoes) tick(now int64) {
	switch {
	case !e.sending:
	case e.rate > 0:
		e.sendDue(now)
	case e.kick:
		e.kick = false
		for i := range e.head {
			e.fill(i, now)
		}
	}
	if e.resting() {
		e.w.cell.idle.Store(e.w.phase)
	}
}

// due is the time of the next message of an open loop.
func (e *echoes) due() int64 {
	if !e.sending || e.left == 0 {
		return 0
	}
	return e.plan.due()
}

// resting says that nothing is under way and nothing will be sent.
func (e *echoes) resting() bool {
	return (!e.sending || e.left == 0) && e.asked == e.answered
}

func (e *echoes) fill(i int, now int64) {
	c := e.w.pool.conns[i]
	for e.left > 0 && e.head[i]-e.check.next[i] < uint32(e.w.cfg.Window) && c.state == stateJoined {
		e.send(i, c, now)
	}
}

func (e *echoes) sendDue(now int64) {
	for e.left > 0 {
		i := int(e.plan.issued % uint64(len(e.head)))
		due, ok := e.plan.next(now)
		if !ok {
			return
		}
		c := e.w.pool.conns[i]
		if e.head[i]-e.check.next[i] >= e.ring || c.state != stateJoined {
			e.plan.hold(now)
			return
		}
		e.plan.advance(due, now)
		e.send(i, c, due)
	}
}

func (e *echoes) send(i int, c *conn, at int64) {
	seq := e.head[i]
	e.head[i]++
	e.left--
	e.sent[uint32(i)*e.ring+seq%e.ring] = at
	c.out = e.request[i%len(e.request)].appendNumbered(c.out, mark{uint16(i) | requestBit, seq})
	e.w.pool.queue(c)
	e.asked++
	e.w.cell.sent.Add(1)
}

func (e *echoes) received(c *conn, payload []byte) {
	m, tail, ok := e.w.dialect.Find(payload)
	if !ok {
		e.w.stray(payload)
		return
	}
	e.delivered(c, m, tail)
}

// delivered takes a numbered message.
func (e *echoes) delivered(c *conn, m mark, tail []byte) {
	i := c.index
	if e.w.dialect.Traits().pairs {
		i ^= 1 // rooms have two members each
	}
	if m.sender != uint16(i)|requestBit || m.seq >= e.head[i] || !bytes.HasPrefix(tail, e.request[i%len(e.request)].pad) {
		e.check.tally.Garbled++
		return
	}
	if !e.check.arrive(i, m.seq) {
		return
	}
	t := now()
	e.w.took(e.latency, t-e.sent[uint32(i)*e.ring+m.seq%e.ring])
	e.answered++
	if e.sending && e.rate == 0 {
		e.fill(i, t)
	}
}

func (e *echoes) woken() {}

func (e *echoes) finish(r *WorkerResult) {
	r.Tally.add(e.check.finish(func(stream int) uint32 { return e.head[stream] }))
	if e.w.cfg.Scenario == scenarioEcho {
		r.Latency, r.Slip = saveHistogram(e.latency), saveHistogram(e.slip)
		return
	}
	r.Answers = saveHistogram(e.latency)
}
