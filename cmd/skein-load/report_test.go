//go:build linux

package main

import (
	"testing"
)

// sampleReport is a report as a run with everything in it makes one.
func sampleReport(t *testing.T, scenario string) *Report {
	t.Helper()
	h := newHistogram()
	for i := range int64(2000) {
		record(h, 50_000+i*i)
	}
	r := newReport(Config{Scenario: scenario, Dialect: "cl4", Clients: 300, Processes: 1, Senders: 1, Window: 4, URL: "ws://127.0.0.1:3000/<script>"})
	r.From, r.To, r.Seconds, r.Done, r.Sent = 1, 9, 8, 80_000, 800
	r.DonePerSecond, r.SentPerSecond = 10_000, 100
	r.Server = &ServerUse{PIDs: []int{1}, CPUSeconds: 1, CPUMicrosPerOp: 12.5, RSSStart: 20 << 20, RSSBefore: 30 << 20, RSSAfter: 31 << 20}
	if scenario == scenarioIdle {
		r.Memory = &Slope{Points: []MemoryPoint{{0, 20 << 20}, {150, 25 << 20}, {300, 30 << 20}}}
		r.Memory.fit()
	}
	for i := range 40 {
		at := float64(i) / 4
		r.Series = append(r.Series, Sample{At: at, Clients: min(300, uint64(i)*30), Sent: uint64(i) * 25, Done: uint64(i) * 2500, P50: 100, P99: 900, RSS: 30 << 20, CPU: at / 8})
	}
	if err := r.finish([]WorkerResult{{Latency: saveHistogram(h), Join: saveHistogram(h), Busy: 0.5}}); err != nil {
		t.Fatal(err)
	}
	if !r.OK {
		t.Fatal(r.Errors)
	}
	return r
}
