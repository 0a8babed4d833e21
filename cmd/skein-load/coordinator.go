//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"
)

const (
	pollEvery    = 5 * time.Millisecond
	joinTimeout  = 15 * time.Second // without one more client
	drainTimeout = 5 * time.Second  // without one more delivery
	straggleTime = 50 * time.Millisecond
	tailTime     = 200 * time.Millisecond // what a server does after the last client has joined
)

// A coordinator takes a run through its phases, reads the server's counters at their borders and writes the report.
type coordinator struct {
	ctx     context.Context
	cfg     Config
	crew    *crew
	board   *board
	server  *serverProbe
	backend *backendProcess
	report  *Report
	show    *progress
	began   time.Time
	last    Sample
	series  series
}

// errCutShort ends a run early without being a failure of its own; what happened is in the workers' results.
var errCutShort = errors.New("cut short")

// run carries out cfg. The report is valid whenever the error is nil, also when the server failed the checks.
func run(ctx context.Context, cfg Config, show *progress) (*Report, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	if err := awaitListener(ctx, cfg); err != nil {
		return nil, err
	}
	probe, err := newServerProbe(cfg)
	if err != nil {
		return nil, err
	}
	k := &coordinator{ctx: ctx, cfg: cfg, server: probe, show: show, began: time.Now(), report: newReport(cfg)}
	k.report.Client.CPUs = runtime.NumCPU()
	if k.backend, err = startBackend(ctx, cfg); err != nil {
		return nil, err
	}
	if k.crew, err = startCrew(cfg); err != nil {
		k.backend.stop()
		return nil, err
	}
	k.board = k.crew.board
	defer k.backend.stop()
	if probe.known() {
		k.report.Server = &ServerUse{PIDs: cfg.PIDs, RSSStart: probe.rss()}
	}
	err = k.drive()
	k.board.phase.Store(phaseExit)
	show.clear()
	results, werr := k.crew.wait()
	if err == nil {
		err = werr
	}
	if err != nil && !errors.Is(err, errCutShort) {
		return nil, err
	}
	if ctx.Err() != nil {
		k.report.Interrupted = true
	}
	if said := k.backend.stop(); said != "" {
		k.report.Fail("the backend said: " + said)
	}
	k.report.Series = k.series.samples
	return k.report, k.report.finish(results)
}

func (k *coordinator) drive() error {
	switch k.cfg.Scenario {
	case scenarioIdle:
		return k.driveIdle()
	case scenarioConnect:
		return k.driveConnect()
	}
	if err := k.join(k.cfg.Clients); err != nil {
		return err
	}
	return k.driveLoad()
}

// driveLoad is warm-up, measurement and drain. A given number of messages is counted from the first, without warm-up.
func (k *coordinator) driveLoad() error {
	if err := k.server.collect(k.ctx); err != nil {
		return err
	}
	limit := k.cfg.Duration
	if k.cfg.Messages > 0 {
		limit = math.MaxInt64
	} else {
		k.board.phase.Store(phaseWarmup)
		if err := k.until(k.cfg.Warmup, phaseWarmup); err != nil {
			return k.drain(err)
		}
	}
	m := k.startMeasuring()
	k.board.phase.Store(phaseMeasure)
	err := k.until(limit, phaseMeasure)
	m.stop(k.board.done(k.crew.n), k.board.sent(k.crew.n))
	return k.drain(err)
}

// until waits for d to pass or, where the number of messages is given, for the workers to come to rest.
func (k *coordinator) until(d time.Duration, phase uint32) error {
	start, moved, done := time.Now(), time.Now(), k.board.done(k.crew.n)
	first := done
	for time.Since(start) < d {
		k.show.stage(phaseName(phase), k.progress(time.Since(start), d, k.board.done(k.crew.n)-first))
		if phase == phaseMeasure && k.cfg.Messages > 0 && k.board.allIdle(k.crew.n, phase) {
			return nil
		}
		if err := k.tick(); err != nil {
			return err
		}
		if n := k.board.done(k.crew.n); n != done {
			done, moved = n, time.Now()
		} else if time.Since(moved) > k.cfg.Stall {
			k.report.Note(fmt.Sprintf("nothing arrived for %s", k.cfg.Stall))
			return errCutShort
		}
	}
	return nil
}

// progress is how much of a phase is done: by time, or by messages where their number is given.
func (k *coordinator) progress(passed, d time.Duration, done uint64) float64 {
	if k.cfg.Messages == 0 {
		return passed.Seconds() / d.Seconds()
	}
	all := float64(k.cfg.Messages)
	if k.cfg.Scenario == scenarioFanout {
		all *= float64(k.cfg.Clients) / float64(max(1, k.cfg.allSenders()/k.cfg.Senders))
	}
	return float64(done) / all
}

// drain lets what is under way arrive, and what should not come show itself.
func (k *coordinator) drain(err error) error {
	k.board.phase.Store(phaseDrain)
	moved, done := time.Now(), k.board.done(k.crew.n)
	limit := drainTimeout
	if err != nil {
		limit = min(limit, k.cfg.Stall, time.Second)
	}
	for !k.board.allIdle(k.crew.n, phaseDrain) && time.Since(moved) < limit {
		time.Sleep(pollEvery)
		if n := k.board.done(k.crew.n); n != done {
			done, moved = n, time.Now()
		}
	}
	time.Sleep(straggleTime)
	return err
}

// join raises the number of clients to n and waits for them.
func (k *coordinator) join(n int) error {
	k.board.target.Store(uint32(n))
	moved, joined := time.Now(), uint64(0)
	for {
		j := k.board.joined(k.crew.n)
		if j >= uint64(n) {
			return nil
		}
		k.show.stage("connecting", float64(j)/float64(k.cfg.Clients))
		if j != joined {
			joined, moved = j, time.Now()
		} else if time.Since(moved) > joinTimeout {
			k.report.Fail(fmt.Sprintf("%d of %d clients joined, then none for %s", j, n, joinTimeout))
			return errCutShort
		}
		if err := k.tick(); err != nil {
			return err
		}
	}
}

// tick waits a moment, takes a sample when one is due and looks for reasons to stop.
func (k *coordinator) tick() error {
	time.Sleep(pollEvery)
	if t := time.Now(); k.series.wanted(t) {
		k.sample(t)
	}
	if k.ctx.Err() != nil || k.board.failed.Load() > 0 {
		return errCutShort
	}
	return nil
}

func (k *coordinator) sample(t time.Time) {
	n := k.crew.n
	k.series.recent.advance(k.board, n)
	s := Sample{At: t.Sub(k.began).Seconds(), Clients: k.board.joined(n), Visits: k.board.visits(n), Sent: k.board.sent(n), Done: k.board.done(n),
		P50: k.series.recent.quantile(0.5), P99: k.series.recent.quantile(0.99)}
	if k.server.known() {
		s.RSS, s.CPU = k.server.rss(), k.server.cpu()
	}
	k.series.add(t, s)
	if k.last.At > 0 { // rates need two samples
		k.show.line(k.last, s)
	}
	k.last = s
}

// pause waits for d, ticking.
func (k *coordinator) pause(d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := k.tick(); err != nil {
			return err
		}
	}
	return nil
}
