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
	pong  *codec.Frame // the latest answer to a ping; it replaces one that still waits (RFC 6455 section 5.5.3)
}

// batch holds the frames after the first.
type batch struct{ frames []*codec.Frame }

const maxKeptBatch = 1024 // a batch that grew larger is not kept for reuse

var batches = sync.Pool{New: func() any { return &batch{frames: make([]*codec.Frame, 0, 8)} }}

func (o *outbox) empty() bool { return o.first == nil && o.pong == nil }

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

// take moves everything into t, a pong first: it is the one frame somebody may be timing.
func (o *outbox) take(t *transfer) {
	if o.pong != nil {
		t.add(o.pong)
		o.pong = nil
	}
	if o.first == nil {
		return
	}
	t.add(o.first)
	o.first = nil
	if o.more != nil {
		for _, f := range o.more.frames {
			t.add(f)
		}
		o.release()
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
	o.pong, o.first = nil, nil
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
