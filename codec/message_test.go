package codec

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

func TestBufferClass(t *testing.T) {
	for _, test := range []struct {
		size     int
		capacity int
	}{{0, 512}, {1, 512}, {512, 512}, {513, 1024}, {1024, 1024}, {1025, 2048}, {65_535, 65_536}, {65_536, 65_536},
		{65_537, 65_537}, {1 << 20, 1 << 20}} {
		m := newMessage(test.size)
		if len(m.Payload) != 0 || cap(m.Payload) != test.capacity {
			t.Errorf("%d: length %d, capacity %d; want 0 and %d", test.size, len(m.Payload), cap(m.Payload), test.capacity)
		}
		m.Release()
	}
}

func TestNewMessage(t *testing.T) {
	for _, size := range []int{0, 1, 600, 100_000} {
		payload := bytes.Repeat([]byte("x"), size)
		m := NewMessage(payload, size == 1)
		if !bytes.Equal(m.Payload, payload) || m.Binary != (size == 1) {
			t.Errorf("%d bytes: got %d, %v", size, len(m.Payload), m.Binary)
		}
		if size > 0 {
			if payload[0] = 'y'; m.Payload[0] != 'x' {
				t.Error("not a copy")
			}
		}
		m.Release()
	}
}

func TestMessageCredit(t *testing.T) {
	var c countCredit
	m := NewMessage([]byte("abc"), false)
	m.SetCredit(&c)
	m.Payload = m.Payload[1:2] // what the holder does with it does not matter
	m.Release()
	if c.calls != 1 || c.bytes != 3 {
		t.Errorf("got %d calls, %d bytes", c.calls, c.bytes)
	}
	NewMessage([]byte("abcd"), false).Release()
	if c.calls != 1 {
		t.Error("the next message has the credit of the one before")
	}
}

// TestMessageLiteral releases a message that no pool has made.
func TestMessageLiteral(t *testing.T) {
	(&Message{Payload: []byte("a")}).Release()
	if m := NewMessage([]byte("abc"), false); string(m.Payload) != "abc" {
		t.Errorf("got %q", m.Payload)
	}
}

func TestMessageReleaseTwice(t *testing.T) {
	m := newMessage(1 << 20) // not pooled, so that nobody else can have got it
	m.Release()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	m.Release()
}

// TestMessagePools hands messages of all sizes between goroutines; the race detector and the content tell whether two
// hold the same buffer.
func TestMessagePools(t *testing.T) {
	messages := make(chan *Message, 64)
	var makers, takers sync.WaitGroup
	for g := range 4 {
		makers.Go(func() {
			for i := range 500 {
				messages <- NewMessage(bytes.Repeat([]byte{byte(g)}, i*37%5000+1), false)
			}
		})
		takers.Go(func() {
			for m := range messages {
				if c := m.Payload[0]; bytes.Count(m.Payload, []byte{c}) != len(m.Payload) {
					t.Error("mixed up content")
				}
				m.Payload[0] = 0xff
				m.Release()
			}
		})
	}
	makers.Wait()
	close(messages)
	takers.Wait()
}

func TestMessageAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("pools lose things on purpose under the race detector")
	}
	small, large := []byte("abc"), []byte(strings.Repeat("a", 60_000))
	if n := testing.AllocsPerRun(200, func() {
		NewMessage(small, false).Release()
		NewMessage(large, true).Release()
	}); n > 0.5 {
		t.Errorf("%v allocations", n)
	}
}
