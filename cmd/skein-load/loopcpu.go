//go:build linux

package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// A loopCPU measures what a worker's loop costs between start and stop. The loop is locked to its thread.
type loopCPU struct {
	began, cpu, waited, delay int64
	seconds                   float64 // CPU time of the thread
	busy                      float64 // share of the time not spent waiting for the server
	starved                   float64 // share of the time in which the thread was ready but got no core
}

func (l *loopCPU) start(p *pool) {
	l.began, l.cpu, l.waited, l.delay = now(), threadCPU(), p.waited, threadDelay()
}

func (l *loopCPU) stop(p *pool) {
	l.seconds = float64(threadCPU()-l.cpu) / 1e9
	if elapsed := now() - l.began; elapsed > 0 {
		l.busy = 1 - float64(p.waited-l.waited)/float64(elapsed)
		l.starved = float64(threadDelay()-l.delay) / float64(elapsed)
	}
}

func threadCPU() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return ts.Nano()
}

// threadDelay is for how long the calling thread has waited for a core.
func threadDelay() int64 {
	b, err := os.ReadFile("/proc/thread-self/schedstat")
	if err != nil {
		return 0
	}
	var ran, waited int64
	if _, err := fmt.Sscan(string(b), &ran, &waited); err != nil {
		return 0
	}
	return waited
}
