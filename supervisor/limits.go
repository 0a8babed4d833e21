package supervisor

import (
	"net/netip"
	"sync"
)

// limits counts connections, all of them and by address.
type limits struct {
	max, maxPerIP int // 0 and below: no limit

	mu    sync.Mutex
	total int
	perIP map[netip.Addr]int // only where there is a limit
}

func newLimits(max, maxPerIP int) *limits {
	return &limits{max: max, maxPerIP: maxPerIP, perIP: make(map[netip.Addr]int)}
}

// network is what counts as one address: an IPv6 client usually has a whole /64 to itself.
func network(ip netip.Addr) netip.Addr {
	ip = ip.Unmap()
	if !ip.Is6() {
		return ip
	}
	p, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return ip
	}
	return p.Addr()
}

// admits tells whether an address may have another connection. It takes nothing.
func (l *limits) admits(ip netip.Addr) bool {
	if l.maxPerIP <= 0 || !ip.IsValid() {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.perIP[network(ip)] < l.maxPerIP
}

// take counts a connection. It returns false, and counts nothing, when there are too many.
func (l *limits) take(ip netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.max > 0 && l.total >= l.max {
		return false
	}
	if l.maxPerIP > 0 && ip.IsValid() {
		key := network(ip)
		if l.perIP[key] >= l.maxPerIP {
			return false
		}
		l.perIP[key]++
	}
	l.total++
	return true
}

// release ends a connection that was taken.
func (l *limits) release(ip netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.maxPerIP > 0 && ip.IsValid() {
		key := network(ip)
		if l.perIP[key]--; l.perIP[key] <= 0 {
			delete(l.perIP, key)
		}
	}
}
