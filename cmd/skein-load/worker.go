//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"runtime"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"
)

// maxErrors bounds the error texts that a worker keeps.
const maxErrors = 5

// A worker is one loop over its share of the clients. It does what the board's phase says.
type worker struct {
	cfg      Config
	number   int
	board    *board
	cell     *workerCell
	pool     *pool
	dialect  dialect
	seats    *seating
	scenario scenario
	phase    uint32
	opening  int // clients opened so far
	busy     int // clients on their way
	join     *hdrhistogram.Histogram
	slip     *hdrhistogram.Histogram // of a storm at a fixed rate
	storm    schedule
	cpu      loopCPU
	result   WorkerResult
}

// A WorkerResult is what a worker reports at the end.
type WorkerResult struct {
	Tally      Tally     `json:"tally"`
	Latency    *hdrState `json:"latency,omitempty"`
	Completion *hdrState `json:"completion,omitempty"`
	Answers    *hdrState `json:"answers,omitempty"` // where Latency is of messages
	Join       *hdrState `json:"join,omitempty"`
	Slip       *hdrState `json:"slip,omitempty"`
	Orders     int       `json:"orders,omitempty"`     // in which the members of a room saw its messages, the largest number of any room
	OrderHash  []uint64  `json:"order_hash,omitempty"` // the orders themselves, of a room that other workers share
	Errors     []string  `json:"errors,omitempty"`
	CPU        float64   `json:"cpu_seconds"` // of the loop while measuring
	Busy       float64   `json:"busy"`        // share of the time in which the loop was not waiting
	Starved    float64   `json:"starved"`     // share of the time in which it wanted a core and got none
}

func newWorker(cfg Config, number int, b *board, wake int) (*worker, error) {
	d, err := newDialect(&cfg)
	if err != nil {
		return nil, err
	}
	t, err := newTarget(&cfg, d.Traits().framing)
	if err != nil {
		return nil, err
	}
	seats := newSeating(&cfg, number, d.Traits().home)
	w := &worker{cfg: cfg, number: number, board: b, cell: &b.worker[number], dialect: d, seats: seats, join: newHistogram(), slip: newHistogram()}
	if w.pool, err = newPool(t, seats.count+share(cfg.Visitors, cfg.Processes, number), w); err != nil {
		return nil, err
	}
	for i, c := range w.pool.conns {
		c.room, c.visitor = seats.room(i), i >= seats.count
	}
	if number > 0 && t.addr.Addr().Is4() && t.addr.Addr().IsLoopback() {
		// Each process connects from an address of its own: one address has some 28,000 ports.
		w.pool.source = netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + number)})
	}
	if number == 0 && cfg.Processes > 1 {
		if err := w.pool.watch(wake); err != nil {
			return nil, err
		}
	}
	if w.scenario, err = newScenario(w, wake); err != nil {
		return nil, err
	}
	return w, nil
}

// run loops until the exit phase.
func (w *worker) run() WorkerResult {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer w.pool.shut()
	for {
		for phase := w.board.phase.Load(); w.phase < phase; {
			w.enter(w.phase + 1) // a short phase may have come and gone unseen
		}
		if w.phase == phaseExit {
			break
		}
		w.openMore()
		t := now()
		w.scenario.tick(t)
		err := w.pool.wakeAt(earlier(w.scenario.due(), w.storm.due()), t)
		if err == nil {
			err = w.pool.poll(10)
		}
		if err != nil {
			w.fail(err)
			return w.finish()
		}
	}
	return w.finish()
}

func (w *worker) enter(phase uint32) {
	if w.phase == phaseMeasure {
		w.cpu.stop(w.pool)
	}
	if phase == phaseMeasure {
		w.cpu.start(w.pool)
	}
	w.phase = phase
	w.scenario.enter(phase)
}

// openMore keeps the agreed number of clients on their way until the target is reached.
func (w *worker) openMore() {
	target := min(share(int(w.board.target.Load()), w.cfg.Processes, w.number), w.seats.count)
	if w.opening == target || w.busy == w.cfg.Connecting {
		w.storm.hold(now())
	}
	for w.opening < target && w.busy < w.cfg.Connecting && w.board.failed.Load() == 0 {
		began, ok := w.due()
		if !ok {
			return
		}
		c := w.pool.conns[w.opening]
		w.opening++
		w.busy++
		if err := w.pool.open(c); err != nil {
			w.pool.fail(c, err)
		}
		c.began = began
	}
}

