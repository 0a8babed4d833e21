package simpleserver

import (
	"math/bits"
	"sync"
)

// Buffers come in classes of a power of two. Larger ones go to the message that they become, or to the garbage
// collector: a pool of them would hold on to memory that a burst once needed.
const (
	minBufferBits = 9  // 512 B
	maxBufferBits = 16 // 64 KiB
)

// buffer holds bytes that a Parser cannot do anything with yet.
type buffer struct {
	data  []byte
	class uint8 // pool that it goes back to; 0: none
}

// bufferPools holds the buffers that are not in use. The pool of class c is at c-1 and its buffers have
// 1<<(c-1+minBufferBits) bytes.
var bufferPools [maxBufferBits - minBufferBits + 1]sync.Pool

// newBuffer returns an empty buffer with room for at least size bytes.
func newBuffer(size int) *buffer {
	if size > 1<<maxBufferBits {
		return &buffer{data: make([]byte, 0, size)}
	}
	class := uint8(1)
	if size > 1<<minBufferBits {
		class = uint8(bits.Len(uint(size-1)) - minBufferBits + 1)
	}
	if b, _ := bufferPools[class-1].Get().(*buffer); b != nil {
		return b
	}
	return &buffer{data: make([]byte, 0, 1<<(class-1+minBufferBits)), class: class}
}

// recycle puts the buffer where newBuffer finds it. It must not be used after that.
func (b *buffer) recycle() {
	if b.class == 0 {
		return
	}
	b.data = b.data[:0]
	bufferPools[b.class-1].Put(b)
}

// resized returns a buffer with the bytes of data and room for at least size, in place of b. The data may be a part of
// b.
func (b *buffer) resized(data []byte, size int) *buffer {
	other := newBuffer(size)
	other.data = append(other.data, data...)
	b.recycle()
	return other
}
