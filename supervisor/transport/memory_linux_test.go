package transport

import (
	"net/netip"
	"runtime"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkIdleConnection reports the bytes that an idle connection takes of the heap and of stacks. Its clients are
// bare descriptors, so that they take nothing.
func BenchmarkIdleConnection(b *testing.B) {
	h := newTestHandler()
	_, addr := start(b, Options{}, h)
	to := netip.MustParseAddrPort(addr)
	measure := func() (heap, stack float64) {
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc), float64(m.StackInuse)
	}
	hello := append([]byte(request("User-Agent: bench\r\n")), frame(fin|opText, []byte("x"))...)
	buf := make([]byte, 4096)
	connect := func(n int) (clients []int) {
		for range n {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				b.Fatal(err)
			}
			if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
				b.Fatal(err)
			}
			if _, err := unix.Write(fd, hello); err != nil {
				b.Fatal(err)
			}
			for got := 0; got == 0 || buf[got-1] != 'x'; { // the echo of the message
				n, err := unix.Read(fd, buf[got:])
				if n <= 0 {
					b.Fatal(err)
				}
				got += n
			}
			h.conn(b)
			clients = append(clients, fd)
		}
		return clients
	}
	const n = 2000
	var heap, stack float64
	clients := connect(n / 2) // what the first ones bring along counts for nobody
	for range b.N {
		h0, s0 := measure()
		clients = append(clients, connect(n)...)
		h1, s1 := measure()
		heap, stack = heap+h1-h0, stack+s1-s0
		for _, fd := range clients[n/2:] {
			unix.Close(fd)
			h.end(b)
		}
		clients = clients[:n/2]
	}
	b.ReportMetric(heap/float64(b.N*n), "heap-B/conn")
	b.ReportMetric(stack/float64(b.N*n), "stack-B/conn")
	for _, fd := range clients {
		unix.Close(fd)
	}
}
