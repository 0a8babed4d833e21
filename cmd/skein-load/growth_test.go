//go:build linux

package main

import (
	"testing"
)

func TestGrowth(t *testing.T) {
	series := func(rss func(i int) int64) []Sample {
		var all []Sample
		for i := range 100 {
			all = append(all, Sample{At: float64(i), RSS: rss(i)})
		}
		return all
	}
	for _, c := range []struct {
		name string
		rss  func(int) int64
		ok   bool
	}{
		{"flat saw", func(i int) int64 { return 100<<20 + int64(i%7)<<20 }, true},
		{"grows at first", func(i int) int64 { return 10<<20 + int64(min(i, 50))<<20 }, true},
		{"grows for ever", func(i int) int64 { return 10<<20 + int64(i)<<20 }, false},
		{"shrinks", func(i int) int64 { return 200<<20 - int64(i)<<20 }, true},
	} {
		r := newReport(Config{Scenario: scenarioSoak, Clients: 3, Processes: 1, MaxGrowth: 0.2})
		r.Done, r.From, r.To, r.Server, r.Series = 10, 0, 99, &ServerUse{}, series(c.rss)
		if err := r.finish(nil); err != nil {
			t.Fatal(err)
		}
		if r.OK != c.ok || r.Growth == nil {
			t.Errorf("%s: %+v, %v", c.name, r.Growth, r.Errors)
		}
	}
}
