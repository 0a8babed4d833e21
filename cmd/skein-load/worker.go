//go:build linux

package main

import (
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
	scenario scenario
	phase    uint32
	first    int // number of the first client over all workers
	opening  int // clients opened so far
	busy     int // clients on their way
	join     *hdrhistogram.Histogram
	cpu      loopCPU
	result   WorkerResult
}

// A WorkerResult is what a worker reports at the end.
type WorkerResult struct {
	Tally      Tally     `json:"tally"`
	Latency    *hdrState `json:"latency,omitempty"`
	Completion *hdrState `json:"completion,omitempty"`
	Join       *hdrState `json:"join,omitempty"`
	OrderHash  []uint64  `json:"order_hash,omitempty"` // distinct orders in which the clients saw the messages
	Errors     []string  `json:"errors,omitempty"`
	CPU        float64   `json:"cpu_seconds"` // of the loop while measuring
	Busy       float64   `json:"busy"`        // share of the time in which the loop was not waiting
	Starved    float64   `json:"starved"`     // share of the time in which it wanted a core and got none
}

func newWorker(cfg Config, number int, b *board, wake int) (*worker, error) {
	t, err := newTarget(cfg.URL)
	if err != nil {
		return nil, err
	}
	d, err := newDialect(cfg.Dialect)
	if err != nil {
		return nil, err
	}
	w := &worker{cfg: cfg, number: number, board: b, cell: &b.worker[number], dialect: d, first: firstOf(cfg.Clients, cfg.Processes, number), join: newHistogram()}
	if w.pool, err = newPool(t, share(cfg.Clients, cfg.Processes, number), w); err != nil {
		return nil, err
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
	if w.cfg.Rate > 0 {
		if err := w.pool.wakeEvery(max(100_000, int64(1e9/w.cfg.Rate))); err != nil {
			w.fail(err)
		}
	}
	for {
		for phase := w.board.phase.Load(); w.phase < phase; {
			w.enter(w.phase + 1) // a short phase may have come and gone unseen
		}
		if w.phase == phaseExit {
			break
		}
		w.openMore()
		w.scenario.tick(now())
		if err := w.pool.poll(10); err != nil {
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
	if w.opening == len(w.pool.conns) {
		return
	}
	target := share(int(w.board.target.Load()), w.cfg.Processes, w.number)
	for w.opening < min(target, len(w.pool.conns)) && w.busy < w.cfg.Connecting && w.board.failed.Load() == 0 {
		c := w.pool.conns[w.opening]
		w.opening++
		w.busy++
		if err := w.pool.open(c); err != nil {
			w.pool.fail(c, err)
		}
	}
}

func (w *worker) opened(c *conn) {
	client := w.first + c.index
	room := w.cfg.Scenario
	if w.cfg.RoomSize > 0 {
		room = fmt.Sprintf("%s-%d", room, client/w.cfg.RoomSize)
	}
	c.steps, _ = w.dialect.Join(client, room, w.cfg.Anonymous)
	if len(c.steps) == 0 {
		w.joined(c)
		return
	}
	if w.cfg.Pipeline {
		for _, s := range c.steps {
			c.out = appendFrame(c.out, opText, s.payload)
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
		c.out = appendFrame(c.out, opText, c.steps[0].payload)
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
	w.busy--
	_ = w.join.RecordValue(now() - c.began)
	w.cell.joined.Add(1)
}

func (w *worker) received(c *conn, payload []byte) {
	if c.state == stateJoined {
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

func (w *worker) closed(c *conn, err error) {
	w.fail(fmt.Errorf("client %d: %w", w.first+c.index, err))
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
	w.result.CPU, w.result.Busy, w.result.Starved = w.cpu.seconds, w.cpu.busy, w.cpu.starved
	return w.result
}
