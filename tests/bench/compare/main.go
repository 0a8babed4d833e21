// Command compare measures Skein and the baselines in turn on this machine and prints the medians and their ratios
// to the floor. Servers take turns within a round, so that what else the machine does meets all of them.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 3, "rounds; the medians are reported")
	duration := flag.Duration("duration", 3*time.Second, "load per measurement")
	only := flag.String("only", "", "scenarios: "+strings.Join(scenarioNames(), ",")+" (default all)")
	names := flag.String("servers", "floor,skein,gorilla,gws", "servers to compare")
	root := flag.String("root", "../..", "root of the repository")
	bin := flag.String("bin", "", "folder for the binaries (default: a temporary one)")
	out := flag.String("json", "", "file for all measurements as JSON")
	chart := flag.String("chart", "", "file for a chart as SVG")
	from := flag.String("from", "", "file of -json: print and draw it again instead of measuring")
	verbose := flag.Bool("v", false, "show the report of every run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := compare(ctx, options{*rounds, *duration, list(*only), list(*names), *root, *bin, *verbose, *from, *out, *chart})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

type options struct {
	rounds   int
	duration time.Duration
	only     []string
	servers  []string
	root     string
	bin      string
	verbose  bool
	from     string
	json     string
	chart    string
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func compare(ctx context.Context, o options) error {
	todo, err := selectScenarios(o.only)
	if err != nil {
		return err
	}
	if o.from != "" {
		b, err := os.ReadFile(o.from)
		if err != nil {
			return err
		}
		res := results{}
		if err := json.Unmarshal(b, &res); err != nil {
			return fmt.Errorf("%s: %w", o.from, err)
		}
		var servers []server
		for _, name := range o.servers {
			servers = append(servers, server{name: name})
		}
		return res.report(o, todo, servers)
	}
	if o.bin == "" {
		if o.bin, err = os.MkdirTemp("", "skein-bench"); err != nil {
			return err
		}
		defer os.RemoveAll(o.bin)
	}
	servers, err := build(ctx, o)
	if err != nil {
		return err
	}
	res := results{}
	for round := range o.rounds {
		for _, sc := range todo {
			for i := range servers {
				// Each round starts with another server.
				srv := servers[(i+round)%len(servers)]
				fmt.Fprintf(os.Stderr, "round %d/%d  %-10s %s\n", round+1, o.rounds, sc.name, srv.name)
				v, err := measure(ctx, o, srv, sc)
				if err != nil {
					return fmt.Errorf("%s of %s: %w", sc.name, srv.name, err)
				}
				res.add(sc.name, srv.name, v)
			}
		}
	}
	fmt.Printf("Medians of %d rounds, %s of load each; in parentheses the median ratio to the floor in the same round. Command:\n  %s\n\n", o.rounds, o.duration, strings.Join(append([]string{"go run ./compare"}, os.Args[1:]...), " "))
	return res.report(o, todo, servers)
}

// report prints the table and writes the files that are asked for.
func (r results) report(o options, todo []scenario, servers []server) error {
	r.print(os.Stdout, todo, servers)
	if o.json != "" {
		b, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	if o.chart == "" {
		return nil
	}
	f, err := os.Create(o.chart)
	if err != nil {
		return err
	}
	return errors.Join(r.chart(f, todo, servers), f.Close())
}
