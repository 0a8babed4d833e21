//go:build linux

package main

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
)

// stopwatch measures time and CPU.
type stopwatch struct {
	at  time.Time
	cpu time.Duration
}

func start() stopwatch { return stopwatch{time.Now(), cpuTime()} }

// stop returns the seconds since start and the microseconds of CPU per item.
func (s stopwatch) stop(items int) (seconds, cpu float64) {
	return time.Since(s.at).Seconds(), float64((cpuTime() - s.cpu).Nanoseconds()) / 1000 / float64(items)
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for a wrong argument only
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// usage is what the process holds, in bytes.
type usage struct{ heap, rss int64 }

// memory is taken after a collection, with free memory given back.
func memory() usage {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{heap: int64(m.HeapAlloc)}
	status, _ := os.ReadFile("/proc/self/statm")
	if fields := bytes.Fields(status); len(fields) > 1 {
		pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
		u.rss = pages * int64(os.Getpagesize())
	}
	return u
}
