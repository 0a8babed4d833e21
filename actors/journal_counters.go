package actors

import (
	"sync/atomic"
	"time"
)

// FlushBuckets are the upper bounds of JournalCounters.FlushTimes.
var FlushBuckets = [...]time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second,
	2 * time.Second, 5 * time.Second,
}

// JournalCounters are what the journal counts. Fields are read at any time, from any goroutine.
type JournalCounters struct {
	Pending atomic.Int64 // changed variables that are not on disk yet
	Rooms   atomic.Int64 // rooms in memory whose variables are kept
	Held    atomic.Int64 // messages that wait in rooms for a write, with Sync

	Written  atomic.Uint64 // variables written
	Flushes  atomic.Uint64 // transactions that have succeeded
	Failures atomic.Uint64 // transactions that have failed
	// FlushTimes counts flushes that took no longer than FlushBuckets, FlushNanos adds them all up.
	FlushTimes [len(FlushBuckets)]atomic.Uint64
	FlushNanos atomic.Uint64

	Loads        atomic.Uint64 // rooms that were loaded
	LoadFailures atomic.Uint64 // rooms that could not be loaded, so that their clients were closed
	Refused      atomic.Uint64 // new rooms refused because the space was used up
	Forgotten    atomic.Uint64 // rooms dropped because nobody had touched them for long
	Lost         atomic.Uint64 // variables that could not be written and never will be
	HeldOver     atomic.Uint64 // clients closed because too much waited for a write
	GvarsOver    atomic.Uint64 // values of gvar that were not kept because the room had too many

	failing atomic.Pointer[string] // why nothing can be written; nil: it can
}

// Failing tells whether changes wait because they cannot be written, and why.
func (c *JournalCounters) Failing() (why string, failing bool) {
	if p := c.failing.Load(); p != nil {
		return *p, true
	}
	return "", false
}

func (c *JournalCounters) countFlush(took time.Duration) {
	c.Flushes.Add(1)
	c.FlushNanos.Add(uint64(took))
	for i, limit := range FlushBuckets {
		if took <= limit {
			c.FlushTimes[i].Add(1)
			return
		}
	}
}
