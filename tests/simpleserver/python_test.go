package simpleserver

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// unhurried has the demo leave even a busy machine time between two messages: both in one recv would be one to the
// Python library.
var unhurried = []string{"--legacy-gap-ms", "120", "--idle-ms", "60"}

// TestPythonClient lets a program speak that treats its connections as the Python library does.
func TestPythonClient(t *testing.T) {
	host, port, err := net.SplitHostPort(startDemo(t, unhurried...).addr)
	must(t, err)
	const want = "handshake coalesced burst parts texts broadcast done"
	if got := runPython(t, nil, "testdata/legacy.py", host, port); got != want {
		t.Errorf("it printed %q instead of %q", got, want)
	}
}

// TestPythonLibrary lets a program speak that uses the real library: that in the folder SIMPLESERVER_LIBRARY.
func TestPythonLibrary(t *testing.T) {
	folder := os.Getenv("SIMPLESERVER_LIBRARY")
	if folder == "" {
		t.Skip("SIMPLESERVER_LIBRARY names no folder with the Python package simpleserver")
	}
	_, port, err := net.SplitHostPort(startDemo(t, unhurried...).addr)
	must(t, err)
	if got := runPython(t, []string{"PYTHONPATH=" + folder}, "testdata/library.py", port); got != "done" {
		t.Errorf("it printed %q", got)
	}
}

// runPython runs a program, which has to end with status 0, and returns the words that it has printed.
func runPython(t *testing.T, env []string, args ...string) string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("no python3: run `make deps`")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, append([]string{"-X", "utf8"}, args...)...)
	cmd.Env = append(append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1"), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s: %v\n%s", args[0], err, stderr.String())
	}
	return strings.Join(strings.Fields(string(out)), " ")
}
