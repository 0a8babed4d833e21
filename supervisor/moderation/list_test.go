package moderation

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/skeinhq/skein/supervisor/storage"
)

// clock is a clock that the test sets.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newClock() *clock { return &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func add(t *testing.T, l *List, b Ban) Ban {
	t.Helper()
	added, _, err := l.Add(b)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func TestParsePrefix(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"192.0.2.1", "192.0.2.1/32"},
		{"192.0.2.77/24", "192.0.2.0/24"},
		{"::ffff:192.0.2.1", "192.0.2.1/32"},
		{"::ffff:192.0.2.0/120", "192.0.2.0/24"},
		{"2001:db8::7", "2001:db8::/64"},
		{"2001:db8::7/128", "2001:db8::7/128"},
		{"::1", "::1/128"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"::/0", "::/0"},
	} {
		p, err := ParsePrefix(c.in)
		if err != nil || p.String() != c.want {
			t.Errorf("%s: %v, %v; want %s", c.in, p, err, c.want)
		}
	}
	for _, bad := range []string{"", "example.org", "192.0.2", "192.0.2.1/33", "fe80::1%eth0", "::ffff:0.0.0.0/90", "1.2.3.4/-1"} {
		if p, err := ParsePrefix(bad); err == nil {
			t.Errorf("%q is %v", bad, p)
		}
	}
}

// addressGen draws addresses from a few ranges, so that they meet.
var addressGen = rapid.Custom(func(t *rapid.T) netip.Addr {
	bytes := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 127, 128, 255}), 16, 16).Draw(t, "bytes")
	switch rapid.IntRange(0, 2).Draw(t, "family") {
	case 0:
		return netip.AddrFrom4([4]byte(bytes[:4]))
	case 1:
		mapped := [16]byte{10: 0xff, 11: 0xff}
		copy(mapped[12:], bytes)
		return netip.AddrFrom16(mapped)
	}
	return netip.AddrFrom16([16]byte(bytes))
})

// TestMatchIPAgainstModel compares the table with a list of ranges that is searched from end to end, while bans come
// and go.
func TestMatchIPAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := NewList(nil)
		model := make(map[netip.Prefix]string)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			ip := addressGen.Draw(t, "ip")
			if rapid.IntRange(0, 3).Draw(t, "op") == 0 && len(model) > 0 {
				all := l.All()
				b := all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
				if _, err := l.Remove(b.ID); err != nil {
					t.Fatal(err)
				}
				p, _ := ParsePrefix(b.Pattern)
				delete(model, p)
				continue
			}
			pattern := fmt.Sprintf("%s/%d", ip.Unmap(), rapid.IntRange(0, ip.Unmap().BitLen()).Draw(t, "bits"))
			b, _, err := l.Add(Ban{Kind: KindIP, Pattern: pattern})
			if err != nil {
				t.Fatalf("%s: %v", pattern, err)
			}
			model[netip.MustParsePrefix(pattern).Masked()] = b.ID
		}
		ip := addressGen.Draw(t, "asked")
		longest, want := -1, ""
		for p, id := range model {
			if p.Contains(ip.Unmap()) && p.Bits() > longest {
				longest, want = p.Bits(), id
			}
		}
		got, banned := l.MatchIP(ip)
		if banned != (longest >= 0) || got.ID != want {
			t.Fatalf("%s: %v %v, want %q", ip, got, banned, want)
		}
		for _, b := range l.All() {
			p, _ := ParsePrefix(b.Pattern)
			if b.Contains(ip) != p.Contains(ip.Unmap()) {
				t.Fatalf("%s contains %s: %v", b.Pattern, ip, b.Contains(ip))
			}
		}
	})
}

func TestMatchIPOfNobody(t *testing.T) {
	l := NewList(nil)
	add(t, l, Ban{Kind: KindIP, Pattern: "0.0.0.0/0"})
	add(t, l, Ban{Kind: KindIP, Pattern: "::/0"})
	if b, banned := l.MatchIP(netip.Addr{}); banned {
		t.Errorf("clients of unix sockets are banned by %v", b)
	}
	if _, banned := l.MatchIP(netip.MustParseAddr("fe80::1%eth0")); !banned {
		t.Error("an address with a zone is not in ::/0")
	}
}

