//go:build linux

package main

import "fmt"

// Names of the scenarios.
const (
	scenarioFanout  = "fanout"
	scenarioEcho    = "echo"
	scenarioIdle    = "idle"
	scenarioConnect = "connect"
	scenarioMixed   = "mixed"
	scenarioSoak    = "soak"
)

// A scenario is the traffic of one worker. All calls come from the worker's loop.
type scenario interface {
	enter(phase uint32)
	tick(now int64) // before each wait for events
	due() int64     // when tick is wanted again at the latest, 0: no matter
	received(c *conn, payload []byte)
	woken()
	finish(*WorkerResult)
}

func newScenario(w *worker, wake int) (scenario, error) {
	switch w.cfg.Scenario {
	case scenarioFanout:
		return newFanout(w, wake, w.cfg.Rate), nil
	case scenarioEcho:
		return newEchoes(w, w.cfg.Rate), nil
	case scenarioMixed, scenarioSoak:
		return newMixed(w, wake), nil
	case scenarioIdle, scenarioConnect:
		return &silent{w: w}, nil
	}
	return nil, fmt.Errorf("unknown scenario %q", w.cfg.Scenario)
}

// silent is the scenario of clients that join and say nothing more.
type silent struct{ w *worker }

func (s *silent) enter(phase uint32)               { s.w.cell.idle.Store(phase) }
func (s *silent) tick(int64)                       {}
func (s *silent) due() int64                       { return 0 }
func (s *silent) received(_ *conn, payload []byte) { s.w.stray(payload) }
func (s *silent) woken()                           {}
func (s *silent) finish(*WorkerResult)             {}
