//go:build linux

package main

import "fmt"

const (
	// bottleneckAt is the share of a core above which the harness, not the server, may have set the pace.
	bottleneckAt = 0.95
	// starvedAt is the share of a loop's time without a core above which a report warns.
	starvedAt = 0.25
	// slipAt is the 99th percentile of lateness, in microseconds, above which a report warns.
	slipAt = 1000
	// rateMissed is the share of a fixed rate below which a report warns.
	rateMissed = 0.98
)

// judgeHarness says where the harness or the machine, and not the server, may be what the numbers are about.
func (r *Report) judgeHarness() {
	c := &r.Client
	if r.Seconds == 0 {
		return // nothing was measured
	}
	if c.Busiest >= bottleneckAt {
		r.bottleneck(fmt.Sprintf("a loop of the harness was busy %.0f %% of the time", 100*c.Busiest))
	}
	if c.BackendBusy >= bottleneckAt {
		r.bottleneck(fmt.Sprintf("the harness's backend was busy %.0f %% of the time", 100*c.BackendBusy))
	}
	if c.Slip != nil && c.Slip.P99 >= slipAt {
		text := fmt.Sprintf("the harness sent late (p99 %s, max %s after the intended time), which counts as latency", micros(c.Slip.P99), micros(c.Slip.Max))
		if r.Latency != nil && c.Slip.P99 > r.Latency.P99/2 {
			r.bottleneck(text)
		} else {
			r.Note(text)
		}
	}
	if rate := r.Config.Rate; rate > 0 && r.Config.loads() && r.Config.Messages == 0 && r.SentPerSecond < rateMissed*rate && !r.Interrupted {
		r.Note(fmt.Sprintf("only %s of %s per second were sent, because too many before them had not arrived", count(r.SentPerSecond), count(rate)))
	}
	if c.Starved > starvedAt {
		r.Note(fmt.Sprintf("the harness had to wait for a core %.0f %% of the time (the server and whatever else runs here had it): rates and latencies are also those of the machine", 100*c.Starved))
	}
}

func (r *Report) bottleneck(why string) {
	r.Client.Bottleneck = true
	r.Note("the harness was the bottleneck: " + why + ". Rates and latencies say little about the server; its CPU time per operation still does")
}
