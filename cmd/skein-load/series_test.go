//go:build linux

package main

import (
	"testing"
	"time"
)

func TestSeriesIsBounded(t *testing.T) {
	var s series
	start := time.Now()
	for i := range 3 * maxSamples {
		p99 := 1.0
		if i == 1000 {
			p99 = 777
		}
		s.add(start.Add(time.Duration(i)*time.Second), Sample{At: float64(i), P99: p99})
	}
	if len(s.samples) >= maxSamples || s.every <= sampleEvery {
		t.Errorf("%d samples, one every %s", len(s.samples), s.every)
	}
	worst := 0.0
	for i, x := range s.samples {
		worst = max(worst, x.P99)
		if i > 0 && x.At <= s.samples[i-1].At {
			t.Fatal("the order is lost")
		}
	}
	if worst != 777 || s.samples[len(s.samples)-1].At != 3*maxSamples-1 {
		t.Errorf("the worst is %v, the last %v", worst, s.samples[len(s.samples)-1].At)
	}
}

func TestLatencyWindow(t *testing.T) {
	b := newBoard(&Config{Scenario: scenarioEcho})
	for i := range int64(100) {
		b.worker[i%2].recent.add((i + 1) * 1_000_000)
	}
	b.worker[0].recent.add(1)
	b.worker[0].recent.add(1 << 62)
	var w latencyWindow
	w.advance(b, 2)
	if p50, p99 := w.quantile(0.5), w.quantile(0.99); p50 < 50_000 || p50 > 55_000 || p99 < 99_000 || p99 > 107_000 {
		t.Errorf("p50 %v, p99 %v", p50, p99)
	}
	w.advance(b, 2)
	if w.quantile(0.5) != 0 {
		t.Error("counted twice")
	}
}

func TestCountStepsAreMonotonous(t *testing.T) {
	last := -1
	for ns := int64(1); ns < 1<<40; ns += ns/64 + 1 {
		i := countIndex(ns)
		if i < last || i-last > 1 && last >= 0 && ns > 1<<countLowest+64 {
			t.Fatalf("%d ns are in step %d after %d", ns, i, last)
		}
		if v := countValue(i) * 1e3; i > 0 && i < countSteps*countPowers-1 && (v < float64(ns) || v > float64(ns)*1.07) {
			t.Fatalf("%d ns are in a step up to %v", ns, v)
		}
		last = i
	}
}
