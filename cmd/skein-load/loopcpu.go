//go:build linux

package main

import "golang.org/x/sys/unix"

// bottleneckAt is the share of a loop's time above which the client, not the server, may have set the pace.
const bottleneckAt = 0.95

// A loopCPU measures what a worker's loop costs between start and stop. The loop is locked to its thread.
type loopCPU struct {
	began, cpu, waited int64
	seconds            float64 // CPU time of the thread
	busy               float64 // share of the time not spent waiting for the server
}

func (l *loopCPU) start(p *pool) {
	l.began, l.cpu, l.waited = now(), threadCPU(), p.waited
}

func (l *loopCPU) stop(p *pool) {
	l.seconds = float64(threadCPU()-l.cpu) / 1e9
	if elapsed := now() - l.began; elapsed > 0 {
		l.busy = 1 - float64(p.waited-l.waited)/float64(elapsed)
	}
}

func threadCPU() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return ts.Nano()
}
