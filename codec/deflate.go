package codec

import (
	"compress/flate"
	"sync"
	"sync/atomic"
)

// DeflateMin is the payload size in bytes below which a frame is not worth compressing.
const DeflateMin = 256

// deflateBufferMax is the largest output buffer that is kept with a pooled compressor.
const deflateBufferMax = 64 << 10

// deflateMarker ends a flushed DEFLATE stream and is left out on the wire (RFC 7692 section 7.2.1).
const deflateMarker = "\x00\x00\xff\xff"

// deflated is the place for the compressed form of a Frame. It costs one word in frames that nobody compresses.
type deflated struct {
	form atomic.Pointer[deflatedForm]
}

// deflatedForm is made by the first goroutine that asks for it, while the others wait.
type deflatedForm struct {
	once sync.Once
	wire []byte
}

// Deflated returns the bytes for the socket of a connection that negotiated permessage-deflate (RFC 7692) without
// context takeover: the compressed frame, or what Wire returns when compression is not worth it or the frame is not a
// data frame. It is compressed once, by the first caller, and the bytes must not be changed. The window has 32 KiB, so
// that a connection whose client asked for server_max_window_bits below 15 must not get it.
func (f *Frame) Deflated() []byte {
	payload := f.Payload()
	if f.head == 0 || len(payload) < DeflateMin {
		return f.wire
	}
	form := f.deflated.form.Load()
	if form == nil {
		form = new(deflatedForm)
		if !f.deflated.form.CompareAndSwap(nil, form) {
			form = f.deflated.form.Load()
		}
	}
	form.once.Do(func() { form.wire = deflateFrame(f.wire, payload) })
	return form.wire
}

// deflateFrame returns the compressed form of a frame, or wire itself when that is not larger.
func deflateFrame(wire, payload []byte) []byte {
	c := compressors.Get().(*compressor)
	defer c.put()
	packed := c.compress(payload)
	small := make([]byte, HeaderRoom+len(packed))
	copy(small[HeaderRoom:], packed)
	small, _ = putHeader(frameOp(wire), small)
	small[0] |= rsv1
	if len(small) >= len(wire) {
		return wire
	}
	return small
}

// compressor is a DEFLATE writer, which takes about 1 MiB, together with the buffer it writes to.
type compressor struct {
	flate *flate.Writer
	out   []byte
}

var compressors = sync.Pool{New: func() any {
	c := new(compressor)
	c.flate, _ = flate.NewWriter(c, flate.BestSpeed) // fails for unknown levels only
	return c
}}

// Write makes the compressor the destination of its DEFLATE writer.
func (c *compressor) Write(p []byte) (int, error) {
	c.out = append(c.out, p...)
	return len(p), nil
}

// compress returns payload as a flushed DEFLATE stream without its marker. The result lives until put.
func (c *compressor) compress(payload []byte) []byte {
	c.out = c.out[:0]
	c.flate.Reset(c)
	_, _ = c.flate.Write(payload) // Write above does not fail
	_ = c.flate.Flush()
	return c.out[:len(c.out)-len(deflateMarker)]
}

func (c *compressor) put() {
	if cap(c.out) > deflateBufferMax {
		c.out = nil
	}
	compressors.Put(c)
}
