// Command compare measures Skein and the baselines in turn on this machine and prints the medians and their ratios
// to the floor. Servers take turns within a round, so that what else the machine does meets all of them.
package main

import (
	"context"
	"encoding/json"
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
	verbose := flag.Bool("v", false, "show the report of every run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := compare(ctx, options{*rounds, *duration, list(*only), list(*names), *root, *bin, *verbose}, *out)
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
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func compare(ctx context.Context, o options, out string) error {
	todo, err := selectScenarios(o.only)
	if err != nil {
		return err
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
	res.print(os.Stdout, todo, servers)
	fmt.Printf("\nMedians of %d rounds, %s of load each; in parentheses the median ratio to the floor in the same round. Command:\n  %s\n", o.rounds, o.duration, strings.Join(append([]string{"go run ./compare"}, os.Args[1:]...), " "))
	if out != "" {
		b, err := json.MarshalIndent(res, "", "  ")
		if err != nil {
			return err
		}
		return os.WriteFile(out, append(b, '\n'), 0o644)
	}
	return nil
}