func TestMatchName(t *testing.T) {
	l := NewList(nil)
	for _, p := range []string{"Troll", "*bot*", "x*y", "ＡＤＭＩＮ", "a b"} {
		add(t, l, Ban{Kind: KindName, Pattern: p})
	}
	for name, want := range map[string]bool{
		"troll": true, "TROLL": true, "tr\u200boll": true, "ｔｒｏｌｌ": true, " troll ": true, "trolls": false, "": false,
		"robot9000": true, "BOT": true, "bo t": false, "xy": true, "x12y": true, "xyz": false, "x": false,
		"admin": true, "a \t b": true, "ab": false,
	} {
		if b, got := l.MatchName(name); got != want {
			t.Errorf("%q: %v %v", name, got, b)
		}
	}
	if _, banned := l.MatchAgent("troll"); banned {
		t.Error("a name is compared with agents")
	}
}

// TestGlobAgainstModel compares patterns with the definition of *.
func TestGlobAgainstModel(t *testing.T) {
	var matches func(pattern, s string) bool
	matches = func(pattern, s string) bool {
		switch {
		case pattern == "":
			return s == ""
		case pattern[0] == '*':
			return matches(pattern[1:], s) || s != "" && matches(pattern, s[1:])
		}
		return s != "" && s[0] == pattern[0] && matches(pattern[1:], s[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab*")), 1, 8, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.SampledFrom([]rune("ab")), 0, 10, -1).Draw(t, "s")
		b := Ban{ID: "x", Kind: KindAgent, Pattern: pattern}
		if got, want := b.Matches(s), matches(pattern, s); got != want {
			t.Fatalf("%q fits %q: %v, want %v", s, pattern, got, want)
		}
	})
}

func TestBansExpire(t *testing.T) {
	c := newClock()
	l := NewList(c.now)
	b := add(t, l, Ban{Kind: KindIP, Pattern: "192.0.2.1", Expires: c.t.Add(time.Minute)})
	wide := add(t, l, Ban{Kind: KindIP, Pattern: "192.0.2.0/24", Expires: c.t.Add(time.Hour)})
	ip := netip.MustParseAddr("192.0.2.1")
	if got, _ := l.MatchIP(ip); got.ID != b.ID {
		t.Errorf("banned by %v", got)
	}
	c.t = c.t.Add(time.Minute)
	if got, _ := l.MatchIP(ip); got.ID != wide.ID {
		t.Errorf("an hour is not over, banned by %v", got)
	}
	if _, ok := l.Get(b.ID); ok || len(l.All()) != 1 {
		t.Errorf("an expired ban is listed: %v", l.All())
	}
	c.t = c.t.Add(time.Hour)
	if got, banned := l.MatchIP(ip); banned {
		t.Errorf("still banned by %v", got)
	}
	add(t, l, Ban{Kind: KindName, Pattern: "x"})
	if l.Len() != 1 {
		t.Errorf("%d bans are kept, expired ones too", l.Len())
	}
	if _, _, err := l.Add(Ban{Kind: KindIP, Pattern: "::1", Expires: c.t}); !errors.Is(err, ErrInvalidBan) {
		t.Errorf("a ban that has expired: %v", err)
	}
}

func TestBansAreKept(t *testing.T) {
	c := newClock()
	r := storage.NewMemory()
	l := NewList(c.now)
	if err := l.Load(r); err != nil {
		t.Fatal(err)
	}
	add(t, l, Ban{Kind: KindIP, Pattern: "10.1.2.3/8", Reason: "noise", By: "ops"})
	add(t, l, Ban{Kind: KindName, Pattern: "Ann*"})
	gone := add(t, l, Ban{Kind: KindAgent, Pattern: "curl/*"})
	add(t, l, Ban{Kind: KindAgent, Pattern: "wget", Expires: c.t.Add(time.Second)})
	if _, err := l.Remove(gone.ID); err != nil {
		t.Fatal(err)
	}
	want := l.All()[:2]
	c.t = c.t.Add(time.Minute)

	again := NewList(c.now)
	if err := again.Load(r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, again.All()); diff != "" {
		t.Error(diff)
	}
	n := 0
	_ = r.Each(recordBan, func(string, []byte) error { n++; return nil })
	if n != 2 {
		t.Errorf("%d records", n)
	}
	if _, err := again.Remove(gone.ID); !errors.Is(err, ErrNoBan) {
		t.Errorf("removed twice: %v", err)
	}
}

// failing is a disk that takes nothing.
type failing struct{ storage.Records }

var errDisk = errors.New("disk full")

func (failing) Put(string, string, []byte) error { return errDisk }
func (failing) Delete(string, string) error      { return errDisk }

func TestBansThatCannotBeKept(t *testing.T) {
	l := NewList(nil)
	b := add(t, l, Ban{Kind: KindName, Pattern: "ann"})
	l.records = failing{l.records}
	if _, _, err := l.Add(Ban{Kind: KindName, Pattern: "bob"}); !errors.Is(err, errDisk) {
		t.Errorf("added: %v", err)
	}
	if _, banned := l.MatchName("bob"); banned {
		t.Error("what is not on disk is in force")
	}
	if _, err := l.Remove(b.ID); !errors.Is(err, errDisk) {
		t.Errorf("removed: %v", err)
	}
	if _, banned := l.MatchName("ann"); !banned {
		t.Error("a ban that is on disk is not in force")
	}
}

func TestLoadRefusesDamage(t *testing.T) {
	for _, value := range []string{"", "{", `{"kind":"ip","pattern":"?"}`, `{"kind":"mood","pattern":"x"}`} {
		r := storage.NewMemory()
		if err := r.Put(recordBan, "01", []byte(value)); err != nil {
			t.Fatal(err)
		}
		if err := NewList(nil).Load(r); err == nil || !strings.Contains(err.Error(), "ban 01") {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestSameBanAgain(t *testing.T) {
	l := NewList(nil)
	first := add(t, l, Ban{Kind: KindName, Pattern: "Ann*"})
	second := add(t, l, Ban{Kind: KindName, Pattern: "ann*", Reason: "again"})
	if first.ID != second.ID || l.Len() != 1 {
		t.Errorf("%v and %v", first, second)
	}
	if b, _ := l.MatchName("anna"); b.Reason != "again" {
		t.Errorf("in force: %v", b)
	}
	if found, ok := l.Find(KindName, "ANN*"); !ok || found.ID != first.ID {
		t.Errorf("found %v %v", found, ok)
	}
	if _, err := l.Remove(first.ID); err != nil {
		t.Fatal(err)
	}
	if _, banned := l.MatchName("anna"); banned || len(l.names.patterns) != 0 || len(l.keys) != 0 {
		t.Error("something of a removed ban is left")
	}
}

func TestBansThatMakeNoSense(t *testing.T) {
	l := NewList(nil)
	for _, b := range []Ban{
		{},
		{Kind: KindIP},
		{Kind: KindIP, Pattern: "somewhere"},
		{Kind: "mood", Pattern: "bad"},
		{Kind: KindName, Pattern: "\u200b"},
		{Kind: KindName, Pattern: strings.Repeat("x", maxPattern+1)},
		{Kind: KindName, Pattern: "x", Reason: strings.Repeat("x", maxReason+1)},
		{Kind: KindName, Pattern: "x", By: strings.Repeat("x", maxBy+1)},
		{Kind: KindName, Pattern: "\xff"},
	} {
		if _, _, err := l.Add(b); !errors.Is(err, ErrInvalidBan) {
			t.Errorf("%+v: %v", b, err)
		}
	}
}

func TestPatternsAreBounded(t *testing.T) {
	l := NewList(nil)
	for i := range MaxPatterns {
		add(t, l, Ban{Kind: KindName, Pattern: fmt.Sprintf("%d*", i)})
	}
	if _, _, err := l.Add(Ban{Kind: KindName, Pattern: "more*"}); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
	add(t, l, Ban{Kind: KindName, Pattern: "exact"})
	add(t, l, Ban{Kind: KindAgent, Pattern: "other*"})
	add(t, l, Ban{Kind: KindName, Pattern: "0*", Reason: "again"})
}

// TestWatch sees that bans are in force when watchers hear of them, also of many at once.
func TestWatch(t *testing.T) {
	l := NewList(nil)
	var mu sync.Mutex
	var heard []string
	l.Watch(func(b Ban) int {
		if _, banned := l.MatchName(b.Pattern); !banned {
			t.Errorf("%s is not in force yet", b.Pattern)
		}
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, b.Pattern)
		return 2
	})
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			if _, closed, err := l.Add(Ban{Kind: KindName, Pattern: fmt.Sprint(i)}); err != nil || closed != 2 {
				t.Errorf("%d closed, %v", closed, err)
			}
		})
		wait.Go(func() { l.MatchName("7"); l.All() })
	}
	wait.Wait()
	if len(heard) != 20 {
		t.Errorf("%d heard of", len(heard))
	}
}

// TestLookupsCostNothing keeps the door cheap: nearly everybody is let in.
func TestLookupsCostNothing(t *testing.T) {
	l := NewList(nil)
	for i := range 1000 {
		add(t, l, Ban{Kind: KindIP, Pattern: fmt.Sprintf("10.%d.%d.0/24", i/256, i%256)})
		add(t, l, Ban{Kind: KindName, Pattern: fmt.Sprintf("name%d", i)})
	}
	ip := netip.MustParseAddr("192.0.2.1")
	if n := testing.AllocsPerRun(100, func() { l.MatchIP(ip); l.MatchName("somebody") }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
