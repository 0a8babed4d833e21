//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// fanout has a few members of each room send messages that all its members must get. In a closed loop each sender keeps
// `window` messages under way: the next goes out when the oldest has reached everybody. The senders of a room that is
// shared by all workers are clients of worker 0; the other workers count their deliveries on the board and wake it when
// a message is complete.
type fanout struct {
	w          *worker
	wake       int // event descriptor of worker 0
	rate       float64
	perRoom    int // senders
	toSender   bool
	senders    []fanoutSender // of this worker
	base       int            // number of the first of them, or of the first in a shared room
	rooms      []fanoutRoom
	guests     guests
	check      *checker // stream = client × senders of a room + sender
	order      []uint64 // per client: hash of what came in what order
	latency    *hdrhistogram.Histogram
	completion *hdrhistogram.Histogram
	slip       *hdrhistogram.Histogram
	pad        []byte
	frameSize  int // of a delivery, learned from the first
	sending    bool
	kick       bool   // the windows must be filled from scratch
	left       uint64 // messages still to send
	underway   int    // messages that have not reached everybody
	plan       schedule
}

// A fanoutSender has sent numbers below head, of which those below tail have reached everybody.
type fanoutSender struct {
	tail, head uint32
	client     int
	message    *template
}

// A fanoutRoom is what a delivery is compared with.
type fanoutRoom struct {
	first   int    // number of its first sender
	start   int    // client that this sender is, -1 if it is another worker's
	members uint32 // that get a message
}

func newFanout(w *worker, wake int, rate float64) *fanout {
	d, s := w.dialect, w.seats
	f := &fanout{
		w: w, wake: wake, rate: rate, perRoom: w.cfg.Senders, toSender: d.Traits().toSender, base: s.firstSender(0),
		check: newChecker(s.count * w.cfg.Senders), order: make([]uint64, s.count),
		latency: newHistogram(), completion: newHistogram(), slip: newHistogram(),
	}
	f.pad = d.Message(s.seat(0), 0, w.cfg.Size).pad
	for r := range s.rooms {
		room := fanoutRoom{first: s.firstSender(r), start: s.start(r), members: uint32(s.size(r))}
		if !f.toSender {
			room.members--
		}
		if s.senders() == 0 {
			room.start = -1
		} else {
			for k := range f.perRoom {
				f.senders = append(f.senders, fanoutSender{client: room.start + k, message: d.Message(s.seat(room.start+k), k, w.cfg.Size)})
			}
		}
		f.rooms = append(f.rooms, room)
	}
	f.guests = newGuests(f)
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
			f.begin(f.w.shareOf(f.w.cfg.Messages))
			return
		}
		f.latency.Reset()
		f.completion.Reset()
		f.slip.Reset()
	case phaseDrain:
		f.sending = false
	}
}

// begin starts to send; a given number of messages goes without warm-up, so that exactly they are counted.
func (f *fanout) begin(messages uint64) {
	f.sending, f.kick, f.left = len(f.senders) > 0, true, messages
	if f.rate > 0 && f.sending {
		f.plan = newSchedule(f.rate*float64(len(f.senders))/float64(len(f.w.board.total)), now(), f.slip)
	}
}

func (f *fanout) tick(now int64) {
	switch {
	case !f.sending:
	case f.rate > 0:
		f.sendDue(now)
	case f.kick:
		f.kick = false
		for s := range f.senders {
			f.fill(s, now)
		}
	}
	if f.resting() {
		f.w.cell.idle.Store(f.w.phase)
	}
}

func (f *fanout) fill(s int, now int64) {
	for f.left > 0 && f.senders[s].head-f.senders[s].tail < uint32(f.w.cfg.Window) {
		f.send(s, now)
	}
}

// sendDue sends what the schedule asks for, the senders taking turns. A sender with a full ring holds up the rest
// of the schedule; the lost time shows in the latencies.
func (f *fanout) sendDue(now int64) {
	for f.left > 0 {
		s := int(f.plan.issued % uint64(len(f.senders)))
		due, ok := f.plan.next(now)
		if !ok {
			return
		}
		if f.senders[s].head-f.senders[s].tail >= f.w.board.ring {
			f.plan.hold(now)
			return
		}
		f.plan.advance(due, now)
		f.send(s, due)
	}
}

