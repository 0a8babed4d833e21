//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// reportFormat is the format of reports; the number changes when a field goes or changes its meaning. A new field
// does not count.
const reportFormat = "skein-load/1"

// A Report is the outcome of a run; --json writes it.
type Report struct {
	Format        string     `json:"format"`
	Config        Config     `json:"config"`
	Started       time.Time  `json:"started"`
	From          float64    `json:"measured_from_seconds"` // on the clock of the series
	To            float64    `json:"measured_to_seconds"`
	Seconds       float64    `json:"seconds"` // measured, without setup, warm-up and drain
	Sent          uint64     `json:"sent"`    // messages or requests
	Done          uint64     `json:"done"`    // deliveries, answers or clients
	SentPerSecond float64    `json:"sent_per_second"`
	DonePerSecond float64    `json:"done_per_second"`
	Latency       *Latency   `json:"latency,omitempty"`    // of each delivery or answer
	Completion    *Latency   `json:"completion,omitempty"` // until the last member of a room has a message
	Answers       *Latency   `json:"answers,omitempty"`    // of each answer, where latency is of deliveries
	Join          *Latency   `json:"join,omitempty"`       // from connect to the end of the join
	Visits        uint64     `json:"visits,omitempty"`
	Memory        *Slope     `json:"memory,omitempty"`
	Growth        *Growth    `json:"growth,omitempty"`
	Server        *ServerUse `json:"server,omitempty"`
	Client        ClientUse  `json:"client"`
	Tally         Tally      `json:"tally"`
	Orders        int        `json:"orders,omitempty"` // distinct orders in which members of a room saw the messages of all its senders
	Notes         []string   `json:"notes,omitempty"`
	Errors        []string   `json:"errors,omitempty"`
	Interrupted   bool       `json:"interrupted,omitempty"`
	OK            bool       `json:"ok"`
	Series        []Sample   `json:"series,omitempty"`
}

// A ServerUse is what the server's processes used.
type ServerUse struct {
	PIDs           []int   `json:"pids"`
	CPUSeconds     float64 `json:"cpu_seconds"`
	CPUMicrosPerOp float64 `json:"cpu_micros_per_op"` // per delivery, answer or client
	RSSStart       int64   `json:"rss_start_bytes"`
	RSSBefore      int64   `json:"rss_before_bytes"`
	RSSAfter       int64   `json:"rss_after_bytes"`
	RSSPeak        int64   `json:"rss_peak_bytes"`
	FilesBefore    int     `json:"files_before"`
	FilesAfter     int     `json:"files_after"`
}

// A ClientUse is what the load harness itself used, and whether it was what limited the run.
type ClientUse struct {
	CPUs           int      `json:"cpus"`
	Processes      int      `json:"processes"`
	CPUSeconds     float64  `json:"cpu_seconds"`
	CPUMicrosPerOp float64  `json:"cpu_micros_per_op"`
	Busiest        float64  `json:"busiest"`                       // the busiest loop's share of time not spent waiting for the server
	Starved        float64  `json:"starved"`                       // the largest share of time in which a loop wanted a core and got none
	BackendCPU     float64  `json:"backend_cpu_seconds,omitempty"` // of the backend that comes with the harness
	BackendBusy    float64  `json:"backend_busy,omitempty"`        // its share of a core
	Slip           *Latency `json:"slip,omitempty"`                // how late messages of an open loop were sent, where the server did not hold them up
	Bottleneck     bool     `json:"bottleneck"`
}

// A Latency summarises a histogram, in microseconds, and carries it along in HdrHistogram's interchange format.
type Latency struct {
	Count     int64     `json:"count"`
	Min       float64   `json:"min"`
	Mean      float64   `json:"mean"`
	P50       float64   `json:"p50"`
	P90       float64   `json:"p90"`
	P99       float64   `json:"p99"`
	P999      float64   `json:"p999"`
	Max       float64   `json:"max"`
	Histogram *hdrState `json:"histogram"`
}

func newReport(cfg Config) *Report {
	return &Report{Format: reportFormat, Config: cfg, Started: time.Now().UTC(), Client: ClientUse{Processes: cfg.Processes}}
}

// Note adds a remark that does not fail the run.
func (r *Report) Note(text string) { r.Notes = append(r.Notes, text) }

// Fail adds an error.
func (r *Report) Fail(text string) { r.Errors = append(r.Errors, text) }

// finish adds what the workers found and decides on the verdict.
func (r *Report) finish(results []WorkerResult) error {
	latency, completion, answers, join, slip := newHistogram(), newHistogram(), newHistogram(), newHistogram(), newHistogram()
	orders := map[uint64]bool{}
	for _, w := range results {
		r.Tally.add(w.Tally)
		r.Errors = append(r.Errors, w.Errors...)
		r.Client.CPUSeconds += w.CPU
		r.Client.Busiest = max(r.Client.Busiest, w.Busy)
		r.Client.Starved = max(r.Client.Starved, w.Starved)
		r.Orders = max(r.Orders, w.Orders)
		for _, h := range w.OrderHash {
			orders[h] = true
		}
		for _, m := range []struct {
			from *hdrState
			to   *hdrhistogram.Histogram
		}{{w.Latency, latency}, {w.Completion, completion}, {w.Answers, answers}, {w.Join, join}, {w.Slip, slip}} {
			if err := m.from.merge(m.to); err != nil {
				return fmt.Errorf("histogram of a worker: %w", err)
			}
		}
	}
	r.Latency, r.Completion, r.Answers, r.Join = summarise(latency), summarise(completion), summarise(answers), summarise(join)
	r.Client.Slip = summarise(slip)
	r.Orders = max(r.Orders, len(orders))
	if r.Done > 0 {
		r.Client.CPUMicrosPerOp = r.Client.CPUSeconds * 1e6 / float64(r.Done)
	}
	if r.Server != nil {
		r.Server.RSSPeak = max(r.Server.RSSStart, r.Server.RSSAfter)
		for _, s := range r.Series {
			r.Server.RSSPeak = max(r.Server.RSSPeak, s.RSS)
		}
	}
	if r.Config.TotalOrder && r.Orders > 1 {
		r.Fail(fmt.Sprintf("members of a room saw its messages in %d different orders", r.Orders))
	}
	r.judgeGrowth()
	r.judgeHarness()
	if r.Done == 0 && len(r.Errors) == 0 && !r.Interrupted {
		r.Fail("nothing arrived in the time measured")
	}
	r.OK = r.Tally.Clean() && len(r.Errors) == 0
	return nil
}

func summarise(h *hdrhistogram.Histogram) *Latency {
	if h.TotalCount() == 0 {
		return nil
	}
	us := func(ns int64) float64 { return float64(ns) / 1e3 }
	return &Latency{
		Count: h.TotalCount(), Min: us(h.Min()), Mean: h.Mean() / 1e3,
		P50: us(h.ValueAtQuantile(50)), P90: us(h.ValueAtQuantile(90)), P99: us(h.ValueAtQuantile(99)), P999: us(h.ValueAtQuantile(99.9)),
		Max: us(h.Max()), Histogram: saveHistogram(h),
	}
}

// readReport reads a report that write has stored.
func readReport(path string) (*Report, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := new(Report)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Format != reportFormat {
		return nil, fmt.Errorf("%s: its format is %q, not %q", path, r.Format, reportFormat)
	}
	return r, nil
}

// write stores the report as JSON.
func (r *Report) write(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}
