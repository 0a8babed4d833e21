//go:build linux

// Command pystrands measures brokers that speak PyStrands: the one that Skein replaces, whose binary a flag names, and
// Skein's own. `skein serve` with CloudLink 4 stands beside them where it does the same. The programs take turns
// within a round; every run is driven and verified by skein-load. The backend is this program itself.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/skeinhq/skein/tests/bench/rounds"
)

func main() {
	o := options{}
	backendOf := flag.String("backend", "", "address of a backend port: be the backend (for the program's own use)")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; the medians are reported")
	flag.DurationVar(&o.duration, "duration", 3*time.Second, "load per measurement")
	flag.StringVar(&o.upstream, "upstream", "", "binary of the PyStrands 1.0.0 broker (default: its column is left out)")
	flag.StringVar(&o.root, "root", "../..", "root of the repository, in which `make build` has been run")
	flag.StringVar(&o.only, "only", "", "scenarios, with commas between them: echo,fanout,idle (default all)")
	flag.IntVar(&o.idle, "idle-clients", 10_000, "clients of the idle scenario")
	flag.BoolVar(&o.verbose, "v", false, "show the report of every run")
	flag.Parse()
	var err error
	if *backendOf != "" {
		err = serve(*backendOf)
	} else {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err = compare(ctx, o)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pystrands:", err)
		os.Exit(1)
	}
}

type options struct {
	rounds         int
	duration       time.Duration
	upstream, root string
	only           string
	idle           int
	verbose        bool
}

// A scenario is one row of the table.
type scenario struct {
	name, what, unit string
	args             func(o options, dialect string) []string // of skein-load
	take             func(report) float64
	serve            bool // `skein serve` takes part
}

var scenarios = []scenario{
	{"echo", "echo, 50 clients, closed loop, CPU of the broker per message", "µs",
		func(o options, _ string) []string {
			return []string{"ping", "--dialect", "echo", "--clients", "50", "--size", "100", "--duration", o.duration.String()}
		}, cpu, false},
	{"fanout", "fan-out, 1 room × 1,000, one message at a time, CPU per delivery", "µs",
		func(o options, dialect string) []string {
			args := []string{"fanout", "--clients", "1000", "--window", "1", "--duration", o.duration.String()}
			if dialect == "broker" {
				args = append(args, "--anonymous") // names and rooms are the backend's business
			}
			return args
		}, cpu, true},
	{"idle", "memory per idle client, slope of the resident size", "B",
		func(o options, dialect string) []string {
			args := []string{"idle", "--clients", fmt.Sprint(o.idle), "--steps", "5", "--settle", "1s"}
			if dialect == "broker" {
				return append(args, "--dialect", "echo")
			}
			return args
		}, func(r report) float64 { return r.Memory.BytesPerClient }, true},
}

func cpu(r report) float64 { return r.Server.CPUMicrosPerOp }

func compare(ctx context.Context, o options) error {
	var programs []program
	if o.upstream != "" {
		programs = append(programs, program{"upstream", o.upstream, nil, true})
	}
	skein, err := filepath.Abs(filepath.Join(o.root, "bin", "skein"))
	if err != nil {
		return err
	}
	programs = append(programs,
		program{"skein pystrands", skein, []string{"pystrands", "--log-level", "warn"}, true},
		program{"skein serve", skein, []string{"serve", "--data", "none", "--log-level", "warn"}, false})
	results := map[string]map[string][]float64{}
	for round := range o.rounds {
		for _, sc := range scenarios {
			if o.only != "" && !slices.Contains(strings.Split(o.only, ","), sc.name) {
				continue
			}
			if results[sc.name] == nil {
				results[sc.name] = map[string][]float64{}
			}
			for i := range programs {
				p := programs[(i+round)%len(programs)] // each round starts with another one
				if !p.broker && !sc.serve {
					continue
				}
				fmt.Fprintf(os.Stderr, "round %d/%d  %-7s %s\n", round+1, o.rounds, sc.name, p.name)
				v, err := measure(ctx, o, p, sc)
				if err != nil {
					return fmt.Errorf("%s of %s: %w", sc.name, p.name, err)
				}
				results[sc.name][p.name] = append(results[sc.name][p.name], v)
			}
		}
	}
	print(programs, results)
	fmt.Printf("\nMedians of %d rounds; in parentheses the median ratio to %s in the same round.\n",
		o.rounds, programs[0].name)
	return nil
}

// print writes the table of medians.
func print(programs []program, results map[string]map[string][]float64) {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	for _, p := range programs {
		fmt.Fprintf(t, "\t%s", p.name)
	}
	fmt.Fprintln(t)
	for _, sc := range scenarios {
		row := results[sc.name]
		if row == nil {
			continue
		}
		fmt.Fprint(t, sc.what)
		for _, p := range programs {
			switch values := row[p.name]; {
			case len(values) == 0:
				fmt.Fprint(t, "\t-")
			case sc.unit == "B":
				fmt.Fprintf(t, "\t%.0f %s (%.2f)", rounds.Median(values), sc.unit, rounds.Median(rounds.Ratios(values, row[programs[0].name])))
			default:
				fmt.Fprintf(t, "\t%.2f %s (%.2f)", rounds.Median(values), sc.unit, rounds.Median(rounds.Ratios(values, row[programs[0].name])))
			}
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush()
}
