//go:build linux

package main

import (
	"math/bits"
	"sync/atomic"
)

// Latencies of the recent past are counted in sixteen steps per power of two nanoseconds, from 1 µs to 68 s.
const (
	countSteps  = 16
	countLowest = 10 // the power of two of the first step
	countPowers = 26
)

// latencyCounts count latencies where the coordinator can see them while the run goes on. One worker writes.
type latencyCounts [countSteps * countPowers]atomic.Uint32

// add counts a latency in nanoseconds.
func (l *latencyCounts) add(ns int64) {
	n := &l[countIndex(ns)]
	n.Store(n.Load() + 1)
}

func countIndex(ns int64) int {
	if ns < 1<<countLowest {
		return 0
	}
	power := bits.Len64(uint64(ns)) - 1
	if power >= countLowest+countPowers {
		return countSteps*countPowers - 1
	}
	return (power-countLowest)*countSteps + int(ns>>(power-4))&(countSteps-1)
}

// countValue is the upper end of a step in microseconds.
func countValue(i int) float64 {
	power := i/countSteps + countLowest
	return float64(int64(countSteps+i%countSteps+1)<<(power-4)) / 1e3
}

// A latencyWindow tells the quantiles of what was counted since it was asked last.
type latencyWindow struct {
	before [countSteps * countPowers]uint32
	now    [countSteps * countPowers]uint32
	total  uint64
}

// advance reads the counts of n workers.
func (w *latencyWindow) advance(b *board, n int) {
	var sum [countSteps * countPowers]uint32
	for i := range b.worker[:n] {
		for k := range sum {
			sum[k] += b.worker[i].recent[k].Load()
		}
	}
	w.total = 0
	for k := range sum {
		w.now[k] = sum[k] - w.before[k]
		w.total += uint64(w.now[k])
	}
	w.before = sum
}

// quantile is in microseconds; 0 when nothing was counted.
func (w *latencyWindow) quantile(q float64) float64 {
	if w.total == 0 {
		return 0
	}
	rank, seen := uint64(q*float64(w.total-1))+1, uint64(0)
	for k, n := range w.now {
		if seen += uint64(n); seen >= rank {
			return countValue(k)
		}
	}
	return 0
}
