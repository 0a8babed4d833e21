package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/skeinhq/skein/tests/harness"
)

// These tests run the built program.

func TestMain(m *testing.M) { harness.Main(m) }

const stopLimit = 20 * time.Second

// hold opens a connection that does not take part in closing, so that draining waits for it.
func hold(t *testing.T, url string) net.Conn {
	t.Helper()
	c, _, _, err := ws.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestSignals(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		for _, command := range []string{"serve", "echo"} {
			t.Run(command+" "+sig.String(), func(t *testing.T) {
				s := harness.Start(t, command, "--listen", "0")
				s.Signal(syscall.SIGHUP)
				s.WaitLog("reloaded")
				s.Signal(sig)
				if code := s.Wait(stopLimit); code != 0 {
					t.Errorf("exit status %d\n%s", code, s.Stderr())
				}
				s.WaitLog(`"msg":"stopped"`)
			})
		}
	}
}

// TestSecondSignal also looks at readiness while the server drains.
func TestSecondSignal(t *testing.T) {
	s := harness.Start(t, "serve", "--listen", "0", "--admin", "0")
	admin := regexp.MustCompile(`http://[0-9.:]+/`).FindString(s.Stderr())
	if status := get(t, admin+"readyz"); status != http.StatusOK {
		t.Errorf("/readyz: %d before", status)
	}
	hold(t, s.URL)
	s.Signal(syscall.SIGTERM)
	s.WaitLog("a second signal stops at once")
	// Until the client is given up, which takes longer than this test needs.
	for deadline := time.Now().Add(stopLimit); get(t, admin+"readyz") != http.StatusServiceUnavailable; {
		if time.Now().After(deadline) {
			t.Fatal("/readyz does not tell that the server drains")
		}
	}
	if status := get(t, admin+"healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d while draining", status)
	}
	s.Signal(syscall.SIGTERM)
	if code := s.Wait(stopLimit); code != exitFailure {
		t.Errorf("exit status %d\n%s", code, s.Stderr())
	}
	s.WaitLog("stopping at once")
}

