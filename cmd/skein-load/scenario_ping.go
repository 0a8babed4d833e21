//go:build linux

package main

import (
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// ping has every client ask and the server answer. In a closed loop each client keeps `window` requests unanswered;
// at a fixed rate the clients take turns.
type ping struct {
	w       *worker
	request *template
	check   *checker // stream = client
	sent    []int64  // per client a ring of the times of its requests
	head    []uint32 // per client: next number
	ring    uint32
	latency *hdrhistogram.Histogram
	pad     []byte
	sending bool
	kick    bool // the windows must be filled from scratch
	left    uint64
	plan    schedule
}

func newPing(w *worker) *ping {
	ring := uint32(openLoopRing)
	if w.cfg.Rate == 0 {
		for ring = 1; ring < uint32(w.cfg.Window); ring *= 2 {
		}
	}
	n := len(w.pool.conns)
	p := &ping{w: w, request: w.dialect.Request(w.cfg.Size), check: newChecker(n), sent: make([]int64, n*int(ring)), head: make([]uint32, n), ring: ring, latency: newHistogram()}
	if w.cfg.Dialect == "echo" {
		p.pad = padding(w.cfg.Size)
	}
	return p
}

func (p *ping) enter(phase uint32) {
	switch phase {
	case phaseWarmup:
		if p.w.cfg.Messages == 0 {
			p.begin(math.MaxUint64)
		}
	case phaseMeasure:
		if p.w.cfg.Messages > 0 {
			p.begin(uint64(share(int(p.w.cfg.Messages), p.w.cfg.Processes, p.w.number)))
			return
		}
		p.latency.Reset()
	case phaseDrain:
		p.sending = false
	}
}

// begin starts to send; a given number of requests goes without warm-up, so that exactly they are counted.
func (p *ping) begin(requests uint64) {
	p.sending, p.kick, p.left = true, true, requests
	if p.w.cfg.Rate > 0 {
		p.plan = newSchedule(p.w.cfg.Rate/float64(p.w.cfg.Processes), now())
	}
}

func (p *ping) tick(now int64) {
	switch {
	case !p.sending:
	case p.w.cfg.Rate > 0:
		p.sendDue(now)
	case p.kick:
		p.kick = false
		for i, c := range p.w.pool.conns {
			p.fill(i, c, now)
		}
	}
	if (!p.sending || p.left == 0) && p.unanswered() == 0 {
		p.w.cell.idle.Store(p.w.phase)
	}
}

func (p *ping) unanswered() uint64 { return p.w.cell.sent.Load() - p.w.cell.done.Load() }

func (p *ping) fill(i int, c *conn, now int64) {
	for p.left > 0 && p.head[i]-p.check.next[i] < uint32(p.w.cfg.Window) && c.state == stateJoined {
		p.send(i, c, now)
	}
}

func (p *ping) sendDue(now int64) {
	for p.left > 0 {
		i := int(p.plan.issued % uint64(len(p.head)))
		due, ok := p.plan.next(now)
		c := p.w.pool.conns[i]
		if !ok || p.head[i]-p.check.next[i] >= p.ring || c.state != stateJoined {
			return
		}
		p.plan.advance()
		p.send(i, c, due)
	}
}

func (p *ping) send(i int, c *conn, at int64) {
	seq := p.head[i]
	p.head[i]++
	p.left--
	p.sent[uint32(i)*p.ring+seq%p.ring] = at
	c.out = p.request.appendNumbered(c.out, uint16(i), seq)
	p.w.pool.queue(c)
	p.w.cell.sent.Add(1)
}

func (p *ping) received(c *conn, payload []byte) {
	sender, seq, tail, ok := p.w.dialect.Find(payload)
	if !ok {
		p.w.stray(payload)
		return
	}
	i := c.index
	if sender != uint16(i) || seq >= p.head[i] || len(tail) < len(p.pad) || string(tail[:len(p.pad)]) != string(p.pad) {
		p.check.tally.Garbled++
		return
	}
	if !p.check.arrive(i, seq) {
		return
	}
	t := now()
	record(p.latency, t-p.sent[uint32(i)*p.ring+seq%p.ring])
	p.w.cell.done.Add(1)
	if p.sending && p.w.cfg.Rate == 0 {
		p.fill(i, c, t)
	}
}

func (p *ping) woken() {}

func (p *ping) finish(r *WorkerResult) {
	r.Tally = p.check.finish(func(stream int) uint32 { return p.head[stream] })
	r.Latency = saveHistogram(p.latency)
}
