//go:build linux

package main

// A schedule says when the messages of an open loop are due. It runs from the start of the load and never waits for
// the server: a message that is sent late keeps its time, so its latency counts the delay.
type schedule struct {
	start    int64
	interval float64 // nanoseconds
	issued   uint64
}

func newSchedule(rate float64, now int64) schedule {
	return schedule{start: now, interval: 1e9 / rate}
}

// next returns the time of the next message if it has come.
func (s *schedule) next(now int64) (due int64, ok bool) {
	due = s.start + int64(float64(s.issued)*s.interval)
	return due, due <= now
}

func (s *schedule) advance() { s.issued++ }
