package supervisor

import (
	"net/netip"
	"sync"

	"github.com/skeinhq/skein/supervisor/moderation"
)

// limits counts connections, all of them and by address. Limits can change while it counts: connections that are then
// too many stay.
type limits struct {
	mu            sync.Mutex
	max, maxPerIP int  // 0 and below: no limit
	reject        bool // nobody new
	total         int
	perIP         map[netip.Addr]int
}

func newLimits(max, maxPerIP int) *limits {
	return &limits{max: max, maxPerIP: maxPerIP, perIP: make(map[netip.Addr]int)}
}

// set changes the limits, and whether nobody new is let in.
func (l *limits) set(max, maxPerIP int, reject bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.max, l.maxPerIP, l.reject = max, maxPerIP, reject
}

// get returns what is in force.
func (l *limits) get() (max, maxPerIP int, reject bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.max, l.maxPerIP, l.reject
}

// admits tells whether an address may have another connection. It takes nothing.
func (l *limits) admits(ip netip.Addr) bool {
	if !ip.IsValid() {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.maxPerIP <= 0 || l.perIP[moderation.Network(ip)] < l.maxPerIP
}

// take counts a connection. It returns false, and counts nothing, when there are too many.
func (l *limits) take(ip netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reject || l.max > 0 && l.total >= l.max {
		return false
	}
	if ip.IsValid() {
		key := moderation.Network(ip)
		n := l.perIP[key]
		if l.maxPerIP > 0 && n >= l.maxPerIP {
			return false
		}
		l.perIP[key] = n + 1
	}
	l.total++
	return true
}

// release ends a connection that was taken.
func (l *limits) release(ip netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if ip.IsValid() {
		key := moderation.Network(ip)
		if l.perIP[key]--; l.perIP[key] <= 0 {
			delete(l.perIP, key)
		}
	}
}
