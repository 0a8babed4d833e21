package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// frugality gives memory back to the system when the program has become quiet. The Go runtime lets the heap grow to
// twice what is in use before it collects, and gives free memory back slowly: after a storm of clients a server would
// look twice its size for minutes. Where there is work to do the runtime is left alone.
type frugality struct {
	allocated uint64 // bytes, in all, when it was looked last
	rested    bool   // memory was given back since there was work to do
	pause     time.Duration
	next      time.Time
}

// What frugality goes by.
const (
	frugalLook     = 500 * time.Millisecond // between two looks
	frugalQuiet    = 1 << 20                // bytes allocated between two looks that still count as quiet
	frugalWorth    = 2 << 20                // bytes to be had that are worth a collection
	frugalPause    = 2 * time.Second        // between two collections
	frugalPauseMax = time.Minute            // where they do not bring much
)

// usage is what the heap looks like.
type usage struct {
	allocated uint64 // bytes, in all, since the start
	inUse     uint64 // bytes, with garbage
	live      uint64 // bytes that the last collection found in use
	free      uint64 // bytes that the runtime holds and does not use
}

// worth is how many bytes there are to be had, roughly.
func (u usage) worth() uint64 { return max(u.inUse, u.live) - u.live + u.free }

// due tells whether it is time to give memory back.
func (f *frugality) due(now time.Time, u usage) bool {
	quiet := u.allocated-f.allocated < frugalQuiet
	f.allocated = u.allocated
	if !quiet {
		f.rested = false
		return false
	}
	return !now.Before(f.next) && (!f.rested || u.worth() > frugalWorth+u.live/8)
}

// gave notes that memory was given back, and what is left to be had now. What does not help is not done often.
func (f *frugality) gave(now time.Time, before, after usage) {
	if after.worth() > before.worth()/2 {
		f.pause = min(2*max(f.pause, frugalPause), frugalPauseMax)
	} else {
		f.pause = frugalPause
	}
	f.next = now.Add(f.pause)
	f.rested = true
}

// run looks after the memory until ctx is done.
func (f *frugality) run(ctx context.Context) {
	ticker := time.NewTicker(frugalLook)
	defer ticker.Stop()
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	look := func() usage {
		metrics.Read(samples)
		return usage{samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64(), samples[3].Value.Uint64()}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			before := look()
			if f.due(now, before) {
				debug.FreeOSMemory()
				forgetProgram()
				f.gave(now, before, look())
			}
		}
	}
}
