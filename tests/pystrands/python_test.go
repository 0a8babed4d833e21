package pystrands

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/tests/harness"
)

// TestPythonBackend lets a program speak that treats its connections as the Python library does.
func TestPythonBackend(t *testing.T) {
	requireSkein(t)
	for _, connections := range []string{"once", "twice"} {
		t.Run(connections, func(t *testing.T) {
			t.Parallel()
			metrics := fmt.Sprintf("127.0.0.1:%d", harness.FreePort(t))
			broker := startBroker(t, "--metrics-addr", metrics)
			runPython(t, nil, "testdata/backend.py", broker.tcpPort(), connections)
			waitForBackends(t, metrics, map[string]int{"once": 1, "twice": 2}[connections])
			a := broker.enterAs(t, "a", "Jürgen 😀")
			a.expect(t, "Willkommen, Jürgen 😀 (lobby)")
			b := broker.enterAs(t, "b", "Zoë") // with two connections, the other one is asked
			b.expect(t, "Willkommen, Zoë (lobby)")
			broker.client(t, "/ws/nobody", [2]string{"X-Name", "x"}).expectStatus(t, http.StatusForbidden)

			must(t, a.send("écho"))
			a.expect(t, "écho")
			must(t, a.send("room 日本"))
			a.expect(t, "日本")
			b.expect(t, "日本")
			must(t, b.send("to a psst 😀"))
			a.expect(t, "psst 😀")
			must(t, b.send("all für alle"))
			a.expect(t, "für alle")
			b.expect(t, "für alle")
			if connections == "once" { // two threads that read from one connection cannot read long lines
				long := strings.Repeat("日本語😀", 40_000)
				for range 5 {
					must(t, a.send(long))
					a.expect(t, long)
				}
			}
			b.leave()
			a.expect(t, "b has left")
		})
	}
}

// TestPythonLibrary runs the documented programs with the real library: that in the folder PYSTRANDS_LIBRARY, or the
// one that is installed.
func TestPythonLibrary(t *testing.T) {
	requireSkein(t)
	env := pythonLibrary(t)
	t.Run("documented client", func(t *testing.T) {
		t.Parallel()
		metrics := fmt.Sprintf("127.0.0.1:%d", harness.FreePort(t))
		broker := startBroker(t, "--metrics-addr", metrics)
		out := runPython(t, env, "testdata/documented.py", broker.tcpPort())
		// A client that came between the two connections might be answered on the first, which the library then leaves
		// with whatever it has been sent.
		waitForBackends(t, metrics, 2)
		a, err := broker.enter(&net.Dialer{}, "/ws/room1")
		must(t, err)
		t.Cleanup(a.cut)
		a.expect(t, "Welcome to the room! John Doe")
		b := broker.client(t, "/ws/room2") // gets the same id, so both hear of it
		b.expectStatus(t, http.StatusSwitchingProtocols)
		b.expect(t, "Welcome to the room! John Doe")
		a.expect(t, "Welcome to the room! John Doe")
		must(t, a.send("héllo"))
		out.expect(t, "Received message: héllo from new_client_id in room new_room")
		a.leave()
		out.expect(t, "Disconnected from new_client_id in room new_room")
		must(t, b.send("still here"))
		out.expect(t, "Received message: still here from new_client_id in room new_room")
	})
	t.Run("decorator application", func(t *testing.T) {
		t.Parallel()
		broker := startBroker(t)
		runPython(t, env, "testdata/application.py", broker.tcpPort())
		a := broker.enterAs(t, "a", "Jürgen")
		a.expect(t, "Willkommen, Jürgen")
		b := broker.enterAs(t, "b", "Zoë")
		b.expect(t, "Willkommen, Zoë")
		broker.client(t, "/ws/nobody", [2]string{"X-Name", "x"}).expectStatus(t, http.StatusForbidden)
		long := strings.Repeat("日本語😀", 4_000)
		for _, text := range []string{"grüße", long, "Ende"} {
			must(t, a.send(text))
			a.expect(t, text)
			b.expect(t, text)
		}
		b.leave()
		a.expect(t, "Zoë has left")
	})
}

// waitForBackends waits until the broker's metrics tell of so many attached backends.
func waitForBackends(t *testing.T, metrics string, n int) {
	t.Helper()
	want := regexp.MustCompile(fmt.Sprintf(`(?m)^pystrands_backends(\{.*\})? %d$`, n))
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		answer, err := client.Get("http://" + metrics + "/metrics")
		if err != nil {
			continue
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err == nil && want.Match(text) {
			return
		}
	}
	t.Fatalf("%d backends are not attached", n)
}

// pythonLibrary returns the environment in which Python finds the real library.
func pythonLibrary(t *testing.T) []string {
	t.Helper()
	var env []string
	folder := os.Getenv("PYSTRANDS_LIBRARY")
	if folder != "" {
		env = []string{"PYTHONPATH=" + folder}
	}
	cmd := exec.Command(python(t), "-c", "import pystrands")
	cmd.Env = append(append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		if folder != "" {
			t.Fatalf("PYSTRANDS_LIBRARY is %s: %v\n%s", folder, err, out)
		}
		t.Skip("PYSTRANDS_LIBRARY names no folder with the library, and python3 has none installed (pip install pystrands)")
	}
	return env
}

func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("no python3: run `make deps`")
	}
	return path
}

func (b *broker) tcpPort() string {
	_, port, _ := net.SplitHostPort(b.tcp)
	return port
}

// enterAs connects an end client with a header X-Name when there is a backend.
func (b *broker) enterAs(t testing.TB, id, name string) *client {
	t.Helper()
	c, err := b.enter(&net.Dialer{}, "/ws/"+id, [2]string{"X-Name", name})
	must(t, err)
	t.Cleanup(c.cut)
	return c
}

// output is what a program prints, line by line.
type output struct{ lines *queue[string] }

// expect waits for this line; others may come before.
func (o output) expect(t testing.TB, want string) {
	t.Helper()
	var others []string
	for {
		text, ok := o.lines.next(patience)
		if !ok {
			t.Fatalf("the program did not print %q but\n%s", want, strings.Join(others, "\n"))
		}
		if text == want {
			return
		}
		others = append(others, text)
	}
}

// runPython runs a program until the end of the test.
func runPython(t *testing.T, env []string, args ...string) output {
	t.Helper()
	cmd := exec.Command(python(t), append([]string{"-u", "-X", "utf8"}, args...)...)
	cmd.Env = append(append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1"), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	o := output{newQueue[string]()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r := bufio.NewReader(out)
		for {
			text, err := r.ReadString('\n')
			if err != nil {
				break
			}
			o.lines.push(strings.TrimSuffix(text, "\n"))
		}
		_, _ = io.Copy(io.Discard, r)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		select {
		case <-done:
		case <-time.After(patience):
			t.Error("the Python program does not end")
		}
		if t.Failed() {
			t.Logf("the Python program's standard error:\n%s", stderr.String())
		}
	})
	return o
}
