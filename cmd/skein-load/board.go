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
	// maxSenders bounds the senders of all rooms: their numbers must not reach requestBit.
	maxSenders = requestBit - 1
	// maxRing bounds the messages of one sender that are under way, maxSlots those of all senders.
	maxRing  = 1024
	maxSlots = 1 << 20
)

// Phases of a run, set by the coordinator.
const (
	phaseSetup   = iota // clients connect as the target rises
	phaseWarmup         // load, not measured
	phaseMeasure        // load, measured
	phaseDrain          // nothing new is sent
	phaseExit
)

// A board is what coordinator and workers share: memory that several processes map, or plain memory when there is one.
// Everything on it is atomic and counts upwards.
type board struct {
	*boardHead
	total []atomic.Uint32 // messages of each sender
	slots []slot          // a ring for each sender
	ring  uint32          // slots of one sender, a power of two
}

// A boardHead is the part of a board whose size does not depend on the run.
type boardHead struct {
	phase  atomic.Uint32
	target atomic.Uint32 // clients that are to be open, of all workers
	failed atomic.Uint32 // workers that cannot go on
	worker [maxWorkers]workerCell
}

// A workerCell is written by one worker.
type workerCell struct {
	joined atomic.Uint32 // clients that take part
	idle   atomic.Uint32 // phase in which nothing is under way and nothing will be sent
	sent   atomic.Uint64 // messages or requests
	done   atomic.Uint64 // deliveries or answers
	visits atomic.Uint64 // visitors that have joined
	recent latencyCounts
	_      [64]byte // keeps two workers off one cache line
}

// A slot is one message to a room under way.
type slot struct {
	sent atomic.Int64  // when, or when it should have been
	got  atomic.Uint32 // deliveries so far
}

func (b *board) slot(sender int, seq uint32) *slot {
	return &b.slots[uint32(sender)*b.ring+seq&(b.ring-1)]
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
func (b *board) visits(n int) uint64 {
	return b.add(n, func(c *workerCell) uint64 { return c.visits.Load() })
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

// boardShape is the number of senders of a run and of slots for each.
func boardShape(cfg *Config) (senders, ring int) {
	senders = cfg.allSenders()
	if senders == 0 {
		return 0, 1
	}
	ring = maxRing
	if cfg.Rate == 0 {
		for ring = 1; ring < cfg.Window; ring *= 2 {
		}
	}
	for ring > 1 && ring*senders > maxSlots {
		ring /= 2
	}
	return senders, ring
}

// Offsets in the memory of a board.
func boardSize(senders, ring int) (totals, slots, size int) {
	totals = int(unsafe.Sizeof(boardHead{}))
	slots = (totals + 4*senders + 7) &^ 7
	return totals, slots, slots + senders*ring*int(unsafe.Sizeof(slot{}))
}

func newBoard(cfg *Config) *board {
	senders, ring := boardShape(cfg)
	return &board{boardHead: new(boardHead), total: make([]atomic.Uint32, senders), slots: make([]slot, senders*ring), ring: uint32(ring)}
}

// newSharedBoard makes a board in a memory file that workers inherit.
func newSharedBoard(cfg *Config) (*board, int, error) {
	fd, err := unix.MemfdCreate("skein-load", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, -1, fmt.Errorf("memfd_create: %w", err)
	}
	_, _, size := boardSize(boardShape(cfg))
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		return nil, -1, err
	}
	b, err := mapBoard(cfg, fd)
	return b, fd, err
}

// mapBoard maps the board behind fd.
func mapBoard(cfg *Config, fd int) (*board, error) {
	senders, ring := boardShape(cfg)
	totals, slots, size := boardSize(senders, ring)
	mem, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mmap: %w", err)
	}
	start := unsafe.Pointer(unsafe.SliceData(mem))
	return &board{
		boardHead: (*boardHead)(start),
		total:     unsafe.Slice((*atomic.Uint32)(unsafe.Add(start, totals)), senders),
		slots:     unsafe.Slice((*slot)(unsafe.Add(start, slots)), senders*ring),
		ring:      uint32(ring),
	}, nil
}
