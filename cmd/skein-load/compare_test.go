//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	a, b := sampleReport(t, scenarioFanout), sampleReport(t, scenarioFanout)
	b.Server.CPUMicrosPerOp *= 1.3
	b.DonePerSecond /= 1.3
	b.Latency.Max *= 5 // not judged
	b.Config.Clients = 400
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")}
	for i, r := range []*Report{a, b} {
		if err := r.write(files[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args  []string
		fails bool
		says  []string
	}{
		{[]string{files[0], files[1]}, false, []string{"12.50 µs", "16.25 µs", "1.30", "clients: 300 and 400"}},
		{[]string{files[0], files[1], "--fail-above", "1.35"}, false, nil},
		{[]string{files[0], files[1], "--fail-above", "1.25"}, true, []string{"server CPU per delivery: 12.50 µs and 16.25 µs, 1.30 times worse", "deliveries per second"}},
		{[]string{files[1], files[0], "--fail-above", "1.25"}, false, nil},
	} {
		out, err := command(t, append([]string{"compare"}, c.args...)...)
		if c.fails != errors.Is(err, errFailed) || !c.fails && err != nil {
			t.Errorf("%v: %v", c.args, err)
		}
		for _, s := range c.says {
			if !strings.Contains(out, s) {
				t.Errorf("%v: no %q in\n%s", c.args, s, out)
			}
		}
	}
	a.OK = false
	if err := a.write(files[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := command(t, "compare", files[0], files[0], "--fail-above", "2"); !errors.Is(err, errFailed) {
		t.Error("a run that failed passes:", err)
	}
	if err := os.WriteFile(files[0], []byte(`{"format":"skein-load/9"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := command(t, "compare", files[0], files[1]); err == nil || !strings.Contains(err.Error(), "skein-load/9") {
		t.Error("a format of the future passes:", err)
	}
	if err := sampleReport(t, scenarioIdle).write(files[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := command(t, "compare", files[0], files[1]); err == nil {
		t.Error("different scenarios pass")
	}
	if _, err := command(t, "page", files[1], filepath.Join(dir, "b.html")); err != nil {
		t.Error(err)
	}
}

// command runs a command line and returns what it printed.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	root := newRoot()
	var out strings.Builder
	root.SetOut(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}
