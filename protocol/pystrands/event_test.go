package pystrands

import (
	"strings"
	"testing"
)

// TestEventAllocations checks that an event takes its frame and, at once, all the bytes that it needs.
func TestEventAllocations(t *testing.T) {
	c := NewContext("client", "room é", []byte(`{"name":"John"}`))
	for name, text := range map[string]string{
		"nothing": "", "ASCII": strings.Repeat("hello, ", 100), "Greek": strings.Repeat("καλημέρα ", 100),
		"escaped": strings.Repeat("\x00\"\\\n", 100), "beyond 16 bits": strings.Repeat("🦢", 100), "not UTF-8": strings.Repeat("\xff", 1000),
	} {
		payload := []byte(text)
		for _, binary := range []bool{false, true} {
			if n := testing.AllocsPerRun(100, func() { c.MessageReceived(payload, binary) }); n > 2 {
				t.Errorf("%s, binary %v: %v allocations", name, binary, n)
			}
			wire := c.MessageReceived(payload, binary).Wire()
			if spare := cap(wire) - len(wire); spare > 100+len(wire)/4 { // the latter is what the allocator rounds up
				t.Errorf("%s, binary %v: %d bytes, %d more are allocated", name, binary, len(wire), spare)
			}
		}
	}
	if n := testing.AllocsPerRun(100, func() { c.ConnectionOpened() }); n > 2 {
		t.Errorf("ConnectionOpened: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { c.Disconnected() }); n > 2 {
		t.Errorf("Disconnected: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { Heartbeat() }); n > 0 {
		t.Errorf("Heartbeat: %v allocations", n)
	}
}

func BenchmarkMessageReceived(b *testing.B) {
	c := NewContext("client", "room", []byte(`{"name":"John"}`))
	for name, text := range map[string]string{"ASCII": strings.Repeat("hello, ", 14), "Greek": strings.Repeat("καλημέρα ", 11)} {
		b.Run(name, func(b *testing.B) {
			payload := []byte(text)
			b.ReportAllocs()
			for b.Loop() {
				c.MessageReceived(payload, false)
			}
		})
	}
}
