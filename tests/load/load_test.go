//go:build linux

// Package load runs skein-load against the server's binary, both as their users do: each dialect and each scenario, with
// several client processes and with the backend that comes with it.
package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/skeinhq/skein/tests/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// A report is what is read of skein-load's.
type report struct {
	Format string `json:"format"`
	OK     bool   `json:"ok"`
	Sent   uint64 `json:"sent"`
	Done   uint64 `json:"done"`
	Visits uint64 `json:"visits"`
	Server struct {
		CPUMicrosPerOp float64 `json:"cpu_micros_per_op"`
		RSSPeak        int64   `json:"rss_peak_bytes"`
	} `json:"server"`
	Client struct {
		Processes  int     `json:"processes"`
		BackendCPU float64 `json:"backend_cpu_seconds"`
	} `json:"client"`
	Tally  map[string]uint64 `json:"tally"`
	Memory *struct {
		Points []struct{ Clients int } `json:"points"`
	} `json:"memory"`
}

// drive runs a command line of skein-load and returns its report, exit status and output.
func drive(t *testing.T, args ...string) (r report, status int, said string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	out, err := exec.Command(harness.Build(t, "./cmd/skein-load"), append(args, "--json", file)...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if harness.Trouble(string(out)) != "" {
		t.Errorf("%v:\n%s", args, out)
	}
	if b, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(err)
		}
	}
	if exit != nil {
		status = exit.ExitCode()
	}
	return r, status, string(out)
}

// good drives a server and expects a run without fault.
func good(t *testing.T, s *harness.Server, args ...string) report {
	t.Helper()
	r, status, said := drive(t, append(args, "--pid", strconv.Itoa(s.Pid()))...)
	if status != 0 || !r.OK || r.Format != "skein-load/1" || r.Done == 0 || r.Server.CPUMicrosPerOp <= 0 || r.Server.RSSPeak == 0 {
		t.Fatalf("%v: status %d, %+v\n%s", args, status, r, said)
	}
	for what, n := range r.Tally {
		if n != 0 {
			t.Errorf("%v: %d %s", args, n, what)
		}
	}
	return r
}

// scenarios runs what every dialect with rooms has.
func scenarios(t *testing.T, s *harness.Server, size string, common ...string) {
	t.Helper()
	with := func(args ...string) []string { return append(args, common...) }
	room, _ := strconv.Atoi(size)
	members := uint64(room)
	if strings.Contains(strings.Join(common, " "), "turbowarp") {
		members-- // the sender gets nothing
	}
	if r := good(t, s, with("fanout", "--clients", "60", "--room-size", size, "--messages", "240", "--window", "4", "--size", "200")...); r.Sent != 240 || r.Done != 240*members {
		t.Errorf("fanout: %d sent, %d delivered", r.Sent, r.Done)
	}
	if r := good(t, s, with("fanout", "--clients", "60", "--room-size", size, "--processes", "3", "--messages", "240", "--rate", "800")...); r.Done != 240*members || r.Client.Processes != 3 {
		t.Errorf("fanout in processes: %+v", r)
	}
	if r := good(t, s, with("echo", "--clients", "20", "--messages", "400", "--window", "4")...); r.Done != 400 {
		t.Errorf("echo: %d answers", r.Done)
	}
	if r := good(t, s, with("connect", "--clients", "200")...); r.Done != 200 {
		t.Errorf("connect: %d clients", r.Done)
	}
	if r := good(t, s, with("idle", "--clients", "100", "--steps", "2", "--settle", "20ms")...); r.Memory == nil || len(r.Memory.Points) != 3 {
		t.Errorf("idle: %+v", r)
	}
	if r := good(t, s, with("mixed", "--clients", "60", "--room-size", size, "--rate", "200", "--visitors", "6", "--stay", "100ms", "--duration", "1s")...); r.Visits < 6 {
		t.Errorf("mixed: %d visits", r.Visits)
	}
}

func TestCL4(t *testing.T) {
	s := harness.Start(t, "serve", "--listen", "127.0.0.1:0")
	scenarios(t, s, "10", "--url", s.URL)
	good(t, s, "fanout", "--url", s.URL, "--clients", "40", "--processes", "2", "--senders", "3", "--messages", "100", "--window", "8", "--total-order")
	good(t, s, "fanout", "--url", s.URL, "--clients", "20", "--anonymous", "--messages", "20")
	good(t, s, "soak", "--url", s.URL, "--clients", "20", "--room-size", "10", "--duration", "1s", "--rate", "100", "--max-growth", "0")
}

func TestScratchAsTurboWarp(t *testing.T) {
	s := harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--protocols", "scratch")
	scenarios(t, s, "10", "--url", s.URL, "--dialect", "scratch", "--scratch-dialect", "turbowarp")
}

