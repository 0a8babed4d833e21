//go:build linux

package main

import (
	"os"
	"testing"
	"time"
)

func mixedConfig(url string) Config {
	return Config{Scenario: scenarioMixed, URL: url, Dialect: "cl4", Clients: 12, RoomSize: 4, Senders: 1, Size: 40, Rate: 400, Requests: 0.5, Visitors: 3,
		Stay: 50 * time.Millisecond, Duration: time.Second, Warmup: 10 * time.Millisecond, Stall: 20 * time.Second, Pipeline: true}
}

func TestMixed(t *testing.T) {
	for _, dialect := range []string{"cl4", "echo", "scratch", "cloudlink", "simpleserver"} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			s := newFakeServer(t, speaking(dialect))
			r := mustRun(t, inDialect(mixedConfig(s.url), dialect))
			if !r.OK || r.Visits < 4 || r.Done < 100 {
				t.Errorf("%d visits, %d done, %+v %v", r.Visits, r.Done, r.Tally, r.Errors)
			}
			if both := dialect == "cl4" || dialect == "simpleserver"; both != (r.Answers != nil && r.Completion != nil) {
				t.Errorf("answers %v, completion %v", r.Answers, r.Completion)
			}
		})
	}
}

// What goes wrong for a visitor is found as well: its deliveries are those of connections behind the first twelve.
func TestMixedFindsFaultsOfVisitors(t *testing.T) {
	for _, c := range []struct {
		name string
		want Tally
	}{{"lost", Tally{Lost: 1}}, {"doubled", Tally{Doubled: 1}}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			seen := map[*fakeClient]int{}
			hit := false
			fault := func(_ int, v *fakeClient, msg []byte) [][]byte {
				if v.nth < 12 || hit {
					return [][]byte{msg}
				}
				if seen[v]++; seen[v] < 3 { // the first may be missing: it may have been under way when the visitor came
					return [][]byte{msg}
				}
				hit = true
				if c.want.Lost > 0 {
					return nil
				}
				return [][]byte{msg, msg}
			}
			s := newFakeServer(t, func(s *fakeServer) { s.fault = fault })
			cfg := mixedConfig(s.url)
			cfg.Stay = 300 * time.Millisecond // long enough for what follows the fault
			r := mustRun(t, cfg)
			if r.OK || r.Tally != c.want {
				t.Errorf("ok %v, %+v, %v", r.OK, r.Tally, r.Errors)
			}
		})
	}
}

func TestSoakFindsGrowth(t *testing.T) {
	s := newFakeServer(t)
	cfg := mixedConfig(s.url)
	cfg.Scenario, cfg.Duration, cfg.PIDs, cfg.MaxGrowth = scenarioSoak, 5*time.Second, []int{os.Getpid()}, 5
	r := mustRun(t, cfg)
	if !r.OK || r.Growth == nil || r.Growth.From < 1<<20 || r.Server.FilesBefore < 12 {
		t.Fatalf("growth %+v, %+v, %v", r.Growth, r.Server, r.Errors)
	}
}
