//go:build linux

package main

import "github.com/HdrHistogram/hdrhistogram-go"

// A schedule says when the messages of an open loop are due. It runs from the start of the load and never waits for
// the server: a message that is sent late keeps its time, so its latency counts the delay.
type schedule struct {
	start    int64
	interval float64 // nanoseconds
	issued   uint64
	waiting  bool                    // the next message cannot be sent, whenever it is due
	held     int64                   // when the server, by not answering, last kept a due message from being sent
	slip     *hdrhistogram.Histogram // how late messages were sent that nothing but the harness held up
}

func newSchedule(rate float64, now int64, slip *hdrhistogram.Histogram) schedule {
	return schedule{start: now, interval: 1e9 / rate, slip: slip}
}

// next returns the time of the next message if it has come.
func (s *schedule) next(now int64) (due int64, ok bool) {
	due = s.start + int64(float64(s.issued)*s.interval)
	if due > now {
		s.waiting = false
	}
	return due, due <= now
}

// due is when something is to be done, 0 if that does not depend on the time.
func (s *schedule) due() int64 {
	if s.interval == 0 || s.waiting {
		return 0
	}
	return s.start + int64(float64(s.issued)*s.interval)
}

// hold says that the next message is due and must wait for the server.
func (s *schedule) hold(now int64) { s.held, s.waiting = now, true }

// stop says that nothing more is to be sent for now.
// advance says that the next message, which was due then, is sent now.
func (s *schedule) advance(due, now int64) {
	s.issued++
	s.waiting = false
	record(s.slip, now-max(due, s.held))
}

// earlier is the earlier of two times, of which 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
