package codec

import (
	"math/bits"
	"sync"
)

// Message buffers come in classes of a power of two. Larger ones are left to the garbage collector: they are rare,
// and a pool of them would hold on to memory that a burst once needed.
const (
	minBufferBits = 9  // 512 B
	maxBufferBits = 16 // 64 KiB
	bufferClasses = maxBufferBits - minBufferBits + 1
)

// messagePools holds released messages together with their buffers, so that neither is allocated again. The pool of
// class c is at c-1 and its buffers have 1<<(c-1+minBufferBits) bytes.
var messagePools [bufferClasses]sync.Pool

// bufferClass is the smallest class with room for size bytes, or 0 when size is above the largest.
func bufferClass(size int) uint8 {
	switch {
	case size <= 1<<minBufferBits:
		return 1
	case size > 1<<maxBufferBits:
		return 0
	}
	return uint8(bits.Len(uint(size-1)) - minBufferBits + 1)
}

// newMessage returns an empty message with room for at least size bytes.
func newMessage(size int) *Message {
	class := bufferClass(size)
	if class == 0 {
		store := make([]byte, 0, size)
		return &Message{Payload: store, store: store}
	}
	m, _ := messagePools[class-1].Get().(*Message)
	if m == nil {
		m = &Message{store: make([]byte, 0, 1<<(class-1+minBufferBits)), class: class}
	}
	m.free = false
	m.Payload = m.store
	return m
}

// recycle puts the message back where newMessage finds it, without telling its Credit.
func (m *Message) recycle() {
	m.Payload, m.Binary = nil, false
	m.credit, m.size = nil, 0
	m.free = true
	if m.class == 0 {
		m.store = nil
		return
	}
	messagePools[m.class-1].Put(m)
}

// grow returns a message with the same payload and room for at least size bytes in all: m itself, or a larger one
// that takes its place.
func (m *Message) grow(size int) *Message {
	if size <= cap(m.Payload) {
		return m
	}
	larger := newMessage(size)
	larger.Payload = append(larger.Payload, m.Payload...)
	larger.Binary = m.Binary
	m.recycle()
	return larger
}
