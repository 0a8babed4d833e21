//go:build linux

package main

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	maxWorkers = 64
	maxSenders = 64
	// ringSize bounds the messages of one sender that are under way; a power of two.
	ringSize = 1024
)

// Phases of a run, set by the coordinator.
const (
	phaseSetup   = iota // clients connect as the target rises
	phaseWarmup         // load, not measured
	phaseMeasure        // load, measured
	phaseDrain          // nothing new is sent
	phaseExit
)

// A board is what coordinator and workers share: a piece of memory that several processes map, or a plain value when
// there is one. Everything on it is atomic and counts upwards.
type board struct {
	phase  atomic.Uint32
	target atomic.Uint32 // clients that are to be open, of all workers
	failed atomic.Uint32 // workers that cannot go on
	worker [maxWorkers]workerCell
	total  [maxSenders]atomic.Uint32 // messages of each sender
	slot   [maxSenders][ringSize]slot
}

// A workerCell is written by one worker.
type workerCell struct {
	joined atomic.Uint32 // clients that take part
	idle   atomic.Uint32 // phase in which nothing is under way and nothing will be sent
	sent   atomic.Uint64 // messages or requests
	done   atomic.Uint64 // deliveries or answers
	_      [104]byte     // keeps two workers off one cache line
}

// A slot is one fan-out message under way.
type slot struct {
	sent atomic.Int64  // when, or when it should have been
	got  atomic.Uint32 // deliveries so far
}

// add returns the sum of a counter over n workers.
func (b *board) add(n int, counter func(*workerCell) uint64) uint64 {
	var sum uint64
	for i := range b.worker[:n] {
		sum += counter(&b.worker[i])
	}
	return sum
}

func (b *board) joined(n int) uint64 {
	return b.add(n, func(c *workerCell) uint64 { return uint64(c.joined.Load()) })
}
func (b *board) sent(n int) uint64 {
	return b.add(n, func(c *workerCell) uint64 { return c.sent.Load() })
}
func (b *board) done(n int) uint64 {
	return b.add(n, func(c *workerCell) uint64 { return c.done.Load() })
}

// allIdle says that every worker has come to rest in phase.
func (b *board) allIdle(n int, phase uint32) bool {
	for i := range b.worker[:n] {
		if b.worker[i].idle.Load() != phase {
			return false
		}
	}
	return true
}

// newSharedBoard makes a board in a memory file that workers inherit.
func newSharedBoard() (*board, int, error) {
	fd, err := unix.MemfdCreate("skein-load", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, -1, fmt.Errorf("memfd_create: %w", err)
	}
	if err := unix.Ftruncate(fd, int64(unsafe.Sizeof(board{}))); err != nil {
		return nil, -1, err
	}
	b, err := mapBoard(fd)
	return b, fd, err
}

// mapBoard maps the board behind fd.
func mapBoard(fd int) (*board, error) {
	mem, err := unix.Mmap(fd, 0, int(unsafe.Sizeof(board{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mmap: %w", err)
	}
	return (*board)(unsafe.Pointer(unsafe.SliceData(mem))), nil
}