// due says when the next client is to connect, and whether the time has come.
func (w *worker) due() (began int64, ok bool) {
	t := now()
	if w.cfg.Scenario != scenarioConnect || w.cfg.Rate == 0 {
		return t, true
	}
	if w.storm.interval == 0 {
		w.storm = newSchedule(w.cfg.Rate*float64(w.seats.count)/float64(w.cfg.Clients), t, w.slip)
	}
	if began, ok = w.storm.next(t); ok {
		w.storm.advance(began, t)
	}
	return began, ok
}

func (w *worker) path(c *conn) string { return w.dialect.Path(w.seats.seat(c.index)) }

func (w *worker) opened(c *conn) {
	c.steps = w.dialect.Join(w.seats.seat(c.index))
	if len(c.steps) == 0 {
		w.joined(c)
		return
	}
	if w.cfg.Pipeline {
		for _, s := range c.steps {
			c.out = w.pool.target.framing.append(c.out, s.payload)
			c.answers += s.answers
		}
		c.steps = nil
		w.pool.queue(c)
		if c.answers == 0 {
			w.joined(c)
		}
		return
	}
	w.nextStep(c)
}

// nextStep sends join steps up to one that is answered.
func (w *worker) nextStep(c *conn) {
	for c.answers == 0 && len(c.steps) > 0 {
		c.out = w.pool.target.framing.append(c.out, c.steps[0].payload)
		c.answers = c.steps[0].answers
		c.steps = c.steps[1:]
	}
	w.pool.queue(c)
	if c.answers == 0 {
		w.joined(c)
	}
}

func (w *worker) joined(c *conn) {
	c.state, c.steps = stateJoined, nil
	took := now() - c.began
	record(w.join, took)
	if c.visitor {
		if m, ok := w.scenario.(*mixed); ok {
			m.arrived(c)
		}
		return
	}
	w.busy--
	if w.cfg.Scenario == scenarioConnect {
		w.cell.recent.add(took)
	}
	w.cell.joined.Add(1)
}

func (w *worker) received(c *conn, payload []byte) {
	if !w.dialect.Traits().lines {
		w.line(c, payload)
		return
	}
	for len(payload) > 0 && c.state != stateClosed {
		var line []byte
		line, payload, _ = bytes.Cut(payload, []byte{'\n'})
		if len(line) > 0 {
			w.line(c, line)
		}
	}
}

// line handles one message.
func (w *worker) line(c *conn, payload []byte) {
	if c.state >= stateJoined {
		w.scenario.received(c, payload)
		return
	}
	answer, err := w.dialect.Answer(payload)
	if err != nil {
		w.fail(err)
		return
	}
	if answer {
		if c.answers--; c.answers == 0 {
			if len(c.steps) > 0 {
				w.nextStep(c)
			} else {
				w.joined(c)
			}
		}
	}
}

// took notes the latency of a delivery or an answer.
func (w *worker) took(h *hdrhistogram.Histogram, ns int64) {
	record(h, ns)
	w.cell.recent.add(ns)
	w.cell.done.Add(1)
}

// shareOf is how many of all messages this worker is to send.
func (w *worker) shareOf(messages uint64) uint64 {
	if w.cfg.fansOut() && w.seats.shared() {
		return messages // all senders are worker 0's
	}
	return uint64(share(int(messages), w.cfg.Processes, w.number))
}

func (w *worker) left(*conn) {}

func (w *worker) closed(c *conn, err error) {
	w.fail(fmt.Errorf("client %d: %w", w.seats.seat(c.index).client, err))
}

func (w *worker) woken() { w.scenario.woken() }

// fail notes an error; the coordinator ends the run.
func (w *worker) fail(err error) {
	var e unix.Errno
	if errors.As(err, &e) && e == unix.EMFILE {
		err = fmt.Errorf("%w (use more --processes)", err)
	}
	if len(w.result.Errors) < maxErrors {
		w.result.Errors = append(w.result.Errors, err.Error())
	}
	w.board.failed.Add(1)
}

// stray handles a frame without numbers from a client that takes part.
func (w *worker) stray(payload []byte) {
	if err := w.dialect.Check(payload); err != nil {
		w.fail(err)
	}
}

func (w *worker) finish() WorkerResult {
	w.scenario.finish(&w.result)
	w.result.Join = saveHistogram(w.join)
	if w.result.Slip == nil {
		w.result.Slip = saveHistogram(w.slip)
	}
	w.result.CPU, w.result.Busy, w.result.Starved = w.cpu.seconds, w.cpu.busy, w.cpu.starved
	return w.result
}
