package cl4admin

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/skeinhq/skein/supervisor/moderation"
)

// How many log-ins of an address may fail, and what then.
const (
	maxFailures   = 5
	failureWindow = time.Minute // in which they count
	lockTime      = time.Minute // that the address is locked out for
	// maxAddresses bounds the addresses that are remembered. Beyond that the memory of one that is not trying now is
	// dropped for each new one.
	maxAddresses = 10_000
)

// attempts counts log-ins by address.
type attempts struct {
	now func() time.Time

	mu        sync.Mutex
	addresses map[netip.Addr]*address
}

type address struct {
	pending  int         // log-ins that are being looked at
	failures []time.Time // within the window
	until    time.Time   // locked out
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, addresses: make(map[netip.Addr]*address)}
}

// begin asks for a log-in. Where it says yes, end is called once.
func (a *attempts) begin(ip netip.Addr) bool {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	key := moderation.Network(ip)
	r := a.addresses[key]
	if r == nil {
		if len(a.addresses) >= maxAddresses && !a.makeRoom(now) {
			return false
		}
		r = new(address)
		a.addresses[key] = r
	}
	r.expire(now)
	if now.Before(r.until) || len(r.failures)+r.pending >= maxFailures {
		return false
	}
	r.pending++
	return true
}

func (a *attempts) end(ip netip.Addr, failed bool) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	key := moderation.Network(ip)
	r := a.addresses[key]
	r.pending--
	r.expire(now)
	if failed {
		if r.failures = append(r.failures, now); len(r.failures) >= maxFailures {
			r.failures, r.until = nil, now.Add(lockTime)
		}
	}
	if r.idle(now) {
		delete(a.addresses, key)
	}
}

// expire forgets failures that do not count any more.
func (r *address) expire(now time.Time) {
	r.failures = slices.DeleteFunc(r.failures, func(t time.Time) bool { return now.Sub(t) >= failureWindow })
}

// idle tells whether there is nothing to remember.
func (r *address) idle(now time.Time) bool {
	return r.pending == 0 && len(r.failures) == 0 && !now.Before(r.until)
}

// makeRoom forgets what need not be remembered, or else any address that is not trying now.
func (a *attempts) makeRoom(now time.Time) bool {
	for key, r := range a.addresses {
		if r.expire(now); r.idle(now) {
			delete(a.addresses, key)
		}
	}
	if len(a.addresses) < maxAddresses {
		return true
	}
	for key, r := range a.addresses {
		if r.pending == 0 {
			delete(a.addresses, key)
			return true
		}
	}
	return false
}
