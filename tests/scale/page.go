//go:build linux

package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// A column is one figure of the table.
type column struct {
	head, unit string
	of         func(figures) float64
}

var columns = []column{
	{"heap per session", "B", func(f figures) float64 { return f.HeapPerSession }},
	{"RSS per session", "B", func(f figures) float64 { return f.RSSPerSession }},
	{"join", "µs", func(f figures) float64 { return f.SpawnCPU }},
	{"end", "µs", func(f figures) float64 { return f.StopCPU }},
	{"ping", "µs", func(f figures) float64 { return f.PingCPU }},
	{"direct", "µs", func(f figures) float64 { return f.DirectCPU }},
	{"pmsg", "µs", func(f figures) float64 { return f.PrivateCPU }},
	{"delivery, small room", "µs", func(f figures) float64 { return f.FanOutCPU }},
	{"delivery, room of 1,000", "µs", func(f figures) float64 { return f.BigCPU }},
	{"RSS when all have gone", "MB", func(f figures) float64 { return f.RSSAfter / 1e6 }},
}

// number writes v with three digits that mean something.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// table is for a terminal.
func table(all []figures) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "sessions\t")
	for _, f := range all {
		fmt.Fprintf(t, "%d\t", f.Sessions)
	}
	fmt.Fprintln(t)
	for _, c := range columns {
		fmt.Fprintf(t, "%s, %s\t", c.head, c.unit)
		for _, f := range all {
			fmt.Fprintf(t, "%s\t", number(c.of(f)))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
	return b.String()
}

// Markers between which the page is made anew; what is around them is written by people.
const (
	beginMark = "<!-- made by tests/scale: -->\n"
	endMark   = "<!-- end of what tests/scale has made -->\n"
)

// pageOf replaces the part of the page between the marks.
func pageOf(page string, all []figures) (string, error) {
	before, rest, ok := strings.Cut(page, beginMark)
	_, after, ended := strings.Cut(rest, endMark)
	if !ok || !ended {
		return "", fmt.Errorf("the page has no lines %q and %q", strings.TrimSpace(beginMark), strings.TrimSpace(endMark))
	}
	return before + beginMark + markdown(all) + endMark + after, nil
}

func markdown(all []figures) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d cores. CPU is that of all threads together, garbage collection included.\n\n|", all[0].Cores)
	for _, f := range all {
		fmt.Fprintf(&b, " | %s sessions", thousands(f.Sessions))
	}
	b.WriteString(" |\n|---|" + strings.Repeat("---:|", len(all)) + "\n")
	for _, c := range columns {
		fmt.Fprintf(&b, "| %s, %s", c.head, c.unit)
		for _, f := range all {
			b.WriteString(" | " + number(c.of(f)))
		}
		b.WriteString(" |\n")
	}
	b.WriteString("\n![CPU per operation and memory per session](scale.svg)\n\n")
	return b.String()
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
