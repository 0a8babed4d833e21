package codec

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"pgregory.net/rapid"
)

func TestNewID(t *testing.T) {
	const goroutines, each = 8, 50_000
	made := make([][]ID, goroutines)
	var wg sync.WaitGroup
	for g := range made {
		wg.Go(func() {
			for range each {
				made[g] = append(made[g], NewID())
			}
		})
	}
	wg.Wait()
	seen := make(map[ID]bool, goroutines*each)
	stamps := make(map[[8]byte]bool, goroutines*each)
	for _, ids := range made {
		if !slices.IsSortedFunc(ids, func(a, b ID) int { return bytes.Compare(a[:], b[:]) }) {
			t.Error("ids of one goroutine are not in order")
		}
		for _, id := range ids {
			seen[id] = true
			stamps[[8]byte(id[:8])] = true
		}
	}
	if len(seen) != goroutines*each || len(stamps) != goroutines*each {
		t.Errorf("%d ids and %d stamps of %d", len(seen), len(stamps), goroutines*each)
	}
}

// TestNewIDOrderBetween checks that an id made after another, by whichever goroutine, is larger.
func TestNewIDOrderBetween(t *testing.T) {
	ids := make(chan ID)
	go func() {
		defer close(ids)
		for range 10_000 {
			ids <- NewID()
		}
	}()
	var last ID
	for id := range ids {
		mine := NewID()
		if bytes.Compare(last[:], id[:]) >= 0 {
			t.Fatalf("%v is not above %v", id, last)
		}
		if bytes.Compare(id[:], mine[:]) >= 0 {
			// The other goroutine may have made its next one, but not this one, after mine.
			t.Fatalf("%v is not above %v", mine, id)
		}
		last = id
	}
}

func TestIDLayout(t *testing.T) {
	before := time.Now().UnixMilli()
	id := NewID()
	if ms := int64(ulid.ULID(id).Time()); ms < before || ms > before+60_000 {
		t.Errorf("time %d, want about %d", ms, before)
	}
	if id[6]>>4 != 7 || id[8]>>6 != 2 {
		t.Errorf("version %d, variant %d", id[6]>>4, id[8]>>6)
	}
	const ms = 0x0123456789ab
	got := makeID(ms<<counterBits|0xfed, ^uint64(0))
	if want := "01234567-89ab-7fed-bfff-ffffffffffff"; got.UUID() != want {
		t.Errorf("got %s, want %s", got.UUID(), want)
	}
	over := makeID(ms<<counterBits|0xfff+1, 0)
	if want := "01234567-89ac-7000-8000-000000000000"; over.UUID() != want {
		t.Errorf("got %s, want %s", over.UUID(), want)
	}
	if bytes.Compare(over[:], got[:]) <= 0 {
		t.Error("the counter's overflow does not sort behind it")
	}
}

func TestParseID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var id ID
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		if got, ok := ParseID(id.ULID()); !ok || got != id {
			t.Fatalf("%s: %v, %v", id.ULID(), got, ok)
		}
		if got, ok := ParseID(id.UUID()); !ok || got != id {
			t.Fatalf("%s: %v, %v", id.UUID(), got, ok)
		}
		if id.ULID() != ulid.ULID(id).String() {
			t.Fatalf("%s is not %s", id.ULID(), ulid.ULID(id))
		}
		// One other byte anywhere must give another id or none.
		for _, s := range []string{id.ULID(), id.UUID()} {
			b := []byte(s)
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
			if got, ok := ParseID(string(b)); ok && got.ULID() != string(b) && got.UUID() != string(b) {
				t.Fatalf("%q is accepted as %s", b, got.UUID())
			}
		}
	})
	const u, v = "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01890a5d-ac96-774b-bcce-b302099a8057"
	for _, s := range []string{
		"", "x", strings.ToLower(u), strings.ToUpper(v), u[1:], u + "0", "8" + u[1:], "Z" + u[1:], "I" + u[1:],
		u[:25] + "I", u[:25] + "L", u[:25] + "O", u[:25] + "U", u[:25] + "-", u[:24] + "é",
		v[:8] + "0" + v[9:], "-" + v[1:], v[:35] + "g", strings.ReplaceAll(v, "-", ""), "{" + v[1:35] + "}",
		strings.Repeat("-", 36), strings.Repeat("é", 13), strings.Repeat("é", 18),
	} {
		if id, ok := ParseID(s); ok {
			t.Errorf("%q is accepted as %s", s, id.UUID())
		}
	}
}

func TestIDAllocations(t *testing.T) {
	buf := make([]byte, 0, 64)
	id := NewID()
	upper, lower := id.ULID(), id.UUID()
	if n := testing.AllocsPerRun(100, func() {
		id := NewID()
		buf = id.AppendULID(buf[:0])
		buf = id.AppendUUID(buf[:0])
		ParseID(upper)
		ParseID(lower)
		ParseID("8" + "1ARZ3NDEKTSV4RRFFQ69G5FAV")
		ParseID("a user's name of 36 characters, or so")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkNewID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		NewID()
	}
}

func BenchmarkNewIDParallel(b *testing.B) {
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			NewID()
		}
	})
}

func BenchmarkIDText(b *testing.B) {
	id := NewID()
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buf = id.AppendULID(buf[:0])
		buf = id.AppendUUID(buf)
	}
}

func BenchmarkParseID(b *testing.B) {
	s := NewID().ULID()
	b.ReportAllocs()
	for b.Loop() {
		ParseID(s)
	}
}
