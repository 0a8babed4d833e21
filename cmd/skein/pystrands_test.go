package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/tests/harness"
)

// serverHere runs a command line of pystrands-server in this process. A broker that starts stops at once.
func serverHere(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code = execute(ctx, newPyStrandsServer(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// TestPyStrandsVectors: command line and environment to what is in force, as recorded from the broker that Skein
// replaces.
func TestPyStrandsVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/pystrands_config.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			Args   []string
			Env    map[string]string
			Expect map[string]int
			Error  bool
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) == 0 {
		t.Fatal("no vectors")
	}
	for i, v := range file.Vectors {
		t.Run(fmt.Sprint(i, " ", v.Args), func(t *testing.T) {
			var env []string
			for name, value := range v.Env {
				env = append(env, name+"="+value)
			}
			if v.Error {
				code, _, stderr := serverHere(t, env, v.Args...)
				if code != exitUsage || stderr == "" {
					t.Errorf("exit status %d, standard error %q", code, stderr)
				}
				return
			}
			code, stdout, stderr := runHere(t, env, append([]string{"pystrands", "check"}, v.Args...)...)
			if code != 0 || stderr != "" {
				t.Fatalf("exit status %d\n%s", code, stderr)
			}
			for name, want := range v.Expect {
				line := regexp.MustCompile(`(?m)^` + strings.ReplaceAll(name, "_", "-") + ` +(\d+) `).FindStringSubmatch(stdout)
				if line == nil || line[1] != strconv.Itoa(want) {
					t.Errorf("%s: %v, want %d", name, line, want)
				}
			}
		})
	}
}

func TestPyStrandsHelp(t *testing.T) {
	for name, args := range map[string][]string{
		"help_pystrands.txt":           {"pystrands", "--help"},
		"help_pystrands_install.txt":   {"pystrands", "install", "--help"},
		"help_pystrands_uninstall.txt": {"pystrands", "uninstall", "-help"},
	} {
		code, stdout, stderr := runHere(t, nil, args...)
		if code != 0 || stderr != "" {
			t.Errorf("%v: exit status %d\n%s", args, code, stderr)
		}
		golden(t, name, stdout)
	}
	code, stdout, _ := serverHere(t, nil, "-help")
	if code != 0 {
		t.Errorf("exit status %d", code)
	}
	golden(t, "help_pystrands_server.txt", stdout)
	for line := range strings.Lines(stdout) {
		if strings.HasPrefix(line, " ") && len(line) > helpWidth+1 {
			t.Errorf("too long a line: %q", line)
		}
	}
}

func TestPyStrandsCheck(t *testing.T) {
	code, stdout, stderr := runHere(t, []string{"PYSTRAND_WS_PORT=9000", "PYSTRAND_QUEUE=1", "PYSTRAND_BACKEND_TOKEN=hunter2", "PYSTRAND_MAX_LINE=x"},
		"pystrands", "check", "-ws-port", "9001", "-metrics-addr", "0.0.0.0:9002", "--queue-bytes=1M")
	if code != exitFailure {
		t.Errorf("exit status %d", code)
	}
	golden(t, "check_pystrands.txt", stderr+"---\n"+stdout)
}

func TestIsPyStrandsServer(t *testing.T) {
	for arg0, want := range map[string]bool{
		"pystrands-server": true, "/home/a/.pystrands/pystrands-server": true, `C:\Users\a\.pystrands\pystrands-server`: true,
		`C:\a b\PyStrands-Server.EXE`: true, "./pystrands-server.exe": true,
		"skein": false, "pystrands-server/skein": false, "pystrands-server-linux-amd64": false, "": false,
	} {
		if got := isPyStrandsServer(arg0); got != want {
			t.Errorf("%s: %v", arg0, got)
		}
	}
}

// asPyStrandsServer puts the built program under that name, as a copy or a link.
func asPyStrandsServer(t *testing.T, name string, link bool) string {
	t.Helper()
	binary, path := harness.Skein(t), filepath.Join(t.TempDir(), name)
	if link {
		if err := os.Symlink(binary, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPyStrandsRefusals runs the program: nothing may listen, however short.
func TestPyStrandsRefusals(t *testing.T) {
	ws, tcp := strconv.Itoa(harness.FreePort(t)), strconv.Itoa(harness.FreePort(t))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	busy := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	both := []string{"--ws-port", ws, "--tcp-port", tcp}
	server := asPyStrandsServer(t, pystrandsServer, true)
	tests := []struct {
		name      string
		args, env []string
		want      int
		stderr    string
	}{
		{name: "unknown flag", args: append(both, "--queue-sise", "1"), want: exitUsage, stderr: `unknown flag: --queue-sise (did you mean "--queue-size"?)`},
		{name: "unknown flag, one dash", args: append(both, "-no-such-flag"), want: exitUsage, stderr: "unknown flag: --no-such-flag"},
		{name: "word", args: append([]string{"extra"}, both...), want: exitUsage, stderr: `"extra" is no flag`},
		{name: "word behind", args: append(both, "--", "extra"), want: exitUsage, stderr: `"extra" is no flag`},
		{name: "no value", args: append(both, "--queue-size"), want: exitUsage, stderr: "flag needs an argument: --queue-size"},
		{name: "no number", args: append(both, "--queue-size", "many"), want: exitUsage, stderr: `--queue-size: "many" is not a whole number`},
		{name: "negative", args: append(both, "-queue-size", "-1"), want: exitUsage, stderr: "--queue-size: -1 is too low: at least 0"},
		{name: "bad variable", args: both, env: []string{"PYSTRAND_WS_PORT=abc"}, want: exitUsage, stderr: `PYSTRAND_WS_PORT: "abc" is not a port`},
		{name: "port out of range", args: []string{"--ws-port", ws, "--tcp-port", "65536"}, want: exitUsage, stderr: "--tcp-port: 65536 is not a port"},
		{name: "equal ports", args: []string{"--ws-port", ws, "--tcp-port", ws}, want: exitUsage, stderr: "--tcp-port: " + ws + " is ws-port already"},
		{name: "equal by a variable", args: both, env: []string{"PYSTRAND_TCP_PORT=" + ws}, want: exitUsage, stderr: "PYSTRAND_TCP_PORT: " + ws + " is ws-port already"},
		{name: "certificate without key", args: append(both, "--tls-cert", "cert.pem"), want: exitUsage, stderr: "tls-key is missing"},
		{name: "empty token", args: append(both, "--backend-token", ""), want: exitUsage, stderr: "the secret is empty"},
		{name: "WebSocket port taken", args: []string{"--ws-port", busy, "--bind", "127.0.0.1", "--tcp-port", tcp}, want: exitFailure, stderr: "address already in use"},
		{name: "backend port taken", args: []string{"--ws-port", ws, "--tcp-port", busy}, want: exitFailure, stderr: "address already in use"},
	}
	for _, tt := range tests {
		for _, asServer := range []bool{true, false} {
			name, c := "skein pystrands", harness.Config{Args: append([]string{"pystrands"}, tt.args...), Env: tt.env}
			if asServer {
				name, c = pystrandsServer, harness.Config{Binary: server, Args: tt.args, Env: tt.env}
			}
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				s := harness.Launch(t, c)
				if code := s.Wait(stopLimit); code != tt.want {
					t.Errorf("exit status %d, want %d", code, tt.want)
				}
				if !strings.Contains(s.Stderr(), tt.stderr) {
					t.Errorf("standard error lacks %q:\n%s", tt.stderr, s.Stderr())
				}
				if strings.Contains(s.Stderr(), "listening") {
					t.Errorf("it has listened:\n%s", s.Stderr())
				}
			})
		}
	}
}

// TestPyStrandsServer starts the broker as the library does.
func TestPyStrandsServer(t *testing.T) {
	for _, name := range []string{pystrandsServer, pystrandsServer + ".exe"} {
		for _, link := range []bool{true, false} {
			t.Run(fmt.Sprint(name, " link ", link), func(t *testing.T) {
				ws, tcp := harness.FreePort(t), harness.FreePort(t)
				s := harness.Run(t, harness.Config{
					Binary: asPyStrandsServer(t, name, link),
					Args:   []string{"-ws-port", strconv.Itoa(ws), "--tcp-port=1"},
					Env:    []string{"PYSTRAND_TCP_PORT=" + strconv.Itoa(tcp), "SKEIN_LISTEN=1"},
				})
				s.WaitLog("speaks PyStrands 1.0.0")
				s.WaitLog(fmt.Sprintf("connect to ws://localhost:%d/ws/", ws))
				s.WaitLog(fmt.Sprintf("connect to localhost:%d", tcp))
				for _, port := range []int{ws, tcp} {
					c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
					if err != nil {
						t.Fatal(err)
					}
					c.Close()
				}
				s.Signal(syscall.SIGTERM)
				if code := s.Wait(stopLimit); code != 0 {
					t.Errorf("exit status %d\n%s", code, s.Stderr())
				}
			})
		}
	}
}

func TestPyStrandsInServe(t *testing.T) {
	s := harness.Run(t, harness.Config{
		Args: []string{"serve", "--listen", "0", "--pystrands-ws", "0", "--pystrands-tcp", "0.0.0.0:0"}, Listeners: 2,
	})
	s.WaitLog("PyStrands in a browser: connect to ws://localhost:")
	s.WaitLog("PyStrands in Python: connect to localhost:")
	s.WaitLog("CloudLink in TurboWarp")
	if n := strings.Count(s.Stderr(), "open to the network"); n != 1 {
		t.Errorf("%d warnings of the open port for backends\n%s", n, s.Stderr())
	}
}

func TestPyStrandsVersion(t *testing.T) {
	code, stdout, _ := serverHere(t, nil, "--version")
	if want := " (speaks PyStrands 1.0.0), " + runtime.Version(); code != 0 || !strings.Contains(stdout, want) {
		t.Errorf("%d, %q", code, stdout)
	}
}

func TestPyStrandsHints(t *testing.T) {
	lan := func() []netip.Addr { return []netip.Addr{netip.MustParseAddr("192.0.2.7")} }
	tests := []struct {
		addr              string
		o                 supervisor.PyStrandsOptions
		clients, backends []string
	}{
		{
			addr:     "[::]:8080",
			clients:  []string{"listening on ws://127.0.0.1:8080/ws/", "listening on ws://192.0.2.7:8080/ws/", "in a browser: connect to ws://localhost:8080/ws/"},
			backends: []string{"listening for backends on [::]:8080", "in Python: connect to localhost:8080", "in Python: connect to 192.0.2.7:8080"},
		},
		{
			addr:     "127.0.0.1:80",
			clients:  []string{"listening on ws://127.0.0.1:80/ws/", "in a browser: connect to ws://localhost:80/ws/"},
			backends: []string{"listening for backends on 127.0.0.1:80", "in Python: connect to localhost:80"},
		},
		{
			addr:     "192.0.2.9:80",
			clients:  []string{"listening on ws://192.0.2.9:80/ws/", "in a browser: connect to ws://192.0.2.9:80/ws/"},
			backends: []string{"listening for backends on 192.0.2.9:80", "in Python: connect to 192.0.2.9:80"},
		},
		{
			addr: "127.0.0.1:443", o: supervisor.PyStrandsOptions{TLSCert: "none", BackendTLSCert: "none"},
			clients:  []string{"listening on wss://127.0.0.1:443/ws/", "in a browser: connect to wss://127.0.0.1:443/ws/"},
			backends: []string{"listening for backends on 127.0.0.1:443", "in Python: connect to localhost:443 with TLS"},
		},
	}
	for _, tt := range tests {
		addr := netip.MustParseAddrPort(tt.addr)
		for _, side := range []struct{ want, got []string }{
			{tt.clients, strandsClientHints(addr, tt.o, lan)}, {tt.backends, strandsBackendHints(addr, tt.o, lan)},
		} {
			for i := range side.want {
				side.want[i] = "PyStrands" + map[bool]string{true: ": ", false: " "}[strings.HasPrefix(side.want[i], "listening")] + side.want[i]
			}
			if diff := cmp.Diff(side.want, side.got); diff != "" {
				t.Errorf("%s: %s", tt.addr, diff)
			}
		}
	}
}
