//go:build linux

package main

import "fmt"

// A Growth is what became of the server's memory in the second half of a soak, going by the trend of all samples: a
// single one says more about the garbage collector than about the server.
type Growth struct {
	From  int64   `json:"from_bytes"`
	To    int64   `json:"to_bytes"`
	Share float64 `json:"share"` // (to-from)/from
}

// minGrowthSamples is how many samples a trend takes.
const minGrowthSamples = 5

// growth fits a line to the samples between two times.
func growth(samples []Sample, from, to float64) *Growth {
	var x, y []float64
	for _, s := range samples {
		if s.At >= from && s.At <= to && s.RSS > 0 {
			x, y = append(x, s.At), append(y, float64(s.RSS))
		}
	}
	if len(x) < minGrowthSamples {
		return nil
	}
	slope, at0 := fitLine(x, y)
	g := &Growth{From: int64(at0 + slope*x[0]), To: int64(at0 + slope*x[len(x)-1])}
	if g.From > 0 {
		g.Share = float64(g.To-g.From) / float64(g.From)
	}
	return g
}

// fitLine returns the line of least squares, flat where all x are the same.
func fitLine(x, y []float64) (slope, at0 float64) {
	var mx, my float64
	for i := range x {
		mx += x[i] / float64(len(x))
		my += y[i] / float64(len(x))
	}
	var xy, xx float64
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
	}
	if xx > 0 {
		slope = xy / xx
	}
	return slope, my - slope*mx
}

// judgeGrowth fails a soak whose memory goes on growing.
func (r *Report) judgeGrowth() {
	if r.Config.Scenario != scenarioSoak {
		return
	}
	if r.Server == nil {
		r.Note("without --pid nothing is known of the server's memory")
		return
	}
	if r.Growth = growth(r.Series, (r.From+r.To)/2, r.To); r.Growth == nil {
		r.Note("too short to tell a trend of the server's memory")
		return
	}
	if limit := r.Config.MaxGrowth; limit > 0 && r.Growth.Share > limit && !r.Interrupted {
		r.Fail(fmt.Sprintf("the server's memory grew by %.0f %% in the second half, from %s to %s; %.0f %% are allowed",
			100*r.Growth.Share, mib(r.Growth.From), mib(r.Growth.To), 100*limit))
	}
}
