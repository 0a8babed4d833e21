//go:build linux

package main

import "time"

const (
	sampleEvery = 250 * time.Millisecond
	// maxSamples bounds the series of a long run: when it is reached, every second sample goes and the rest come half as
	// often.
	maxSamples = 2400
)

// A Sample is one point of the series over a run. Counters count from the start of the run, latencies are those since
// the sample before.
type Sample struct {
	At      float64 `json:"at_seconds"`
	Clients uint64  `json:"clients"` // that have joined, without visitors
	Visits  uint64  `json:"visits,omitempty"`
	Sent    uint64  `json:"sent"`
	Done    uint64  `json:"done"`
	P50     float64 `json:"p50_us,omitempty"`
	P99     float64 `json:"p99_us,omitempty"`
	RSS     int64   `json:"rss_bytes,omitempty"`
	CPU     float64 `json:"cpu_seconds,omitempty"`
}

// A series collects samples.
type series struct {
	samples []Sample
	every   time.Duration
	next    time.Time
	recent  latencyWindow
}

// wanted says that a sample is due.
func (s *series) wanted(t time.Time) bool { return !t.Before(s.next) }

func (s *series) add(t time.Time, sample Sample) {
	s.every = max(s.every, sampleEvery)
	s.next = t.Add(s.every)
	s.samples = append(s.samples, sample)
	if len(s.samples) < maxSamples {
		return
	}
	kept := s.samples[:0]
	for i := 1; i < len(s.samples); i += 2 {
		later := s.samples[i]
		later.P50, later.P99 = max(later.P50, s.samples[i-1].P50), max(later.P99, s.samples[i-1].P99)
		kept = append(kept, later)
	}
	s.samples = kept
	s.every *= 2
}
