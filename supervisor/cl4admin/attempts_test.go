package cl4admin

import (
	"net/netip"
	"testing"
	"time"
)

// clock is a clock that the test sets.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

// lockoutTest is attempts of addresses whose outcome is checked.
type lockoutTest struct {
	*attempts
	clock
	t *testing.T
}

func newLockoutTest(t *testing.T) *lockoutTest {
	l := &lockoutTest{clock: clock{time.Unix(1e9, 0)}, t: t}
	l.attempts = newAttempts(l.clock.now)
	return l
}

func (l *lockoutTest) allowed(ip string, want bool) {
	l.t.Helper()
	if got := l.begin(netip.MustParseAddr(ip)); got != want {
		l.t.Fatalf("%s may try: %v", ip, got)
	}
}

func (l *lockoutTest) fail(ip string, times int) {
	l.t.Helper()
	for range times {
		l.allowed(ip, true)
		l.end(netip.MustParseAddr(ip), true)
	}
}

func TestFiveFailuresLockOut(t *testing.T) {
	l := newLockoutTest(t)
	l.fail("192.0.2.1", 5)
	l.allowed("192.0.2.1", false)
	l.allowed("::ffff:192.0.2.1", false)
	l.fail("192.0.2.2", 1)
	l.t = t
	l.clock.t = l.clock.t.Add(lockTime - 1)
	l.allowed("192.0.2.1", false)
	l.clock.t = l.clock.t.Add(1)
	l.fail("192.0.2.1", 5)
	l.allowed("192.0.2.1", false)
}

func TestFailuresAreForgotten(t *testing.T) {
	l := newLockoutTest(t)
	l.fail("192.0.2.1", 4)
	l.clock.t = l.clock.t.Add(failureWindow)
	l.fail("192.0.2.1", 4)
	l.clock.t = l.clock.t.Add(failureWindow)
	l.allowed("192.0.2.1", true)
	l.end(netip.MustParseAddr("192.0.2.1"), false)
	if len(l.addresses) != 0 {
		t.Errorf("%d addresses are remembered for nothing", len(l.addresses))
	}
}

// TestTriesAtOnce sees that many log-ins at the same time are no way around the limit.
func TestTriesAtOnce(t *testing.T) {
	l := newLockoutTest(t)
	ip := netip.MustParseAddr("2001:db8::1")
	for range maxFailures {
		l.allowed("2001:db8::1", true)
	}
	l.allowed("2001:db8::2", false) // of the same network
	l.end(ip, false)
	l.allowed("2001:db8::2", true)
	for range maxFailures {
		l.end(ip, true)
	}
	l.allowed("2001:db8::1", false)
}

func TestAddressesAreBounded(t *testing.T) {
	l := newLockoutTest(t)
	ip := netip.MustParseAddr("10.0.0.0")
	for range maxAddresses {
		l.begin(ip)
		l.end(ip, true)
		ip = ip.Next()
	}
	l.fail("192.0.2.1", 5)
	l.allowed("192.0.2.1", false)
	if len(l.addresses) > maxAddresses {
		t.Errorf("%d addresses", len(l.addresses))
	}
	l.clock.t = l.clock.t.Add(time.Hour)
	l.allowed("192.0.2.2", true)
	if len(l.addresses) != 1 {
		t.Errorf("%d addresses are remembered after an hour", len(l.addresses))
	}
}
