package harness

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// Fixed ports are taken from below the range that systems hand out for port 0 and for outgoing connections, so that
// nobody gets one by accident between its choice and its use.
const (
	firstPort = 12000
	lastPort  = 31999
)

var chosen struct {
	sync.Mutex
	ports map[int]bool
}

// FreePort returns a TCP port that nobody listens on and that it has not returned before.
func FreePort(t testing.TB) int {
	t.Helper()
	chosen.Lock()
	defer chosen.Unlock()
	if chosen.ports == nil {
		chosen.ports = map[int]bool{}
	}
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if chosen.ports[port] {
			continue
		}
		ln, err := net.Listen("tcp", ":"+strconv.Itoa(port))
		if err != nil {
			continue
		}
		_ = ln.Close()
		chosen.ports[port] = true
		return port
	}
	t.Fatal("no free port")
	return 0
}
