//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// newScenarioCommand makes the command of a scenario with the flags that all have.
func newScenarioCommand(cfg *Config, use, short string) *cobra.Command {
	var jsonFile, htmlFile string
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cfg.complete(); err != nil {
				return errUsage{err}
			}
			r, err := run(c.Context(), *cfg, newProgress(os.Stderr, *cfg))
			if err != nil {
				return err
			}
			r.table(c.OutOrStdout())
			if jsonFile != "" {
				if err := r.write(jsonFile); err != nil {
					return err
				}
			}
			if htmlFile != "" {
				if err := r.writePage(htmlFile); err != nil {
					return err
				}
			}
			if !r.OK {
				return errFailed
			}
			return nil
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&cfg.URL, "url", "", "`URL` of the server (default: where servers of the dialect listen on this machine)")
	f.StringVar(&cfg.Dialect, "dialect", "cl4", "what it speaks: "+strings.Join(dialectNames(), ", "))
	f.IntVar(&cfg.Clients, "clients", cfg.Clients, "number of clients")
	f.IntVar(&cfg.RoomSize, "room-size", suitable, "clients per room (0: all in one; default: what suits scenario and dialect)")
	f.StringVar(&cfg.Backend, "backend", "", "`ADDRESS` at which a PyStrands broker takes backends; none: a backend is there that sends messages with a * in front to the room, others back (default "+defaultBackend+" with dialect pystrands)")
	f.StringVar(&cfg.ScratchDialect, "scratch-dialect", turboWarp, "the server that dialect scratch is to expect: "+turboWarp+" or "+cloudLink)
	f.StringArrayVar(&cfg.Headers, "header", nil, "`HEADER` of upgrade requests, as NAME: VALUE (several times)")
	f.DurationVar(&cfg.Wait, "wait", 0, "how long to wait for the server to listen")
	f.IntVar(&cfg.Processes, "processes", 0, fmt.Sprintf("client processes (0: one per %d clients)", maxPerProcess))
	f.IntVar(&cfg.Connecting, "connecting", 16, "clients of one process that are on their way at a time")
	f.BoolVar(&cfg.Pipeline, "pipeline", cfg.Pipeline, "send all requests of the join at once instead of waiting for each answer")
	f.BoolVar(&cfg.Anonymous, "anonymous", false, "clients take no name and stay in the room they are put in")
	f.IntSliceVar(&cfg.PIDs, "pid", nil, "process id of the server, for its CPU time and memory (several: with commas)")
	f.StringVar(&cfg.GCURL, "gc-url", "", "`URL` that is fetched before memory is measured, such as http://ADMIN/debug/pprof/heap?gc=1")
	f.StringVar(&jsonFile, "json", "", "`FILE` for the report as JSON")
	f.StringVar(&htmlFile, "html", "", "`FILE` for the report as a page with charts")
	return c
}

func addLoadFlags(c *cobra.Command, cfg *Config, many string) {
	f := c.Flags()
	f.IntVar(&cfg.Window, "window", 1, many+" in flight per sender (closed loop)")
	f.Float64Var(&cfg.Rate, "rate", 0, many+" per second altogether (open loop: latency counts from the time each was due)")
	f.DurationVar(&cfg.Duration, "duration", 5*time.Second, "how long to measure")
	f.DurationVar(&cfg.Warmup, "warmup", 500*time.Millisecond, "load before measuring (not with --messages)")
	f.Uint64Var(&cfg.Messages, "messages", 0, "measure this many "+many+" instead of a duration")
	f.IntVar(&cfg.Size, "size", cfg.Size, "bytes of payload in a message")
	f.DurationVar(&cfg.Stall, "stall", 5*time.Second, "end the run when nothing arrives for this long")
}

func newFanoutCommand() *cobra.Command {
	cfg := &Config{Scenario: scenarioFanout, Clients: 1000, Size: 80, Pipeline: true}
	c := newScenarioCommand(cfg, scenarioFanout, "Members of one room send, all members must get everything")
	addLoadFlags(c, cfg, "messages")
	c.Flags().IntVar(&cfg.Senders, "senders", 1, "members of each room that send")
	c.Flags().BoolVar(&cfg.TotalOrder, "total-order", false, "fail unless all members of a room see its messages in the same order")
	return c
}

func newEchoCommand() *cobra.Command {
	cfg := &Config{Scenario: scenarioEcho, Clients: 200, Pipeline: true}
	c := newScenarioCommand(cfg, scenarioEcho, "Clients ask, the server answers each")
	c.Aliases = []string{"ping"}
	addLoadFlags(c, cfg, "requests")
	return c
}

func newIdleCommand() *cobra.Command {
	cfg := &Config{Scenario: scenarioIdle, Clients: 10_000, Pipeline: true}
	c := newScenarioCommand(cfg, scenarioIdle, "Clients join and say nothing: memory per client")
	f := c.Flags()
	f.IntVar(&cfg.Steps, "steps", 5, "points at which memory is measured")
	f.DurationVar(&cfg.Settle, "settle", 2*time.Second, "rest before each measurement")
	f.DurationVar(&cfg.Duration, "duration", 0, "how long to stay when all are connected")
	return c
}

func newConnectCommand() *cobra.Command {
	cfg := &Config{Scenario: scenarioConnect, Clients: 5_000}
	c := newScenarioCommand(cfg, scenarioConnect, "A storm of new clients: CPU per client")
	c.Flags().Float64Var(&cfg.Rate, "rate", 0, "clients per second (open loop: the join counts from the time each was due)")
	return c
}

func addMixFlags(c *cobra.Command, cfg *Config) {
	f := c.Flags()
	f.IntVar(&cfg.Senders, "senders", 1, "members of each room that send")
	f.Float64Var(&cfg.Rate, "rate", 1000, "messages and requests per second altogether")
	f.Float64Var(&cfg.Requests, "requests", 0.5, "share of requests, between 0 and 1")
	f.IntVar(&cfg.Visitors, "visitors", 20, "clients that come and go besides the others")
	f.DurationVar(&cfg.Stay, "stay", 2*time.Second, "how long a visitor stays")
	f.DurationVar(&cfg.Warmup, "warmup", 500*time.Millisecond, "load before measuring")
	f.IntVar(&cfg.Size, "size", 80, "bytes of payload in a message")
	f.DurationVar(&cfg.Stall, "stall", 5*time.Second, "end the run when nothing arrives for this long")
}

func newMixedCommand() *cobra.Command {
	cfg := &Config{Scenario: scenarioMixed, Clients: 500, Pipeline: true}
	c := newScenarioCommand(cfg, scenarioMixed, "Messages to rooms, requests and visitors who come and go, at a fixed rate")
	addMixFlags(c, cfg)
	c.Flags().DurationVar(&cfg.Duration, "duration", 10*time.Second, "how long to measure")
	return c
}

func newSoakCommand() *cobra.Command {
	cfg := &Config{Scenario: scenarioSoak, Clients: 500, Pipeline: true}
	c := newScenarioCommand(cfg, scenarioSoak, "The mix for a long time: does memory keep growing?")
	addMixFlags(c, cfg)
	c.Flags().DurationVar(&cfg.Duration, "duration", 10*time.Minute, "how long to measure")
	c.Flags().Float64Var(&cfg.MaxGrowth, "max-growth", 0.2, "fail when memory grows by more than this share in the second half, going by its trend (0: never; needs --pid)")
	return c
}
