//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/gobwas/ws"
)

func fanoutConfig(url string) Config {
	return Config{Scenario: scenarioFanout, URL: url, Dialect: "cl4", Clients: 6, Senders: 2, Window: 4, Size: 40, Messages: 100,
		Stall: 20 * time.Second, Pipeline: true, PIDs: []int{os.Getpid()}}
}

func echoConfig(url string) Config {
	return Config{Scenario: scenarioEcho, URL: url, Dialect: "cl4", Clients: 4, Window: 4, Messages: 200, Stall: 20 * time.Second, RoomSize: 1}
}

func mustRun(t *testing.T, cfg Config) *Report {
	t.Helper()
	r, err := run(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFanoutCountsEveryDelivery(t *testing.T) {
	for _, processes := range []int{1, 3} {
		s := newFakeServer(t)
		cfg := fanoutConfig(s.url)
		cfg.Processes = processes
		r := mustRun(t, cfg)
		if !r.OK {
			t.Fatalf("%d processes: %+v %v", processes, r.Tally, r.Errors)
		}
		if r.Done != 600 || r.Sent != 100 {
			t.Errorf("%d processes: %d sent, %d delivered", processes, r.Sent, r.Done)
		}
		if r.Latency == nil || r.Latency.Count != 600 || r.Completion == nil || r.Completion.Count != 100 || r.Join.Count != 6 {
			t.Errorf("%d processes: latency %+v, completion %+v, join %+v", processes, r.Latency, r.Completion, r.Join)
		}
		if r.Orders != 1 {
			t.Errorf("%d processes: %d orders", processes, r.Orders)
		}
		if r.Server.RSSBefore == 0 || r.Server.CPUSeconds <= 0 {
			t.Errorf("server: %+v", r.Server)
		}
	}
}

func TestRooms(t *testing.T) {
	for _, processes := range []int{1, 3} {
		for _, dialect := range []string{"cl4", "scratch"} {
			s := newFakeServer(t, speaking(dialect))
			cfg := inDialect(fanoutConfig(s.url), dialect)
			cfg.Clients, cfg.RoomSize, cfg.Processes, cfg.Messages = 31, 5, processes, 90
			r := mustRun(t, cfg)
			if !r.OK || r.Sent != 90 || r.Completion == nil || r.Completion.Count != 90 {
				t.Errorf("%s, %d processes: %d sent, %+v %v", dialect, processes, r.Sent, r.Tally, r.Errors)
			}
			if dialect == "cl4" && r.Orders != 1 {
				t.Errorf("%d orders", r.Orders)
			}
		}
	}
}

func TestTotalOrder(t *testing.T) {
	// One member sees two messages of different senders the other way round; each sender's order stays.
	senderOf := func(msg []byte) uint16 {
		f := markFinder{numbering: hexMarks}
		m, _, _ := f.find(msg)
		return m.sender
	}
	var victim *fakeClient
	swapped := false
	fault := func(n int, c *fakeClient, msg []byte) [][]byte {
		switch held := c.held; {
		case victim == nil:
			victim, c.held = c, bytes.Clone(msg)
			return nil
		case c != victim || held == nil:
			return [][]byte{msg}
		case senderOf(msg) == senderOf(held):
			c.held = nil
			return [][]byte{held, msg}
		default:
			c.held, swapped = nil, true
			return [][]byte{msg, held}
		}
	}
	s := newFakeServer(t, func(s *fakeServer) { s.fault = fault })
	cfg := fanoutConfig(s.url)
	cfg.Window, cfg.TotalOrder = 1, true
	r := mustRun(t, cfg)
	if !swapped || !r.Tally.Clean() {
		t.Fatalf("swapped %v, %+v", swapped, r.Tally)
	}
	if r.Orders != 2 || r.OK {
		t.Errorf("%d orders, ok %v", r.Orders, r.OK)
	}
}

func TestDisconnectFailsTheRun(t *testing.T) {
	s := newFakeServer(t, func(s *fakeServer) { s.hangup = 50 })
	r := mustRun(t, fanoutConfig(s.url))
	if r.OK || len(r.Errors) == 0 || !strings.HasPrefix(r.Errors[0], "client ") {
		t.Errorf("ok %v, errors %v", r.OK, r.Errors)
	}
}

func TestRefusalFailsTheRun(t *testing.T) {
	for _, pipeline := range []bool{true, false} {
		s := newFakeServer(t, func(s *fakeServer) { s.refuse = "link" })
		cfg := fanoutConfig(s.url)
		cfg.Pipeline = pipeline
		r := mustRun(t, cfg)
		if r.OK || len(r.Errors) == 0 || !strings.Contains(r.Errors[0], "E:108") {
			t.Errorf("ok %v, errors %v", r.OK, r.Errors)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	r := mustRun(t, fanoutConfig("ws://127.0.0.1:1/"))
	if r.OK || len(r.Errors) == 0 {
		t.Errorf("ok %v, errors %v", r.OK, r.Errors)
	}
}

// A server that pauses makes an open loop wait: requests that became due in the pause count it.
func TestOpenLoopCountsFromTheIntendedTime(t *testing.T) {
	s := newFakeServer(t, func(s *fakeServer) { s.stall = 300 * time.Millisecond })
	cfg := echoConfig(s.url)
	cfg.Clients, cfg.Rate, cfg.Messages = 1, 500, 400
	r := mustRun(t, cfg)
	if !r.OK {
		t.Fatalf("%+v %v", r.Tally, r.Errors)
	}
	// Some 150 of 400 requests were due during the pause, spread evenly over it.
	if r.Latency.Max < 250_000 || r.Latency.P90 < 100_000 {
		t.Errorf("p90 %v, max %v", r.Latency.P90, r.Latency.Max)
	}
	if r.SentPerSecond > 600 {
		t.Errorf("%v sent per second at a rate of 500", r.SentPerSecond)
	}
}

func TestFragmentsControlFramesAndPieces(t *testing.T) {
	write := func(c net.Conn, msg []byte) error {
		half := len(msg) / 2
		var b []byte
		for _, f := range []ws.Frame{
			ws.NewFrame(ws.OpText, false, msg[:half]),
			ws.NewPingFrame([]byte("hey")),
			ws.NewFrame(ws.OpContinuation, true, msg[half:]),
		} {
			b = append(b, ws.MustCompileFrame(f)...)
		}
		for len(b) > 0 {
			n := min(len(b), 60)
			if _, err := c.Write(b[:n]); err != nil {
				return err
			}
			b = b[n:]
		}
		return nil
	}
	s := newFakeServer(t, func(s *fakeServer) { s.write = write })
	cfg := fanoutConfig(s.url)
	cfg.Messages = 20
	if r := mustRun(t, cfg); !r.OK {
		t.Errorf("%+v %v", r.Tally, r.Errors)
	}
}

func TestLargeMessages(t *testing.T) {
	s := newFakeServer(t)
	cfg := fanoutConfig(s.url)
	cfg.Size, cfg.Messages, cfg.Window = 300_000, 6, 2
	if r := mustRun(t, cfg); !r.OK || r.Done != 36 {
		t.Errorf("%d delivered, %+v %v", r.Done, r.Tally, r.Errors)
	}
}

func TestIdleAndConnect(t *testing.T) {
	s := newFakeServer(t)
	r := mustRun(t, Config{Scenario: scenarioIdle, URL: s.url, Dialect: "cl4", Clients: 20, Steps: 4, RoomSize: 5, Settle: 10 * time.Millisecond, PIDs: []int{os.Getpid()}})
	if !r.OK || r.Memory == nil || len(r.Memory.Points) != 5 || r.Memory.Points[4].Clients != 20 {
		t.Errorf("ok %v, memory %+v", r.OK, r.Memory)
	}
	r = mustRun(t, Config{Scenario: scenarioConnect, URL: s.url, Dialect: "echo", Clients: 20, PIDs: []int{os.Getpid()}})
	if !r.OK || r.Done != 20 || r.Server.CPUMicrosPerOp <= 0 {
		t.Errorf("ok %v, %d clients, %+v", r.OK, r.Done, r.Server)
	}
}

func TestReportFile(t *testing.T) {
	s := newFakeServer(t)
	file := filepath.Join(t.TempDir(), "report.json")
	root := newRoot()
	var out strings.Builder
	root.SetOut(&out)
	root.SetArgs([]string{"ping", "--url", s.url, "--clients", "3", "--messages", "90", "--warmup", "0s", "--json", file})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "0 lost, 0 doubled") {
		t.Error(out.String())
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if !r.OK || r.Done != 90 || r.Config.Clients != 3 {
		t.Errorf("%+v", r)
	}
	h, err := hdrhistogram.Decode(r.Latency.Histogram.Encoded)
	if err != nil {
		t.Fatal(err)
	}
	if h.TotalCount() != 90 || float64(h.ValueAtQuantile(50))/1e3 != r.Latency.P50 {
		t.Errorf("histogram: %d values, p50 %d, report %v", h.TotalCount(), h.ValueAtQuantile(50), r.Latency.P50)
	}
}

func TestCommandErrors(t *testing.T) {
	s := newFakeServer(t, func(s *fakeServer) { s.fault = lose })
	var usage errUsage
	for _, c := range []struct {
		args  []string
		check func(error) bool
	}{
		{[]string{"ping", "--url", s.url, "--clients", "3", "--messages", "90", "--warmup", "0s", "--stall", "2s"}, func(err error) bool { return errors.Is(err, errFailed) }},
		{[]string{"ping", "--window", "0"}, func(err error) bool { return errors.As(err, &usage) }},
		{[]string{"ping", "--frobnicate"}, func(err error) bool { return errors.As(err, &usage) }},
		{[]string{"fanout", "--dialect", "echo"}, func(err error) bool { return errors.As(err, &usage) }},
		{[]string{"fanout", "--dialect", "latin"}, func(err error) bool { return errors.As(err, &usage) }},
	} {
		root := newRoot()
		root.SetOut(new(strings.Builder))
		root.SetArgs(c.args)
		if err := root.ExecuteContext(t.Context()); !c.check(err) {
			t.Errorf("%v: %v", c.args, err)
		}
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := newFakeServer(t, func(s *fakeServer) {
		s.fault = func(n int, _ *fakeClient, msg []byte) [][]byte {
			if n == 1000 {
				cancel()
			}
			return [][]byte{msg}
		}
	})
	cfg := fanoutConfig(s.url)
	cfg.Messages, cfg.Duration = 0, time.Minute
	r, err := run(ctx, cfg, nil)
	if err != nil || !r.OK || !r.Interrupted || r.Seconds > 30 {
		t.Errorf("%+v, %v", r, err)
	}
}
