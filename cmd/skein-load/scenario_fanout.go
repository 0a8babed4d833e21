//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// fanout has a few members of a room send messages that all members must get. In a closed loop each sender keeps
// `window` messages under way: the next goes out when the oldest has reached everybody. The senders are clients of
// worker 0; the other workers count their deliveries on the board and wake it when a message is complete.
type fanout struct {
	w          *worker
	wake       int // event descriptor of worker 0
	message    *template
	pad        []byte
	senders    []fanoutSender // of this worker: all of them or none
	check      *checker       // stream = client × senders + sender
	order      []uint64       // per client: hash of what came in what order
	latency    *hdrhistogram.Histogram
	completion *hdrhistogram.Histogram
	members    uint32
	frameSize  int // of a delivery, learned from the first
	sending    bool
	left       uint64 // messages still to send
	plan       schedule
}

// A fanoutSender has sent numbers below head, of which those below tail have reached everybody.
type fanoutSender struct {
	tail, head uint32
}

func newFanout(w *worker, wake int) *fanout {
	_, room := w.dialect.Join(0, w.cfg.Scenario, w.cfg.Anonymous)
	f := &fanout{
		w: w, wake: wake, message: w.dialect.Message(room, w.cfg.Size), pad: padding(w.cfg.Size),
		check: newChecker(len(w.pool.conns) * w.cfg.Senders), order: make([]uint64, len(w.pool.conns)),
		latency: newHistogram(), completion: newHistogram(), members: uint32(w.cfg.Clients),
	}
	if w.number == 0 {
		f.senders = make([]fanoutSender, w.cfg.Senders)
	}
	return f
}

func (f *fanout) enter(phase uint32) {
	switch phase {
	case phaseWarmup:
		if f.w.cfg.Messages == 0 {
			f.begin(math.MaxUint64)
		}
	case phaseMeasure:
		if f.w.cfg.Messages > 0 {
			f.begin(f.w.cfg.Messages)
			return
		}
		f.latency.Reset()
		f.completion.Reset()
	case phaseDrain:
		f.sending = false
	}
}

// begin starts to send; a given number of messages goes without warm-up, so that exactly they are counted.
func (f *fanout) begin(messages uint64) {
	f.sending, f.left = true, messages
	if f.w.cfg.Rate > 0 {
		f.plan = newSchedule(f.w.cfg.Rate, now())
	}
}

func (f *fanout) tick(now int64) {
	if f.sending {
		if f.w.cfg.Rate > 0 {
			f.sendDue(now)
		} else {
			f.fillWindows(now)
		}
	}
	f.rest()
}

func (f *fanout) fillWindows(now int64) {
	for s := range f.senders {
		for f.left > 0 && f.senders[s].head-f.senders[s].tail < uint32(f.w.cfg.Window) {
			f.send(s, now)
		}
	}
}

// sendDue sends what the schedule asks for, the senders taking turns. A sender with a full ring holds up the rest
// of the schedule; the lost time shows in the latencies.
func (f *fanout) sendDue(now int64) {
	for f.left > 0 && len(f.senders) > 0 {
		s := int(f.plan.issued % uint64(len(f.senders)))
		due, ok := f.plan.next(now)
		if !ok || f.senders[s].head-f.senders[s].tail >= ringSize {
			return
		}
		f.plan.advance()
		f.send(s, due)
	}
}

func (f *fanout) send(s int, at int64) {
	snd := &f.senders[s]
	slot := &f.w.board.slot[s][snd.head%ringSize]
	slot.got.Store(0)
	slot.sent.Store(at)
	c := f.w.pool.conns[s]
	if c.state != stateJoined {
		f.left = 0
		return
	}
	c.out = f.message.appendNumbered(c.out, uint16(s), snd.head)
	f.w.pool.queue(c)
	snd.head++
	f.w.board.total[s].Store(snd.head)
	f.left--
	f.w.cell.sent.Add(1)
}

func (f *fanout) received(c *conn, payload []byte) {
	sender, seq, tail, ok := f.w.dialect.Find(payload)
	if !ok {
		f.w.stray(payload)
		return
	}
	if int(sender) >= f.w.cfg.Senders || !bytes.HasPrefix(tail, f.pad) || !f.sameSize(len(payload)) {
		f.check.tally.Garbled++
		return
	}
	if !f.check.arrive(c.index*f.w.cfg.Senders+int(sender), seq) {
		return
	}
	f.order[c.index] = (f.order[c.index] ^ (uint64(sender)<<32 | uint64(seq))) * 0x9e3779b97f4a7c15
	slot := &f.w.board.slot[sender][seq%ringSize]
	t := now()
	took := t - slot.sent.Load()
	record(f.latency, took)
	f.w.cell.done.Add(1)
	if slot.got.Add(1) == f.members {
		record(f.completion, took)
		f.completed(int(sender), t)
	}
}

// sameSize compares with the first delivery; they differ in their numbers only.
func (f *fanout) sameSize(n int) bool {
	if f.frameSize == 0 {
		f.frameSize = n
	}
	return f.frameSize == n
}

func (f *fanout) completed(sender int, now int64) {
	if f.w.number != 0 {
		var one [8]byte
		binary.NativeEndian.PutUint64(one[:], 1)
		rawWrite(f.wake, one[:])
		return
	}
	f.advance(sender)
	if f.sending && f.w.cfg.Rate == 0 {
		f.fillWindows(now)
	}
}

// advance moves a sender's tail past all complete messages.
func (f *fanout) advance(sender int) {
	for s := &f.senders[sender]; s.tail != s.head && f.w.board.slot[sender][s.tail%ringSize].got.Load() == f.members; {
		s.tail++
	}
}

func (f *fanout) woken() {
	var b [8]byte
	rawRead(f.wake, b[:])
	for s := range f.senders {
		f.advance(s)
	}
	if f.sending && f.w.cfg.Rate == 0 {
		f.fillWindows(now())
	}
}

// rest tells the coordinator when nothing is under way and nothing will be sent.
func (f *fanout) rest() {
	if f.sending && f.left > 0 && f.w.number == 0 {
		return
	}
	for _, s := range f.senders {
		if s.tail != s.head {
			return
		}
	}
	f.w.cell.idle.Store(f.w.phase)
}

func (f *fanout) finish(r *WorkerResult) {
	r.Tally = f.check.finish(func(stream int) uint32 { return f.w.board.total[stream%f.w.cfg.Senders].Load() })
	r.Latency, r.Completion = saveHistogram(f.latency), saveHistogram(f.completion)
	seen := map[uint64]bool{}
	for _, h := range f.order {
		if !seen[h] && len(seen) < 10 {
			seen[h] = true
			r.OrderHash = append(r.OrderHash, h)
		}
	}
}
