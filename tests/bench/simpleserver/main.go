//go:build linux

// Command simpleserver measures SimpleServer: `skein simpleserver-demo`, whose clients send framed messages and get them
// back, beside a plain Go server of lines that does the same without headers, ticks, limits or clients of another kind.
// Both are driven by this program, in turn within a round. How regular ticks are is what a benchmark of the repository
// tells.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/skeinhq/skein/tests/bench/rounds"
)

type options struct {
	rounds   int
	duration time.Duration
	root     string
	only     string
	idle     int
	size     int
	tickRate string
}

func main() {
	var o options
	lines := flag.String("lines", "", "address: be the server of lines (for the program's own use)")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; the medians are reported")
	flag.DurationVar(&o.duration, "duration", 3*time.Second, "load per measurement")
	flag.StringVar(&o.root, "root", "../..", "root of the repository, in which `make build` has been run")
	flag.StringVar(&o.only, "only", "", "scenarios, with commas between them: one,thousand,idle,ticks (default all)")
	flag.IntVar(&o.idle, "idle-clients", 10_000, "clients of the idle scenario")
	flag.IntVar(&o.size, "size", 100, "bytes of a message's body")
	flag.StringVar(&o.tickRate, "tick-rate", "120", "ticks per second of the demo")
	flag.Parse()
	var err error
	if *lines != "" {
		err = serveLines(*lines)
	} else {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err = compare(ctx, o)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "simpleserver:", err)
		os.Exit(1)
	}
}

// A program is one column of the table.
type program struct {
	name    string
	command func(o options, address string) (bin string, args []string)
	message func(size int) string // what is sent back as it was
	hello   string                // what a client begins with
}

var programs = []program{
	{
		name: "lines",
		command: func(_ options, address string) (string, []string) {
			self, err := os.Executable()
			if err != nil {
				self = os.Args[0]
			}
			return self, []string{"-lines", address}
		},
		message: func(size int) string { return strings.Repeat("x", size) + "\n" },
	},
	{
		name: "skein",
		command: func(o options, address string) (string, []string) {
			host, port, _ := strings.Cut(address, ":")
			return filepath.Join(o.root, "bin", "skein"),
				[]string{"simpleserver-demo", "--host", host, "--port", port, "--tick-rate", o.tickRate}
		},
		message: func(size int) string { return fmt.Sprintf("$@len:%d|kind:chat|%%%s", size, strings.Repeat("x", size)) },
		hello:   "$@len:0|%",
	},
}

// A scenario is one row.
type scenario struct {
	name, what, unit string
	measure          func(ctx context.Context, o options, p program, s *server) (float64, error)
}

var scenarios = []scenario{
	{"one", "1 client with 64 messages on their way, messages per CPU second", "",
		func(ctx context.Context, o options, p program, s *server) (float64, error) {
			return echoes(ctx, o, p, s, 1, 64)
		}},
	{"thousand", "1,000 clients with 1 message each, messages per CPU second", "",
		func(ctx context.Context, o options, p program, s *server) (float64, error) {
			return echoes(ctx, o, p, s, 1000, 1)
		}},
	{"idle", "memory per idle client, slope of the resident size", " B", idle},
}

func compare(ctx context.Context, o options) error {
	wanted := func(name string) bool { return o.only == "" || slices.Contains(strings.Split(o.only, ","), name) }
	results := map[string]map[string][]float64{}
	for round := range o.rounds {
		for _, sc := range scenarios {
			if !wanted(sc.name) {
				continue
			}
			if results[sc.name] == nil {
				results[sc.name] = map[string][]float64{}
			}
			for i := range programs {
				p := programs[(i+round)%len(programs)] // each round starts with another one
				fmt.Fprintf(os.Stderr, "round %d/%d  %-8s %s\n", round+1, o.rounds, sc.name, p.name)
				v, err := measure(ctx, o, p, sc)
				if err != nil {
					return fmt.Errorf("%s of %s: %w", sc.name, p.name, err)
				}
				results[sc.name][p.name] = append(results[sc.name][p.name], v)
			}
		}
	}
	printTable(results)
	if wanted("ticks") {
		return ticks(ctx, o)
	}
	return nil
}

func measure(ctx context.Context, o options, p program, sc scenario) (float64, error) {
	s, err := start(o, p)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	return sc.measure(ctx, o, p, s)
}

func printTable(results map[string]map[string][]float64) {
	if len(results) == 0 {
		return
	}
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
		base := row[programs[0].name]
		for _, p := range programs {
			fmt.Fprintf(t, "\t%.0f%s (%.2f)", rounds.Median(row[p.name]), sc.unit, rounds.Median(rounds.Ratios(row[p.name], base)))
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush()
	fmt.Printf("\nMedians; in parentheses the median ratio to %s in the same round.\n", programs[0].name)
}

// ticks runs the benchmark that sees ticks from inside.
func ticks(ctx context.Context, o options) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "Ticks", "-benchtime", "600x",
		"-count", fmt.Sprint(o.rounds), "./tests/simpleserver")
	cmd.Dir = o.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	fmt.Println("\nTicks at 120 a second with 2,000 clients; a deviation is from the time between two ticks:")
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "Benchmark") {
			fmt.Print(line)
		}
	}
	return nil
}
