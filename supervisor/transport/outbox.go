package transport

import (
	"sync"

	"github.com/skeinhq/skein/codec"
)

// outbox is what waits to be written to one connection, guarded by Conn.mu. It holds no memory while nothing waits,
// and a single waiting frame, which is what a fan-out leaves, needs none either.
type outbox struct {
	first *codec.Frame
	more  *batch
	pong  *codec.Frame // the latest pong when many wait
	pongs int          // waiting pongs, without that one
}

// maxPongs is how many pongs may wait. Beyond that only the latest ping is answered, as RFC 6455 section 5.5.3 allows,
// so that a client which sends pings and does not read them costs nothing.
const maxPongs = 16

// batch holds the frames after the first.
type batch struct{ frames []*codec.Frame }

const maxKeptBatch = 1024 // a batch that grew larger is not kept for reuse

var batches = sync.Pool{New: func() any { return &batch{frames: make([]*codec.Frame, 0, 8)} }}

func (o *outbox) empty() bool { return o.first == nil && o.pong == nil }

// single tells whether exactly one frame waits.
func (o *outbox) single() bool { return o.first != nil && o.more == nil && o.pong == nil }

// fits tells whether another frame may wait where at most limit may; 0 means any number.
func (o *outbox) fits(limit int) bool {
	return limit == 0 || o.more == nil || len(o.more.frames)+1 < limit
}

func (o *outbox) push(f *codec.Frame) {
	if o.first == nil {
		o.first = f
		return
	}
	if o.more == nil {
		o.more = batches.Get().(*batch)
	}
	o.more.frames = append(o.more.frames, f)
}

// pushPong returns the frame that the pong takes the place of.
func (o *outbox) pushPong(f *codec.Frame) (old *codec.Frame) {
	if o.pongs < maxPongs {
		o.pongs++
		o.push(f)
		return nil
	}
	old, o.pong = o.pong, f
	return old
}

// pushLast is push for the Close frame: nothing may be taken after it.
func (o *outbox) pushLast(f *codec.Frame) {
	if o.pong != nil {
		o.push(o.pong)
		o.pong = nil
	}
	o.push(f)
}

// take moves everything into t.
func (o *outbox) take(t *transfer) {
	o.pongs = 0
	if o.first != nil {
		t.add(o.first)
		o.first = nil
	}
	if o.more != nil {
		for _, f := range o.more.frames {
			t.add(f)
		}
		o.release()
	}
	if o.pong != nil {
		t.add(o.pong)
		o.pong = nil
	}
}

// drop forgets everything and returns how many frames and bytes that were.
func (o *outbox) drop(packed bool) (frames, bytes int) {
	one := func(f *codec.Frame) {
		if f != nil {
			frames++
			bytes += len(wire(f, packed))
		}
	}
	one(o.pong)
	one(o.first)
	o.pong, o.first, o.pongs = nil, nil, 0
	if o.more != nil {
		for _, f := range o.more.frames {
			one(f)
		}
		o.release()
	}
	return frames, bytes
}

func (o *outbox) release() {
	b := o.more
	o.more = nil
	clear(b.frames)
	b.frames = b.frames[:0]
	if cap(b.frames) <= maxKeptBatch {
		batches.Put(b)
	}
}
