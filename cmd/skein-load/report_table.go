//go:build linux

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// operation names what a scenario counts.
func operation(scenario string) (one, many string) {
	switch scenario {
	case scenarioFanout:
		return "delivery", "deliveries"
	case scenarioEcho:
		return "answer", "answers"
	case scenarioMixed, scenarioSoak:
		return "delivery or answer", "deliveries and answers"
	}
	return "client", "clients"
}

// rows hands on the report line by line, for people.
func (r *Report) rows(line func(name, value string)) {
	one, many := operation(r.Config.Scenario)
	row := func(name, format string, args ...any) { line(name, fmt.Sprintf(format, args...)) }
	row("scenario", "%s", r.describe())
	if r.Config.loads() {
		row("sent", "%d in %.2f s, %s/s", r.Sent, r.Seconds, count(r.SentPerSecond))
	}
	row(many, "%d in %.2f s, %s/s", r.Done, r.Seconds, count(r.DonePerSecond))
	for _, l := range []struct {
		name string
		of   *Latency
	}{{"latency", r.Latency}, {"latency of the last member", r.Completion}, {"latency of answers", r.Answers}, {"join", r.Join}, {"sent late by", r.Client.Slip}} {
		if l.of != nil {
			row(l.name, "p50 %s  p90 %s  p99 %s  p99.9 %s  max %s", micros(l.of.P50), micros(l.of.P90), micros(l.of.P99), micros(l.of.P999), micros(l.of.Max))
		}
	}
	if r.Config.Visitors > 0 {
		row("visits", "%d", r.Visits)
	}
	if s := r.Server; s != nil {
		row("server CPU", "%.2f µs per %s (%.2f s, %.0f %% of one core)", s.CPUMicrosPerOp, one, s.CPUSeconds, 100*s.CPUSeconds/max(r.Seconds, 1e-9))
		row("server memory", "%s at the start, %s before, %s after, %s peak", mib(s.RSSStart), mib(s.RSSBefore), mib(s.RSSAfter), mib(s.RSSPeak))
	}
	if m := r.Memory; m != nil && r.Server != nil {
		row("memory per client", "%.0f bytes (slope), %.0f bytes (from empty)", m.BytesPerClient, m.FromEmpty)
	}
	if g := r.Growth; g != nil {
		row("memory, second half", "%s to %s by its trend, %+.1f %%", mib(g.From), mib(g.To), 100*g.Share)
	}
	if r.Config.mixes() && r.Server != nil {
		row("open files", "%d before, %d after", r.Server.FilesBefore, r.Server.FilesAfter)
	}
	processes := "1 process"
	if n := r.Client.Processes; n > 1 {
		processes = fmt.Sprintf("%d processes", n)
	}
	row("harness CPU", "%.2f µs per %s (%s, busiest loop %.0f %%)", r.Client.CPUMicrosPerOp, one, processes, 100*r.Client.Busiest)
	if r.Client.BackendCPU > 0 {
		row("backend CPU", "%.2f µs per %s (%.0f %% of one core)", r.Client.BackendCPU*1e6/float64(max(1, r.Done)), one, 100*r.Client.BackendBusy)
	}
	row("verified", "%d lost, %d doubled, %d reordered, %d garbled", r.Tally.Lost, r.Tally.Doubled, r.Tally.Reordered, r.Tally.Garbled)
	if r.Config.Scenario == scenarioFanout && r.Config.Senders > 1 && r.Orders > 0 {
		row("order", "%d different among the members of a room", r.Orders)
	}
}

// table prints the report.
func (r *Report) table(out io.Writer) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	r.rows(func(name, value string) { fmt.Fprintf(t, "%s\t%s\n", name, value) })
	t.Flush()
	if r.Interrupted {
		fmt.Fprintln(out, "Interrupted.")
	}
	for _, n := range r.Notes {
		fmt.Fprintln(out, "Note:", n)
	}
	for _, e := range r.Errors {
		fmt.Fprintln(out, "Error:", e)
	}
	if !r.OK {
		fmt.Fprintln(out, "FAILED")
	}
}

// describe is one line on what was run.
func (r *Report) describe() string {
	c := r.Config
	parts := []string{c.Scenario, c.Dialect, fmt.Sprintf("%d clients", c.Clients)}
	if c.RoomSize > 0 {
		parts = append(parts, fmt.Sprintf("rooms of %d", c.RoomSize))
	}
	if c.Visitors > 0 {
		parts = append(parts, fmt.Sprintf("%d visitors", c.Visitors))
	}
	switch {
	case c.Rate > 0:
		parts = append(parts, fmt.Sprintf("%g/s", c.Rate))
	case c.loads():
		parts = append(parts, fmt.Sprintf("window %d", c.Window))
	}
	if c.Senders > 1 {
		parts = append(parts, fmt.Sprintf("%d senders in a room", c.Senders))
	}
	if c.Size > 0 {
		parts = append(parts, fmt.Sprintf("%d bytes", c.Size))
	}
	return strings.Join(parts, ", ") + ", " + c.URL
}

func count(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.2fM", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%.1fk", v/1e3)
	}
	return fmt.Sprintf("%.0f", v)
}

// micros shows a time in microseconds with three digits.
func micros(us float64) string {
	switch {
	case us >= 1e6:
		return threeDigits(us/1e6) + " s"
	case us >= 1e3:
		return threeDigits(us/1e3) + " ms"
	}
	return fmt.Sprintf("%.0f µs", us)
}

func threeDigits(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