func (f *fanout) send(s int, at int64) {
	snd := &f.senders[s]
	slot := f.w.board.slot(f.base+s, snd.head)
	slot.got.Store(0)
	slot.sent.Store(at)
	c := f.w.pool.conns[snd.client]
	if c.state != stateJoined {
		f.left = 0
		return
	}
	c.out = snd.message.appendNumbered(c.out, mark{uint16(f.base + s), snd.head})
	f.w.pool.queue(c)
	snd.head++
	f.underway++
	f.w.board.total[f.base+s].Store(snd.head)
	f.left--
	f.w.cell.sent.Add(1)
}

func (f *fanout) received(c *conn, payload []byte) {
	m, tail, ok := f.w.dialect.Find(payload)
	if !ok {
		f.w.stray(payload)
		return
	}
	f.delivered(c, m, tail, len(payload))
}

// delivered takes a numbered message.
func (f *fanout) delivered(c *conn, m mark, tail []byte, size int) {
	room := &f.rooms[c.room]
	k := int(m.sender) - room.first
	if k < 0 || k >= f.perRoom || !bytes.HasPrefix(tail, f.pad) || !f.sameSize(size) || !f.toSender && c.index == room.start+k {
		f.check.tally.Garbled++
		return
	}
	if c.visitor {
		f.guests.delivered(c, k, m.seq)
		return
	}
	if !f.check.arrive(c.index*f.perRoom+k, m.seq) {
		return
	}
	f.order[c.index] = (f.order[c.index] ^ (uint64(m.sender)<<32 | uint64(m.seq))) * 0x9e3779b97f4a7c15
	slot := f.w.board.slot(int(m.sender), m.seq)
	t := now()
	took := t - slot.sent.Load()
	f.w.took(f.latency, took)
	if slot.got.Add(1) == room.members {
		record(f.completion, took)
		f.completed(int(m.sender), t)
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
	if len(f.senders) == 0 {
		var one [8]byte
		binary.NativeEndian.PutUint64(one[:], 1)
		rawWrite(f.wake, one[:])
		return
	}
	s := sender - f.base
	f.advance(s)
	if f.sending && f.rate == 0 {
		f.fill(s, now)
	}
}

// advance moves a sender's tail past all complete messages.
func (f *fanout) advance(s int) {
	members := f.rooms[s/f.perRoom].members
	for snd := &f.senders[s]; snd.tail != snd.head && f.w.board.slot(f.base+s, snd.tail).got.Load() == members; {
		snd.tail++
		f.underway--
	}
}

func (f *fanout) woken() {
	var b [8]byte
	rawRead(f.wake, b[:])
	for s := range f.senders {
		f.advance(s)
		if f.sending && f.rate == 0 {
			f.fill(s, now())
		}
	}
}

// due is the time of the next message of an open loop.
func (f *fanout) due() int64 {
	if !f.sending || f.left == 0 {
		return 0
	}
	return f.plan.due()
}

// resting says that nothing is under way and nothing will be sent.
func (f *fanout) resting() bool { return (!f.sending || f.left == 0) && f.underway == 0 }

func (f *fanout) finish(r *WorkerResult) {
	r.Tally.add(f.check.finish(func(stream int) uint32 {
		client, k := stream/f.perRoom, stream%f.perRoom
		room := &f.rooms[f.w.seats.room(client)]
		if !f.toSender && client == room.start+k {
			return 0
		}
		return f.w.board.total[room.first+k].Load()
	}))
	r.Tally.add(f.guests.tally)
	r.Latency, r.Completion, r.Slip = saveHistogram(f.latency), saveHistogram(f.completion), saveHistogram(f.slip)
	f.orders(r)
}

// maxOrders bounds the orders of a room that are told apart.
const maxOrders = 10

// orders counts the orders in which the members of a room saw its messages. Who does not get his own has another order
// than the rest, which says nothing.
func (f *fanout) orders(r *WorkerResult) {
	if !f.toSender {
		return
	}
	rooms := make([]map[uint64]bool, len(f.rooms))
	for i, h := range f.order {
		room := f.w.seats.room(i)
		if rooms[room] == nil {
			rooms[room] = map[uint64]bool{}
		}
		if len(rooms[room]) < maxOrders {
			rooms[room][h] = true
		}
	}
	for _, seen := range rooms {
		r.Orders = max(r.Orders, len(seen))
	}
	if f.w.seats.shared() {
		r.OrderHash = slices.Collect(maps.Keys(rooms[0]))
	}
}
