package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// measure runs one scenario against a fresh server.
func measure(ctx context.Context, o options, s server, sc scenario) (float64, error) {
	r, err := s.start(ctx, sc.echo)
	if err != nil {
		return 0, err
	}
	defer r.stop()
	file := filepath.Join(o.bin, "report.json")
	args := append(sc.args(o.duration), "--url", r.url, "--pid", strconv.Itoa(r.cmd.Process.Pid), "--json", file)
	if r.gcURL != "" && sc.unit == "B" {
		args = append(args, "--gc-url", r.gcURL)
	}
	out, err := exec.CommandContext(ctx, filepath.Join(o.bin, "skein-load"), args...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("skein-load: %w\n%s", err, out)
	}
	if o.verbose {
		os.Stderr.Write(out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	var rep report
	if err := json.Unmarshal(b, &rep); err != nil {
		return 0, err
	}
	return sc.take(rep), nil
}
