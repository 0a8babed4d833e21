//go:build linux

package main

import (
	"bytes"
	_ "embed"
	"fmt"
	markup "html/template"
	"os"
	"strings"
)

//go:embed page.html
var pageSource string

var pageTemplate = markup.Must(markup.New("page").Funcs(markup.FuncMap{"micros": micros}).Parse(pageSource))

// A page is what the template of the HTML report needs. The page needs nothing else: no network, no script.
type page struct {
	*Report
	Title     string
	Verified  string // what a good run has shown
	What      string
	Tiles     []tile
	Charts    []*chart
	Latencies []namedLatency
	Details   [][2]string
}

// A tile is one large number.
type tile struct{ Name, Value, Unit string }

// writePage stores the report as an HTML page.
func (r *Report) writePage(path string) error {
	b, err := r.html()
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

func (r *Report) html() ([]byte, error) {
	charts, err := r.charts()
	if err != nil {
		return nil, err
	}
	verified := "all joined"
	if r.Config.loads() {
		verified = "all arrived once and in order"
	}
	var b bytes.Buffer
	err = pageTemplate.Execute(&b, page{
		Report: r, Title: r.Config.Scenario + ", " + r.Config.Dialect, Verified: verified, What: r.describe(), Tiles: r.tiles(), Charts: charts,
		Latencies: append(r.namedLatencies(), r.slip()...), Details: r.details(),
	})
	return b.Bytes(), err
}

func (r *Report) slip() []namedLatency {
	if r.Client.Slip == nil {
		return nil
	}
	return []namedLatency{{"sent late by", r.Client.Slip}}
}

// tiles are the numbers that a scenario is run for.
func (r *Report) tiles() []tile {
	one, many := operation(r.Config.Scenario)
	t := []tile{{many, count(r.DonePerSecond), "per second"}}
	if r.Config.Scenario == scenarioIdle {
		t = []tile{{many, fmt.Sprint(r.Done), ""}}
	}
	if l := r.Latency; l != nil {
		t = append(t, split("median latency", micros(l.P50)), split("99th percentile", micros(l.P99)))
	} else if l := r.Join; l != nil {
		t = append(t, split("median join", micros(l.P50)), split("99th percentile", micros(l.P99)))
	}
	if r.Server != nil {
		if r.Config.Scenario != scenarioIdle {
			t = append(t, tile{"server CPU", fmt.Sprintf("%.2f", r.Server.CPUMicrosPerOp), "µs per " + one})
		}
		if r.Memory != nil {
			t = append(t, tile{"memory per client", fmt.Sprintf("%.1f", r.Memory.BytesPerClient/1e3), "kB"})
		} else {
			t = append(t, split("peak memory", mib(r.Server.RSSPeak)))
		}
	}
	return t
}

// split parts a value from its unit.
func split(name, value string) tile {
	v, unit, _ := strings.Cut(value, " ")
	return tile{name, v, unit}
}

// details is the table of the report, as it is printed, without what the page shows elsewhere.
func (r *Report) details() [][2]string {
	var rows [][2]string
	r.rows(func(name, value string) {
		if !strings.HasPrefix(value, "p50 ") {
			rows = append(rows, [2]string{name, value})
		}
	})
	return append(rows, [2]string{"started", r.Started.Format("2006-01-02 15:04:05 UTC")})
}
