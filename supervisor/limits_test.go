package supervisor

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// TestLimitsAgainstModel takes and releases connections of a few addresses while limits change.
func TestLimitsAgainstModel(t *testing.T) {
	addresses := []netip.Addr{
		{}, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("::ffff:192.0.2.1"), netip.MustParseAddr("192.0.2.2"),
		netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("2001:db8:0:1::1"),
	}
	same := map[int]int{2: 1, 5: 4} // indexes of addresses that count as another one
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(-1, 6)
		max, perIP := limit.Draw(t, "max"), limit.Draw(t, "per ip")
		l := newLimits(max, perIP)
		held := make(map[int]int)
		var open []int
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "op") {
			case 0:
				max = limit.Draw(t, "max")
				l.setMax(max)
			case 1:
				perIP = limit.Draw(t, "per ip")
				l.setMaxPerIP(perIP)
			case 2:
				if len(open) > 0 {
					n := rapid.IntRange(0, len(open)-1).Draw(t, "which")
					l.release(addresses[open[n]])
					key := open[n]
					if k, ok := same[key]; ok {
						key = k
					}
					held[key]--
					open = append(open[:n], open[n+1:]...)
				}
			default:
				i := rapid.IntRange(0, len(addresses)-1).Draw(t, "address")
				key := i
				if k, ok := same[i]; ok {
					key = k
				}
				fits := i == 0 || perIP <= 0 || held[key] < perIP
				if l.admits(addresses[i]) != fits {
					t.Fatalf("admits %v: %v", addresses[i], !fits)
				}
				want := fits && (max <= 0 || len(open) < max)
				if got := l.take(addresses[i]); got != want {
					t.Fatalf("takes %v: %v", addresses[i], got)
				}
				if want {
					held[key]++
					open = append(open, i)
				}
			}
		}
		for _, i := range open {
			l.release(addresses[i])
		}
		if l.total != 0 || len(l.perIP) != 0 {
			t.Fatalf("%d connections, %v are left", l.total, l.perIP)
		}
	})
}
