//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A serverProbe reads what the processes under test have used.
type serverProbe struct {
	pids  []int
	gcURL string
}

func newServerProbe(cfg Config) (*serverProbe, error) {
	s := &serverProbe{pids: cfg.PIDs, gcURL: cfg.GCURL}
	for _, pid := range s.pids {
		if _, err := processRSS(pid); err != nil {
			return nil, fmt.Errorf("--pid: %w", err)
		}
	}
	return s, nil
}

func (s *serverProbe) known() bool { return len(s.pids) > 0 }

// cpu is the CPU time of all processes so far in seconds.
func (s *serverProbe) cpu() float64 {
	var sum float64
	for _, pid := range s.pids {
		sum += processCPU(pid)
	}
	return sum
}

// rss is the resident memory of all processes in bytes.
func (s *serverProbe) rss() int64 {
	var sum int64
	for _, pid := range s.pids {
		n, _ := processRSS(pid)
		sum += n
	}
	return sum
}

// files is the number of files that all processes have open.
func (s *serverProbe) files() int {
	sum := 0
	for _, pid := range s.pids {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err != nil {
			return 0 // somebody else's process
		}
		sum += len(entries)
	}
	return sum
}

// collect asks the server to collect garbage, if it was said how.
func (s *serverProbe) collect(ctx context.Context) error {
	if s.gcURL == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.gcURL, nil)
	if err != nil {
		return err
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// processCPU reads the CPU clock of another process: nanoseconds, where /proc/PID/stat has ticks of 10 ms.
func processCPU(pid int) float64 {
	var ts unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|2), &ts) == nil {
		return float64(ts.Nano()) / 1e9
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name, in parentheses, may hold blanks; utime and stime are the 12th and 13th field after it.
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	u, _ := strconv.ParseFloat(f[11], 64)
	k, _ := strconv.ParseFloat(f[12], 64)
	return (u + k) / 100
}

// processRSS reads the resident memory of a process. smaps_rollup is exact; the cheaper counters lag behind by some
// pages per thread.
func processRSS(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		b, err = os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	}
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "Rss:"); ok {
			return parseKB(v)
		}
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return parseKB(v)
		}
	}
	return 0, fmt.Errorf("process %d: no resident memory", pid)
}

func parseKB(s string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "kB")), 10, 64)
	return n << 10, err
}
