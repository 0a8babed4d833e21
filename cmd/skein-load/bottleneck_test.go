//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestHarnessIsJudged(t *testing.T) {
	slow := newHistogram()
	for range 100 {
		record(slow, 3_000_000)
	}
	fast := newHistogram()
	for range 100 {
		record(fast, 3_100_000)
	}
	for _, c := range []struct {
		name       string
		change     func(*Report, *WorkerResult)
		bottleneck bool
		note       string
	}{
		{"nothing", func(*Report, *WorkerResult) {}, false, ""},
		{"busy", func(_ *Report, w *WorkerResult) { w.Busy = 0.97 }, true, "busy 97 %"},
		{"backend", func(r *Report, _ *WorkerResult) { r.Client.BackendBusy = 0.99 }, true, "backend was busy"},
		{"starved", func(_ *Report, w *WorkerResult) { w.Starved = 0.4 }, false, "wait for a core 40 %"},
		{"late", func(_ *Report, w *WorkerResult) { w.Slip, w.Latency = saveHistogram(slow), saveHistogram(fast) }, true, "sent late (p99 3.00 ms"},
		{"rate", func(r *Report, _ *WorkerResult) { r.Config.Rate, r.SentPerSecond = 1000, 900 }, false, "only 900 of 1000"},
	} {
		r := newReport(Config{Scenario: scenarioFanout, Clients: 3, Processes: 1})
		r.Done, r.Seconds = 10, 1
		w := WorkerResult{Busy: 0.5}
		c.change(r, &w)
		if err := r.finish([]WorkerResult{w}); err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(r.Notes, "\n")
		if r.Client.Bottleneck != c.bottleneck || !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
			t.Errorf("%s: bottleneck %v, notes %q", c.name, r.Client.Bottleneck, notes)
		}
	}
}
