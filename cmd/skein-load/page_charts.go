//go:build linux

package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// charts are those that the report has numbers for.
func (r *Report) charts() ([]*chart, error) {
	percentiles, err := r.percentileChart()
	if err != nil {
		return nil, err
	}
	var all []*chart
	for _, c := range []*chart{percentiles, r.memoryPerClientChart(), r.rateChart(), r.joinChart(), r.latencyChart(), r.memoryChart(), r.cpuChart()} {
		if c != nil {
			all = append(all, c)
		}
	}
	return all, nil
}

// namedLatencies are the latencies of a report with the names that people see.
func (r *Report) namedLatencies() []namedLatency {
	first := "delivery"
	switch {
	case r.Config.Scenario == scenarioEcho, r.Config.mixes() && r.Config.Requests == 1:
		first = "answer"
	}
	all := []namedLatency{{first, r.Latency}, {"last member", r.Completion}, {"answer", r.Answers}, {"join", r.Join}}
	have := all[:0]
	for _, l := range all {
		if l.Of != nil {
			have = append(have, l)
		}
	}
	return have
}

type namedLatency struct {
	Name string
	Of   *Latency
}

// percentileChart shows how many were faster than what; the axis gives each further nine the same room.
func (r *Report) percentileChart() (*chart, error) {
	c := &chart{Title: "Latency by percentile", About: "How long the given share took at most."}
	if !r.Config.loads() {
		c.Title = "Join by percentile"
	}
	nines := 2.0
	for _, l := range r.namedLatencies() {
		if l.Name == "join" && r.Config.Scenario != scenarioConnect && r.Config.Scenario != scenarioIdle {
			continue
		}
		if l.Of.Histogram == nil {
			continue
		}
		h, err := hdrhistogram.Decode(l.Of.Histogram.Encoded)
		if err != nil {
			return nil, fmt.Errorf("histogram of %s: %w", l.Name, err)
		}
		most := min(math.Log10(float64(h.TotalCount())), 6)
		line := chartLine{Name: l.Name}
		for n := 0.0; n <= most; n += 0.05 {
			q := 100 * (1 - math.Pow(10, -n))
			line.Points = append(line.Points, chartPoint{n, float64(h.ValueAtQuantile(q)) / 1e3})
		}
		nines = max(nines, most)
		c.Lines = append(c.Lines, line)
	}
	if len(c.Lines) == 0 {
		return nil, nil
	}
	c.x = axis{max: nines, ticks: []axisTick{{-math.Log10(0.5), "50 %"}}}
	for n := 1.0; n <= nines; n++ {
		c.x.ticks = append(c.x.ticks, axisTick{n, strconv.FormatFloat(100-math.Pow(10, 2-n), 'f', -1, 64) + " %"})
	}
	c.y = logAxis(lowest(c.Lines), highest(c.Lines), shortMicros)
	return c, nil
}

// overTime is a chart of what value makes of two samples that follow each other.
func (r *Report) overTime(title, about string, label func(float64) string, lines []string, value func(line int, a, b Sample) float64) *chart {
	if len(r.Series) < 3 {
		return nil
	}
	c := &chart{Title: title, About: about, from: r.From, to: r.To}
	for k, name := range lines {
		l := chartLine{Name: name}
		for i := 1; i < len(r.Series); i++ {
			a, b := r.Series[i-1], r.Series[i]
			if v := value(k, a, b); b.At > a.At && !math.IsNaN(v) {
				l.Points = append(l.Points, chartPoint{b.At, v})
			}
		}
		if highest([]chartLine{l}) > 0 {
			c.Lines = append(c.Lines, l)
		}
	}
	if len(c.Lines) == 0 {
		return nil
	}
	c.x = timeAxis(r.Series[len(r.Series)-1].At)
	c.y = linearAxis(highest(c.Lines), label)
	return c
}

func (r *Report) rateChart() *chart {
	if !r.Config.loads() {
		return nil
	}
	_, many := operation(r.Config.Scenario)
	return r.overTime("Messages per second", "", shortCount, []string{many, "sent"}, func(line int, a, b Sample) float64 {
		n := b.Done - a.Done
		if line == 1 {
			n = b.Sent - a.Sent
		}
		return float64(n) / (b.At - a.At)
	})
}

func (r *Report) joinChart() *chart {
	if r.Config.loads() {
		return nil
	}
	return r.overTime("Clients", "", shortCount, []string{"joined"}, func(_ int, _, b Sample) float64 { return float64(b.Clients) })
}

func (r *Report) latencyChart() *chart {
	c := r.overTime("Latency over time", "", shortMicros, []string{"99th percentile", "median"}, func(line int, _, b Sample) float64 {
		v := b.P99
		if line == 1 {
			v = b.P50
		}
		if v == 0 {
			return math.NaN()
		}
		return v
	})
	if c != nil {
		c.y = logAxis(lowest(c.Lines), highest(c.Lines), shortMicros)
	}
	return c
}

func (r *Report) memoryChart() *chart {
	return r.overTime("Server memory", "Resident, in MiB.", plain, []string{"resident"}, func(_ int, _, b Sample) float64 { return float64(b.RSS) / (1 << 20) })
}

func (r *Report) cpuChart() *chart {
	return r.overTime("Server CPU", "In per cent of one core.", plain, []string{"server"}, func(_ int, a, b Sample) float64 {
		return 100 * (b.CPU - a.CPU) / (b.At - a.At)
	})
}

func (r *Report) memoryPerClientChart() *chart {
	if r.Memory == nil || r.Server == nil || len(r.Memory.Points) < 2 {
		return nil
	}
	l := chartLine{Name: "resident"}
	for _, p := range r.Memory.Points {
		l.Points = append(l.Points, chartPoint{float64(p.Clients), float64(p.RSS) / (1 << 20)})
	}
	c := &chart{Title: "Server memory by clients", About: fmt.Sprintf("Resident, in MiB, at rest: %.0f bytes per client.", r.Memory.BytesPerClient), Lines: []chartLine{l}}
	c.x = countAxis(l.Points[len(l.Points)-1].X, shortCount)
	c.y = linearAxis(highest(c.Lines), plain)
	return c
}

// Labels of axes.

func plain(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func shortCount(v float64) string {
	switch {
	case v >= 1e6:
		return plain(v/1e6) + " M"
	case v >= 1e4:
		return plain(v/1e3) + " k"
	}
	return plain(v)
}

func shortMicros(us float64) string {
	switch {
	case us >= 1e6:
		return plain(us/1e6) + " s"
	case us >= 1e3:
		return plain(us/1e3) + " ms"
	}
	return strings.TrimSuffix(plain(us), ".0") + " µs"
}
