//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// A figure is one number that two reports are compared by.
type figure struct {
	name   string
	show   func(float64) string
	a, b   float64
	more   bool // more is better
	judged bool // counts for the exit status
}

// worse is how many times worse b is than a; 1 where they are the same.
func (f figure) worse() float64 {
	if f.more {
		return f.a / f.b
	}
	return f.b / f.a
}

// figures are the numbers that both reports have. The CPU time of the harness is not judged: it is no property of the
// server. Nor are maxima, which one hiccup of the machine makes, and rates where a fixed one was asked for.
func figures(a, b *Report) []figure {
	var all []figure
	add := func(f figure) {
		if f.a > 0 && f.b > 0 {
			all = append(all, f)
		}
	}
	_, many := operation(a.Config.Scenario)
	add(figure{name: many + " per second", show: count, a: a.DonePerSecond, b: b.DonePerSecond, more: true, judged: a.Config.Rate == 0 && b.Config.Rate == 0 && a.Config.Scenario != scenarioIdle})
	for _, l := range []struct {
		name string
		a, b *Latency
	}{{"latency", a.Latency, b.Latency}, {"last member", a.Completion, b.Completion}, {"answer", a.Answers, b.Answers}, {"join", a.Join, b.Join}} {
		if l.a == nil || l.b == nil {
			continue
		}
		judged := l.name != "join" || a.Config.Scenario == scenarioConnect
		add(figure{name: l.name + " p50", show: micros, a: l.a.P50, b: l.b.P50, judged: judged})
		add(figure{name: l.name + " p99", show: micros, a: l.a.P99, b: l.b.P99, judged: judged})
		add(figure{name: l.name + " p99.9", show: micros, a: l.a.P999, b: l.b.P999})
		add(figure{name: l.name + " max", show: micros, a: l.a.Max, b: l.b.Max})
	}
	one, _ := operation(a.Config.Scenario)
	cpu := func(us float64) string { return fmt.Sprintf("%.2f µs", us) }
	memory := func(v float64) string { return mib(int64(v)) }
	if a.Server != nil && b.Server != nil {
		add(figure{name: "server CPU per " + one, show: cpu, a: a.Server.CPUMicrosPerOp, b: b.Server.CPUMicrosPerOp, judged: true})
		add(figure{name: "server memory, peak", show: memory, a: float64(a.Server.RSSPeak), b: float64(b.Server.RSSPeak), judged: true})
	}
	if a.Memory != nil && b.Memory != nil {
		add(figure{name: "memory per client", show: func(v float64) string { return fmt.Sprintf("%.0f bytes", v) }, a: a.Memory.BytesPerClient, b: b.Memory.BytesPerClient, judged: true})
	}
	add(figure{name: "harness CPU per " + one, show: cpu, a: a.Client.CPUMicrosPerOp, b: b.Client.CPUMicrosPerOp})
	return all
}

// differences are the settings in which two runs differ and that make their numbers hard to compare.
func differences(a, b Config) []string {
	var all []string
	for _, s := range []struct {
		name string
		a, b any
	}{
		{"dialect", a.Dialect, b.Dialect}, {"clients", a.Clients, b.Clients}, {"room size", a.RoomSize, b.RoomSize}, {"senders", a.Senders, b.Senders},
		{"window", a.Window, b.Window}, {"size", a.Size, b.Size}, {"rate", a.Rate, b.Rate}, {"visitors", a.Visitors, b.Visitors},
		{"share of requests", a.Requests, b.Requests}, {"clients on their way at a time", a.Connecting, b.Connecting}, {"processes", a.Processes, b.Processes},
	} {
		if s.a != s.b {
			all = append(all, fmt.Sprintf("%s: %v and %v", s.name, s.a, s.b))
		}
	}
	return all
}

// compare prints two reports side by side and says by which figures b is more than limit times worse than a; a limit of
// 0 asks for none.
func compare(out io.Writer, a, b *Report, limit float64) (worse []string) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tA\tB\tB/A\t")
	all := figures(a, b)
	width := 0
	for _, f := range all {
		width = max(width, len(f.name))
	}
	for _, f := range all {
		mark := ""
		if limit > 0 && f.judged && f.worse() > limit {
			mark = "  worse"
			worse = append(worse, fmt.Sprintf("%s: %s and %s, %.2f times worse", f.name, f.show(f.a), f.show(f.b), f.worse()))
		}
		fmt.Fprintf(t, "%-*s\t%s\t%s\t%.2f\t%s\n", width, f.name, f.show(f.a), f.show(f.b), f.b/f.a, mark)
	}
	_ = t.Flush()
	fmt.Fprintf(out, "A: %s\nB: %s\n", a.describe(), b.describe())
	for _, d := range differences(a.Config, b.Config) {
		fmt.Fprintln(out, "The runs differ in", d)
	}
	for i, r := range []*Report{a, b} {
		if r.Client.Bottleneck {
			fmt.Fprintf(out, "In %c the harness was the bottleneck.\n", 'A'+i)
		}
	}
	return worse
}

func newCompareCommand() *cobra.Command {
	var limit float64
	c := &cobra.Command{
		Use: "compare A.json B.json", Short: "Two reports side by side, with ratios", Args: cobra.ExactArgs(2),
		Long: `Shows the numbers of two reports (--json) side by side.

With --fail-above 1.2 the exit status is 1 when B needs more than 1.2 times the CPU time, the memory or, in the median
and the 99th percentile, the time of A, or reaches less than 1/1.2 of its rate, or when a run was not verified.`,
		RunE: func(c *cobra.Command, args []string) error {
			if limit != 0 && limit < 1 {
				return errUsage{errors.New("--fail-above must be at least 1")}
			}
			var reports [2]*Report
			for i, path := range args {
				var err error
				if reports[i], err = readReport(path); err != nil {
					return err
				}
			}
			a, b := reports[0], reports[1]
			if a.Config.Scenario != b.Config.Scenario {
				return fmt.Errorf("%s is of scenario %s, %s of %s: nothing can be compared", args[0], a.Config.Scenario, args[1], b.Config.Scenario)
			}
			out := c.OutOrStdout()
			worse := compare(out, a, b, limit)
			for i, r := range reports {
				if !r.OK {
					worse = append(worse, args[i]+" is of a run that failed")
				}
			}
			for _, w := range worse {
				fmt.Fprintln(out, w)
			}
			if limit > 0 && len(worse) > 0 {
				fmt.Fprintln(out, "FAILED")
				return errFailed
			}
			return nil
		},
	}
	c.Flags().Float64Var(&limit, "fail-above", 0, "exit with 1 when B is more than this many times worse (0: never)")
	return c
}

func newPageCommand() *cobra.Command {
	return &cobra.Command{
		Use: "page REPORT.json PAGE.html", Short: "Make the page with charts of a report", Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := readReport(args[0])
			if err != nil {
				return err
			}
			return r.writePage(args[1])
		},
	}
}
