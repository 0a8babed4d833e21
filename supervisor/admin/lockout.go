package admin

import (
	"net/netip"
	"sync"
	"time"

	"github.com/skeinhq/skein/supervisor/moderation"
)

// How many wrong tokens an address may send, and what then.
const (
	lockoutTries  = 10
	lockoutWindow = time.Minute // in which they count
	lockoutTime   = time.Minute // that the address is locked out for
	lockoutMost   = 10_000      // addresses that are remembered
)

// lockout counts wrong tokens by address. It is safe for use by many goroutines.
type lockout struct {
	now func() time.Time

	mu    sync.Mutex
	tries map[netip.Addr]*tries
}

type tries struct {
	count int
	since time.Time
	until time.Time // locked out; zero: not
}

func newLockout(now func() time.Time) *lockout {
	return &lockout{now: now, tries: make(map[netip.Addr]*tries)}
}

// locked is for how long an address is still locked out.
func (l *lockout) locked(ip netip.Addr) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tries[moderation.Network(ip)]
	if t == nil || t.until.IsZero() {
		return 0
	}
	return max(t.until.Sub(l.now()), 0)
}

// failed counts a wrong token. It tells whether the address is locked out because of it.
func (l *lockout) failed(ip netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	key := moderation.Network(ip)
	t := l.tries[key]
	if t == nil || now.Sub(t.since) > lockoutWindow {
		if t == nil && len(l.tries) >= lockoutMost {
			l.forget(now)
		}
		t = &tries{since: now}
		l.tries[key] = t
	}
	if t.count++; t.count < lockoutTries {
		return false
	}
	*t = tries{since: now, until: now.Add(lockoutTime)}
	return true
}

// forget makes room: of addresses that are done with, else of some.
func (l *lockout) forget(now time.Time) {
	for key, t := range l.tries {
		if now.Sub(t.since) > lockoutWindow && now.After(t.until) {
			delete(l.tries, key)
		}
	}
	for key := range l.tries {
		if len(l.tries) < lockoutMost {
			return
		}
		delete(l.tries, key)
	}
}