func TestScratchAsCloudLink(t *testing.T) {
	s := harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--scratch-dialect", "cloudlink")
	scenarios(t, s, "10", "--url", s.URL, "--dialect", "scratch", "--scratch-dialect", "cloudlink")
}

func TestPyStrands(t *testing.T) {
	front, back := harness.FreePort(t), harness.FreePort(t)
	s := harness.Start(t, "pystrands", "--ws-port", strconv.Itoa(front), "--tcp-port", strconv.Itoa(back))
	common := []string{"--dialect", "pystrands", "--url", fmt.Sprintf("ws://127.0.0.1:%d/", front), "--backend", fmt.Sprintf("127.0.0.1:%d", back)}
	scenarios(t, s, "10", common...)
	if r := good(t, s, append([]string{"echo", "--clients", "10", "--messages", "400"}, common...)...); r.Client.BackendCPU <= 0 {
		t.Errorf("the backend's CPU time is not known: %+v", r.Client)
	}
}

func TestSimpleServer(t *testing.T) {
	s := harness.Launch(t, harness.Config{Args: []string{"simpleserver-demo", "--port", "0"}, Stdout: true})
	s.WaitLog("listening on tcp://")
	url := regexp.MustCompile(`tcp://\S+`).FindString(s.Stderr())
	common := []string{"--dialect", "simpleserver", "--url", url}
	for _, args := range [][]string{
		{"fanout", "--clients", "40", "--messages", "50", "--window", "4", "--size", "2000"},
		{"fanout", "--clients", "40", "--processes", "2", "--senders", "2", "--messages", "50", "--rate", "200"},
		{"echo", "--clients", "20", "--messages", "400", "--window", "4"},
		{"connect", "--clients", "100"},
		{"idle", "--clients", "40", "--steps", "2", "--settle", "20ms"},
		{"mixed", "--clients", "20", "--rate", "100", "--visitors", "4", "--stay", "100ms", "--duration", "1s"},
	} {
		good(t, s, append(args, common...)...)
	}
}

// SimpleServer's clients of `skein serve` are relayed to backends of PyStrands; skein-load brings one.
func TestSimpleServerRelayed(t *testing.T) {
	front, back := harness.FreePort(t), harness.FreePort(t)
	s := harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--simpleserver", fmt.Sprintf("127.0.0.1:%d", front),
		"--pystrands-ws", fmt.Sprintf("127.0.0.1:%d", harness.FreePort(t)), "--pystrands-tcp", fmt.Sprintf("127.0.0.1:%d", back))
	common := []string{"--dialect", "simpleserver", "--url", fmt.Sprintf("tcp://127.0.0.1:%d", front), "--backend", fmt.Sprintf("127.0.0.1:%d", back)}
	for _, args := range [][]string{
		{"fanout", "--clients", "20", "--messages", "50", "--window", "4"},
		{"echo", "--clients", "20", "--messages", "400", "--window", "4"},
		{"mixed", "--clients", "20", "--rate", "100", "--visitors", "4", "--stay", "100ms", "--duration", "1s"},
	} {
		good(t, s, append(args, common...)...)
	}
}

func TestEcho(t *testing.T) {
	s := harness.Start(t, "echo", "--listen", "127.0.0.1:0")
	if r := good(t, s, "echo", "--dialect", "echo", "--url", s.URL, "--clients", "20", "--messages", "400", "--size", "5000"); r.Done != 400 {
		t.Errorf("%d answers", r.Done)
	}
	good(t, s, "mixed", "--dialect", "echo", "--url", s.URL, "--clients", "20", "--rate", "200", "--duration", "1s")
}

// A server that says no fails the run, with its words.
func TestRefusal(t *testing.T) {
	s := harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--max-clients", "5")
	r, status, said := drive(t, "fanout", "--url", s.URL, "--clients", "10", "--messages", "10")
	if status != 1 || r.OK || !strings.Contains(said, "Error: client ") {
		t.Errorf("status %d, %+v\n%s", status, r, said)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"fanout", "--clients", "0"}, {"echo", "--dialect", "latin"}, {"connect", "--windows", "3"}} {
		if _, status, said := drive(t, args...); status != 2 {
			t.Errorf("%v: status %d\n%s", args, status, said)
		}
	}
}

// Nobody listens at the broker's backend port: the run does not begin.
func TestNoBackendPort(t *testing.T) {
	url := fmt.Sprintf("ws://127.0.0.1:%d/", harness.FreePort(t))
	_, status, said := drive(t, "echo", "--dialect", "pystrands", "--url", url, "--backend", fmt.Sprintf("127.0.0.1:%d", harness.FreePort(t)))
	if status != 1 || !strings.Contains(said, "no backend at") {
		t.Errorf("status %d\n%s", status, said)
	}
}
