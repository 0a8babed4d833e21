package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/skeinhq/skein/tests/bench/rounds"
)

// results holds every measurement by scenario and server.
type results map[string]map[string][]float64

func (r results) add(scenario, server string, v float64) {
	if r[scenario] == nil {
		r[scenario] = map[string][]float64{}
	}
	r[scenario][server] = append(r[scenario][server], v)
}

// print writes the table of medians and of ratios to the floor. A whole connect is compared with the floor's upgrade
// alone, everything else with what the floor does in the same scenario.
func (r results) print(out io.Writer, todo []scenario, servers []server) {
	t := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprint(t, "\t")
	for _, s := range servers {
		fmt.Fprintf(t, "%s\t", s.name)
	}
	fmt.Fprintln(t)
	for _, sc := range todo {
		base, note := r.base(sc.name)
		fmt.Fprintf(t, "%s%s\t", sc.what, note)
		for _, s := range servers {
			fmt.Fprintf(t, "%s\t", cell(sc, r[sc.name][s.name], base))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

func cell(sc scenario, v, base []float64) string {
	m, digits := rounds.Median(v), 2
	switch {
	case sc.unit == "B" || m >= 100:
		digits = 0
	case sc.unit == "MB":
		digits = 1
	}
	text := fmt.Sprintf("%.*f %s", digits, m, sc.unit)
	if q := rounds.Ratios(v, base); len(q) > 0 && sc.unit != "B" && sc.unit != "MB" {
		text += fmt.Sprintf(" (%.2f)", rounds.Median(q))
	}
	return text
}

func (r results) base(scenario string) ([]float64, string) {
	if v := r["upgrade"]["floor"]; scenario == "connect" && len(v) > 0 {
		return v, " (to the floor's upgrade)"
	}
	return r[scenario]["floor"], ""
}
