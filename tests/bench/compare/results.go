package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// results holds every measurement by scenario and server.
type results map[string]map[string][]float64

func (r results) add(scenario, server string, v float64) {
	if r[scenario] == nil {
		r[scenario] = map[string][]float64{}
	}
	r[scenario][server] = append(r[scenario][server], v)
}

// median is 0 when there is nothing.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// print writes the table of medians; ratios are to the floor's in the same row. One row is measured against
// another: a whole connect against
// the floor's upgrade alone.
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
			v := median(r[sc.name][s.name])
			digits := 2
			if sc.unit == "B" || v >= 100 {
				digits = 0
			}
			cell := fmt.Sprintf("%.*f %s", digits, v, sc.unit)
			if base > 0 && sc.unit != "B" {
				cell += fmt.Sprintf(" (%.2f)", v/base)
			}
			fmt.Fprintf(t, "%s\t", cell)
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

func (r results) base(scenario string) (float64, string) {
	if scenario == "connect" {
		if v := median(r["upgrade"]["floor"]); v > 0 {
			return v, " (to the floor's upgrade)"
		}
	}
	return median(r[scenario]["floor"]), ""
}
