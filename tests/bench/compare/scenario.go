package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A scenario is one row of the table.
type scenario struct {
	name string
	what string
	unit string
	echo bool // servers run as echo servers
	args func(d time.Duration) []string
	take func(report) float64
}

// A report is what is read of skein-load's.
type report struct {
	Server struct {
		CPUMicrosPerOp float64 `json:"cpu_micros_per_op"`
	} `json:"server"`
	Memory struct {
		BytesPerClient float64 `json:"bytes_per_client"`
		Points         []struct {
			RSS float64 `json:"rss_bytes"`
		} `json:"points"`
	} `json:"memory"`
	Client struct {
		Bottleneck bool `json:"bottleneck"`
	} `json:"client"`
	DonePerSecond float64 `json:"done_per_second"`
}

// rss is the memory at a step of a run, in megabytes.
func (r report) rss(step int) float64 {
	if step >= len(r.Memory.Points) {
		return 0
	}
	return r.Memory.Points[step].RSS / 1e6
}

func cpu(r report) float64 { return r.Server.CPUMicrosPerOp }

func load(args ...string) func(time.Duration) []string {
	return func(d time.Duration) []string { return append(args, "--duration", d.String()) }
}

func storm(args ...string) func(time.Duration) []string {
	return func(time.Duration) []string { return args }
}

var scenarios = []scenario{
	{"fanout-1", "fan-out, 1 room × 1,000, one message at a time, CPU per delivery", "µs", false,
		load("fanout", "--clients", "1000", "--window", "1"), cpu},
	{"fanout-16", "same with 16 messages in flight", "µs", false,
		load("fanout", "--clients", "1000", "--window", "16"), cpu},
	{"ping", "ping, 200 clients, CPU per request", "µs", false,
		load("echo", "--clients", "200"), cpu},
	{"echo", "echo, 200 clients, CPU per request", "µs", true,
		load("echo", "--dialect", "echo", "--clients", "200", "--size", "100"), cpu},
	{"upgrade", "connect and upgrade alone, CPU per client", "µs", true,
		storm("connect", "--dialect", "echo", "--clients", "4000"), cpu},
	{"connect", "connect, handshake, setid, link, CPU per client", "µs", false,
		storm("connect", "--clients", "4000", "--connecting", "4"), cpu},
	{"idle", "memory per idle, named client (100 in a room)", "B", false,
		storm("idle", "--clients", "8000", "--steps", "4", "--settle", "2s"), func(r report) float64 { return r.Memory.BytesPerClient }},
	{"rss-0", "memory of an idle server", "MB", false,
		storm("idle", "--clients", "100", "--steps", "1", "--settle", "2s"), func(r report) float64 { return r.rss(0) }},
	{"rss-1000", "memory with 1,000 named clients", "MB", false,
		storm("idle", "--clients", "1000", "--room-size", "100", "--steps", "1", "--settle", "2s"), func(r report) float64 { return r.rss(1) }},
}

func scenarioNames() []string {
	var names []string
	for _, s := range scenarios {
		names = append(names, s.name)
	}
	return names
}

func selectScenarios(only []string) ([]scenario, error) {
	if len(only) == 0 {
		return scenarios, nil
	}
	var todo []scenario
	for _, name := range only {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no scenario %q (there are: %s)", name, strings.Join(scenarioNames(), ", "))
		}
		todo = append(todo, scenarios[i])
	}
	return todo, nil
}
