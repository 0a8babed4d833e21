package transport

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"unsafe"
)

// TestIdleMemory reports what an idle connection costs in this process, client not counted as far as possible. It
// runs only when asked for.
func TestIdleMemory(t *testing.T) {
	if os.Getenv("SKEIN_MEMORY") == "" {
		t.Skip("set SKEIN_MEMORY to run it")
	}
	h := newTestHandler()
	_, addr := start(t, Options{}, h)
	measure := func() (heap, stack uint64) {
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, m.StackInuse
	}
	const n = 2000
	connect := func() {
		for range n {
			c := dial(t, addr)
			h.conn(t)
			c.send(opText, "x")
			c.expect(opText, "x")
			c.br = nil
		}
	}
	connect()
	h0, s0 := measure()
	connect()
	h1, s1 := measure()
	t.Logf("per connection: heap %d (both ends), stack %d; Conn %d, Request %d", (h1-h0)/n, (s1-s0)/n,
		unsafe.Sizeof(Conn{}), unsafe.Sizeof(Request{}))
}
