package transport

import "github.com/skeinhq/skein/codec"

const (
	gatherBuffer = 64 << 10  // what small frames of one system call are copied into
	gatherSmall  = 4 << 10   // larger frames are written from where they are
	gatherPieces = 64        // pieces of one system call
	gatherBytes  = 512 << 10 // bytes of one system call, roughly
)

// transfer is what the owner of a connection's write side is about to write: whole frames, of which the first may be
// partly written. It is reused, so a connection without traffic has none.
type transfer struct {
	packed bool // frames go out compressed
	frames []*codec.Frame
	next   int // first frame that is not fully written
	off    int // bytes of it that are
	left   int // bytes that are not written

	buf    []byte
	pieces [][]byte
}

func (t *transfer) add(f *codec.Frame) {
	t.frames = append(t.frames, f)
	t.left += len(wire(f, t.packed))
}

// wire is what a frame looks like on one connection.
func wire(f *codec.Frame, packed bool) []byte {
	if packed {
		return f.Deflated()
	}
	return f.Wire()
}

// gather returns what the next system call should write. The result is valid until the next call.
func (t *transfer) gather() [][]byte {
	t.pieces = t.pieces[:0]
	if rest := t.frames[t.next:]; len(rest) == 1 {
		t.pieces = append(t.pieces, wire(rest[0], t.packed)[t.off:])
		return t.pieces
	}
	t.buf = t.buf[:0]
	start, total := 0, 0 // where the piece in buf begins
	off := t.off
	for _, f := range t.frames[t.next:] {
		w := wire(f, t.packed)[off:]
		off = 0
		if len(t.pieces) >= gatherPieces-1 || total > gatherBytes {
			break
		}
		if len(w) > gatherSmall {
			if len(t.buf) > start {
				t.pieces = append(t.pieces, t.buf[start:])
				start = len(t.buf)
			}
			t.pieces = append(t.pieces, w)
		} else {
			// The buffer must not move: pieces point into it.
			if len(t.buf)+len(w) > cap(t.buf) {
				break
			}
			t.buf = append(t.buf, w...)
		}
		total += len(w)
	}
	if len(t.buf) > start {
		t.pieces = append(t.pieces, t.buf[start:])
	}
	return t.pieces
}

// advance notes that n more bytes are written and returns how many frames that completes.
func (t *transfer) advance(n int) (frames int) {
	t.left -= n
	n += t.off
	for t.next < len(t.frames) {
		l := len(wire(t.frames[t.next], t.packed))
		if n < l {
			break
		}
		n -= l
		t.frames[t.next] = nil
		t.next++
		frames++
	}
	t.off = n
	return frames
}

// cut drops every frame that is not begun and returns how many.
func (t *transfer) cut() (frames, bytes int) {
	keep := t.next
	if t.off > 0 {
		keep++
	}
	for i := keep; i < len(t.frames); i++ {
		bytes += len(wire(t.frames[i], t.packed))
		t.frames[i] = nil
		frames++
	}
	t.frames = t.frames[:keep]
	t.left -= bytes
	return frames, bytes
}

func (t *transfer) done() bool { return t.next == len(t.frames) }

// reset makes the transfer ready for the next connection, without references to frames.
func (t *transfer) reset() {
	clear(t.frames[t.next:])
	if cap(t.frames) > maxKeptBatch {
		t.frames = nil
	}
	t.frames = t.frames[:0]
	t.next, t.off, t.left = 0, 0, 0
	clear(t.pieces[:cap(t.pieces)])
}

// rest copies what is not written into to, which is empty.
func (t *transfer) rest(to *transfer) *transfer {
	to.frames = append(to.frames, t.frames[t.next:]...)
	to.packed, to.off, to.left = t.packed, t.off, t.left
	return to
}

// piece is gather for a connection that takes one piece at a time. A large frame is cut, so that the time limit
// applies to each part of it.
func (t *transfer) piece() []byte {
	p := t.gather()[0]
	if len(p) > blockingBuffer {
		p = p[:blockingBuffer]
	}
	return p
}
