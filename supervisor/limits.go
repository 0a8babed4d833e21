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
	max, maxPerIP int // Unlimited: no limit
	total         int
	perIP         map[netip.Addr]int
}

func newLimits(max, maxPerIP int) *limits {
	l := &limits{perIP: make(map[netip.Addr]int)}
	l.setMax(max)
	l.setMaxPerIP(maxPerIP)
	return l
}

// Max is how many connections there may be, or Unlimited.
func (l *limits) Max() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.max
}

// setMax changes how many connections there may be; 0 and below mean any number.
func (l *limits) setMax(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.max = n; n <= 0 {
		l.max = Unlimited
	}
}

// MaxPerIP is how many connections an address may have, or Unlimited.
func (l *limits) MaxPerIP() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.maxPerIP
}

// setMaxPerIP changes how many connections an address may have; 0 and below mean any number.
func (l *limits) setMaxPerIP(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.maxPerIP = n; n <= 0 {
		l.maxPerIP = Unlimited
	}
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
	if l.max > 0 && l.total >= l.max {
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
