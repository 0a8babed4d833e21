//go:build linux

package main

import (
	"testing"
	"time"
)

// faults are what servers may do wrong, each with what a run must find.
var faults = []struct {
	name  string
	fault func(int, *fakeClient, []byte) [][]byte
	want  Tally
}{
	{"none", nil, Tally{}},
	{"lost", lose, Tally{Lost: 1}},
	{"doubled", double, Tally{Doubled: 1}},
	{"reordered", swap, Tally{Reordered: 1}},
	{"garbled", garble, Tally{Garbled: 1, Lost: 1}},
}

// inDialect makes a configuration one of a dialect that a fake server speaks.
func inDialect(cfg Config, speaks string) Config {
	cfg.Dialect = speaks
	if speaks == "cloudlink" {
		cfg.Dialect, cfg.ScratchDialect = "scratch", cloudLink
	}
	return cfg
}

func TestFanoutFindsFaults(t *testing.T) {
	for _, dialect := range []string{"cl4", "scratch", "cloudlink", "simpleserver"} {
		for _, c := range faults {
			t.Run(dialect+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				s := newFakeServer(t, speaking(dialect), func(s *fakeServer) { s.fault = c.fault })
				cfg := inDialect(fanoutConfig(s.url), dialect)
				cfg.Senders = 1 // what is swapped is of the same sender
				if c.want.Lost > 0 {
					cfg.Stall = 2 * time.Second // the sender waits for what never comes
				}
				r := mustRun(t, cfg)
				if r.OK != c.want.Clean() || r.Tally != c.want {
					t.Errorf("ok %v, tally %+v, want %+v, %v", r.OK, r.Tally, c.want, r.Errors)
				}
				if c.fault == nil && r.Done != map[bool]uint64{true: 600, false: 500}[dialect != "scratch"] {
					t.Errorf("%d deliveries", r.Done)
				}
			})
		}
	}
}

func TestEchoFindsFaults(t *testing.T) {
	for _, dialect := range []string{"cl4", "echo", "scratch", "cloudlink", "simpleserver"} {
		for _, c := range faults {
			if dialect == "cl4" && c.name == "garbled" {
				continue // a ping's answer repeats nothing but the numbers
			}
			t.Run(dialect+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				s := newFakeServer(t, speaking(dialect), func(s *fakeServer) { s.fault = c.fault })
				cfg := inDialect(echoConfig(s.url), dialect)
				if cfg.RoomSize = suitable; dialect != "cl4" {
					cfg.Size = 40
				}
				if c.want.Lost > 0 {
					cfg.Stall = 2 * time.Second
				}
				r := mustRun(t, cfg)
				if r.OK != c.want.Clean() || r.Tally != c.want {
					t.Errorf("ok %v, tally %+v, want %+v, %v", r.OK, r.Tally, c.want, r.Errors)
				}
				if c.fault == nil && r.Done != 200 {
					t.Errorf("%d answers", r.Done)
				}
			})
		}
	}
}

// Faults are found in all processes: here at members of the room whose sender is another process's client.
func TestFaultsInSeveralProcesses(t *testing.T) {
	for _, c := range faults[2:4] {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newFakeServer(t, func(s *fakeServer) { s.fault = c.fault })
			cfg := fanoutConfig(s.url)
			cfg.Senders, cfg.Processes = 1, 3
			r := mustRun(t, cfg)
			if r.OK || r.Tally != c.want {
				t.Errorf("ok %v, tally %+v, want %+v, %v", r.OK, r.Tally, c.want, r.Errors)
			}
		})
	}
}
