//go:build linux

package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	for scenario, charts := range map[string][]string{
		scenarioFanout: {"Latency by percentile", "Messages per second", "Latency over time", "Server memory", "Server CPU"},
		scenarioIdle:   {"Join by percentile", "Server memory by clients", "Clients", "Server memory", "Server CPU"},
	} {
		b, err := sampleReport(t, scenario).html()
		if err != nil {
			t.Fatal(err)
		}
		page := string(b)
		for _, c := range charts {
			if !strings.Contains(page, "<h2>"+c+"</h2>") {
				t.Errorf("%s: no chart %q", scenario, c)
			}
			if n := strings.Count(page, `aria-label="`+c+`"`); n != len(drawings) {
				t.Errorf("%s: %q is drawn %d times", scenario, c, n)
			}
		}
		for _, bad := range []string{"NaN", "Inf", "<script", "src=", "href=", "@import", "ZgotmplZ"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page has %q", scenario, bad)
			}
		}
		for _, path := range regexp.MustCompile(`class="line c\d" d="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if !regexp.MustCompile(`^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)+$`).MatchString(path[1]) {
				t.Errorf("%s: a line is %q", scenario, path[1])
			}
		}
	}
}

func TestPageOfAFailure(t *testing.T) {
	r := newReport(Config{Scenario: scenarioEcho, Dialect: "echo", Clients: 1, Processes: 1})
	if err := r.finish([]WorkerResult{{Errors: []string{"client 0: <gone>"}}}); err != nil {
		t.Fatal(err)
	}
	b, err := r.html()
	if err != nil {
		t.Fatal(err)
	}
	if page := string(b); !strings.Contains(page, "client 0: &lt;gone&gt;") || !strings.Contains(page, `class="verdict bad">failed`) || strings.Contains(page, "<svg") {
		t.Error(page)
	}
}

func TestAxes(t *testing.T) {
	for _, v := range []float64{0, 0.3, 1, 7, 99, 100, 12345} {
		a := linearAxis(v, plain)
		if a.max < v || len(a.ticks) < 2 || len(a.ticks) > 8 || a.place(v) > 1 {
			t.Errorf("%v: up to %v, %d ticks", v, a.max, len(a.ticks))
		}
	}
	for _, v := range [][2]float64{{1, 1}, {0.5, 3e6}, {40, 900}} {
		a := logAxis(v[0], v[1], shortMicros)
		if len(a.ticks) < 1 || len(a.ticks) > 10 || a.place(v[0]) < 0 || a.place(v[1]) <= a.place(v[0]) && v[0] != v[1] {
			t.Errorf("%v: %d ticks", v, len(a.ticks))
		}
	}
}
