package simpleserver

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestPythonClient lets a program speak that treats its connections as the Python library does. Two messages in one
// recv would be an error of it, so the server gives even a busy machine time between them.
func TestPythonClient(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("no python3: run `make deps`")
	}
	d := startDemo(t, "--legacy-gap-ms", "120", "--idle-ms", "60")
	host, port, err := net.SplitHostPort(d.addr)
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "-X", "utf8", "testdata/legacy.py", host, port)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	want := "handshake coalesced burst parts texts broadcast done"
	if got := strings.Join(strings.Fields(string(out)), " "); err != nil || got != want {
		t.Errorf("got %q, want %q: %v\n%s", got, want, err, stderr.String())
	}
}
