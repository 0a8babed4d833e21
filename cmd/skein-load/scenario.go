//go:build linux

package main

import "fmt"

// Names of the scenarios.
const (
	scenarioFanout  = "fanout"
	scenarioPing    = "ping"
	scenarioIdle    = "idle"
	scenarioConnect = "connect"
)

// A scenario is the traffic of one worker. All calls come from the worker's loop.
type scenario interface {
	enter(phase uint32)
	tick(now int64) // before each wait for events
	received(c *conn, payload []byte)
	woken()
	finish(*WorkerResult)
}

func newScenario(w *worker, wake int) (scenario, error) {
	switch w.cfg.Scenario {
	case scenarioFanout:
		return newFanout(w, wake), nil
	case scenarioPing:
		return newPing(w), nil
	case scenarioIdle, scenarioConnect:
		return &silent{w: w}, nil
	}
	return nil, fmt.Errorf("unknown scenario %q", w.cfg.Scenario)
}

// silent is the scenario of clients that join and say nothing more.
type silent struct{ w *worker }

func (s *silent) enter(phase uint32)               { s.w.cell.idle.Store(phase) }
func (s *silent) tick(int64)                       {}
func (s *silent) received(_ *conn, payload []byte) { s.w.stray(payload) }
func (s *silent) woken()                           {}
func (s *silent) finish(*WorkerResult)             {}