func get(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func TestDrainClosesClients(t *testing.T) {
	s := harness.Start(t, "echo", "--listen", "0")
	c := hold(t, s.URL)
	s.Signal(syscall.SIGTERM)
	_, err := wsutil.ReadServerText(c)
	closed, ok := err.(wsutil.ClosedError)
	if !ok || closed.Code != ws.StatusGoingAway {
		t.Errorf("%v, want a close with 1001", err)
	}
	c.Close()
	if code := s.Wait(stopLimit); code != 0 {
		t.Errorf("exit status %d", code)
	}
}

func TestEcho(t *testing.T) {
	s := harness.Start(t, "echo", "--listen", "0", "--max-message", "1KiB")
	c := hold(t, s.URL+"any/path?x=1")
	for _, m := range []struct {
		op   ws.OpCode
		text string
	}{{ws.OpText, "hello"}, {ws.OpBinary, "\x00\xff"}, {ws.OpText, ""}} {
		if err := wsutil.WriteClientMessage(c, m.op, []byte(m.text)); err != nil {
			t.Fatal(err)
		}
		got, op, err := wsutil.ReadServerData(c)
		if err != nil || op != m.op || string(got) != m.text {
			t.Errorf("got %v %q, %v; want %v %q", op, got, err, m.op, m.text)
		}
	}
	if err := wsutil.WriteClientText(c, bytes.Repeat([]byte("x"), 1025)); err != nil {
		t.Fatal(err)
	}
	_, err := wsutil.ReadServerText(c)
	if closed, ok := err.(wsutil.ClosedError); !ok || closed.Code != ws.StatusMessageTooBig {
		t.Errorf("a message over --max-message: %v", err)
	}
}

func TestStartUpLines(t *testing.T) {
	s := harness.Start(t, "serve", "--listen", "0", "--log-format", "text")
	for _, want := range []string{
		"INF Skein dev (speaks CloudLink 0.2.0)",
		"INF listening on " + s.URL,
		"INF CloudLink in TurboWarp: open https://turbowarp.org/editor?extension=https://extensions.turbowarp.org/cloudlink.js and connect to " + s.URL,
		"INF Scratch in TurboWarp: open https://turbowarp.org/PROJECT_ID?cloud_host=" + strings.TrimSuffix(s.URL, "/"),
	} {
		s.WaitLog(want)
	}
}

// runHere runs a command line in this process.
func runHere(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); name == "PORT" || strings.HasPrefix(name, "SKEIN_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("STATE_DIRECTORY", "/var/lib/skein")
	if args[0] == "serve" {
		t.Setenv("SKEIN_DATA", "none")
	}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestExitStatus(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct {
		name   string
		env    []string
		args   []string
		want   int
		stderr string
	}{
		{name: "help", args: []string{"serve", "--help"}},
		{name: "version", args: []string{"version"}},
		{name: "--version", args: []string{"--version"}},
		{name: "unknown command", args: []string{"sreve"}, want: exitUsage, stderr: "Did you mean this?\n\tserve"},
		{name: "unknown flag", args: []string{"serve", "--max-client", "1"}, want: exitUsage, stderr: `unknown flag: --max-client (did you mean "--max-clients"?)`},
		{name: "argument", args: []string{"serve", "now"}, want: exitUsage},
		{name: "flag without its value", args: []string{"serve", "--max-clients"}, want: exitUsage},
		{name: "bad flag", args: []string{"serve", "--max-clients", "0"}, want: exitUsage, stderr: "skein: --max-clients: 0 is no limit"},
		{name: "several", args: []string{"serve", "--max-clients", "0", "--tls", "both"}, want: exitUsage, stderr: "skein: the configuration is wrong:\n  --max-clients: 0 is no limit"},
		{name: "bad variable", args: []string{"serve"}, env: []string{"SKEIN_MAX_CLIENTS=0"}, want: exitFailure, stderr: "skein: SKEIN_MAX_CLIENTS: 0 is no limit"},
		{name: "no file", args: []string{"serve"}, env: []string{"SKEIN_CONFIG=none.yaml"}, want: exitFailure, stderr: "skein: none.yaml: no such file"},
		{name: "port taken", args: []string{"serve", "--listen", taken.Addr().String()}, want: exitFailure, stderr: "address already in use"},
		{name: "echo, port taken", args: []string{"echo", "--listen", taken.Addr().String()}, want: exitFailure, stderr: "address already in use"},
		{name: "admin port taken", args: []string{"serve", "--listen", "0", "--admin", taken.Addr().String()}, want: exitFailure, stderr: "address already in use"},
		{name: "no such plugin", args: []string{"serve", "--listen", "0", "--plugins", "nothing"}, want: exitFailure, stderr: "nothing"},
		{name: "healthcheck without address", args: []string{"healthcheck"}, want: exitUsage, stderr: "--admin"},
		{name: "healthcheck of nothing", args: []string{"healthcheck", "--admin", "1"}, want: exitFailure, stderr: "connection refused"},
		{name: "not ready", args: []string{"healthcheck", "--admin", notReady(t)}, want: exitFailure, stderr: "not ready: 503 Service Unavailable: draining"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := runHere(t, tt.env, tt.args...)
			if code != tt.want {
				t.Errorf("exit status %d, want %d", code, tt.want)
			}
			if !strings.Contains(stderr, tt.stderr) {
				t.Errorf("standard error lacks %q:\n%s", tt.stderr, stderr)
			}
		})
	}
}

// notReady returns the address of an admin server that is draining.
func notReady(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "draining", http.StatusServiceUnavailable)
	})}
	go srv.Serve(ln)
	t.Cleanup(func() { srv.Shutdown(context.Background()) })
	return ln.Addr().String()
}

func TestHealthcheck(t *testing.T) {
	s := harness.Start(t, "serve", "--listen", "0", "--admin", "0")
	admin := regexp.MustCompile(`http://([0-9.:]+)/`).FindStringSubmatch(s.Stderr())[1]
	for _, env := range [][]string{nil, {"SKEIN_ADMIN=" + admin, "http_proxy=http://127.0.0.1:1"}} {
		args := []string{"healthcheck"}
		if env == nil {
			args = append(args, "--admin", admin)
		}
		if code, _, stderr := runHere(t, env, args...); code != 0 {
			t.Errorf("exit status %d: %s", code, stderr)
		}
	}
}

func TestNotifySystemd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(stopLimit))
	next := func() string {
		b := make([]byte, 100)
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	s := harness.Run(t, harness.Config{Args: []string{"serve", "--listen", "0"}, Env: []string{"NOTIFY_SOCKET=" + path}})
	if got := next(); got != "READY=1" {
		t.Errorf("first %q", got)
	}
	s.Stop()
	if got := next(); got != "STOPPING=1" {
		t.Errorf("then %q", got)
	}
}

func TestMetrics(t *testing.T) {
	s := harness.Start(t, "serve", "--listen", "0", "--admin", "0")
	admin := regexp.MustCompile(`http://[0-9.:]+/`).FindString(s.Stderr())
	c := hold(t, s.URL)
	if err := wsutil.WriteClientText(c, []byte(`{"cmd":"ping"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := wsutil.ReadServerText(c); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(admin + "metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`skein_build_info{commit="`, `skein_connections{port="websocket"} 1`, `skein_clients{protocol="cl4"} 1`,
		`skein_messages_received_total{cmd="ping",protocol="cl4"} 1`, "process_resident_memory_bytes ",
	} {
		if !strings.Contains(string(body), "\n"+want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	c.Close()
}
