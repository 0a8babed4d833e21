package storage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/scratch"
)

// kept is what a file should have of a room.
type kept struct {
	vars    map[string]actors.StoredVariable
	history []actors.StoredChange
	changed bool // it has had a history
	touched int64
}

// machine does at random what a server does with a file, and keeps a model beside it.
type machine struct {
	dir     string
	f       *File
	history int
	rooms   map[actors.StoredRoom]*kept
	clock   int64
}

var (
	someRooms = rapid.Custom(func(t *rapid.T) actors.StoredRoom {
		return actors.StoredRoom{
			Space: rapid.SampledFrom([]actors.Space{actors.SpaceTurboWarp, actors.SpaceCloudLink, actors.SpaceCL4}).Draw(t, "space"),
			Name:  rapid.SampledFrom([]string{"", "1", "10", "1\x00", strings.Repeat("x", maxText), strings.Repeat("x", maxText+1)}).Draw(t, "room"),
		}
	})
	someNames = rapid.SampledFrom([]string{"", "a", "☁ b", "a\x00", strings.Repeat("n", maxText+1), strings.Repeat("n", maxText+2)})
)

func (m *machine) write(t *rapid.T) actors.RoomWrite {
	w := actors.RoomWrite{Room: someRooms.Draw(t, "room")}
	names := rapid.SliceOfNDistinct(someNames, 0, 4, rapid.ID).Draw(t, "names")
	for _, name := range names {
		m.clock++
		v := variable(name, fmt.Sprint(m.clock), uint64(m.clock), rapid.SampledFrom([]string{"", "ada"}).Draw(t, "user"), m.clock)
		v.Deleted = rapid.Bool().Draw(t, "deleted")
		w.Variables = append(w.Variables, v)
		if m.history > 0 {
			w.History = append(w.History, actors.StoredChange{Change: scratch.Change{Op: scratch.OpSet, Name: name, Value: v.Value}, Time: m.clock})
		}
	}
	if k := m.rooms[w.Room]; k != nil && rapid.Bool().Draw(t, "only") {
		w.Only = []string{}
		for _, name := range slices.Sorted(maps.Keys(k.vars)) {
			if rapid.Bool().Draw(t, "stays") {
				w.Only = append(w.Only, name)
			}
		}
	}
	m.clock++
	w.Time = m.clock - 1 // of the last variable, as importing them again would have it
	return w
}

// apply does to the model what Commit does to the file.
func (m *machine) apply(w actors.RoomWrite) {
	k := m.rooms[w.Room]
	if k == nil {
		if len(w.Variables) == 0 && len(w.History) == 0 {
			return
		}
		k = &kept{vars: make(map[string]actors.StoredVariable)}
		m.rooms[w.Room] = k
	}
	k.touched = max(k.touched, w.Time)
	if w.Only != nil {
		maps.DeleteFunc(k.vars, func(name string, _ actors.StoredVariable) bool { return !slices.Contains(w.Only, name) })
	}
	for _, v := range w.Variables {
		if v.Deleted {
			delete(k.vars, v.Name)
		} else {
			k.vars[v.Name] = v
		}
	}
	k.changed = k.changed || len(w.History) > 0
	k.history = append(k.history, w.History...)
	k.history = slices.Clone(k.history[max(len(k.history)-m.history, 0):])
	if len(k.vars) == 0 && !k.changed {
		delete(m.rooms, w.Room)
	}
}

func (m *machine) check(t *rapid.T) {
	n := 0
	for room, k := range m.rooms {
		l, err := m.f.Load(room)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.SortedFunc(maps.Values(k.vars), func(a, b actors.StoredVariable) int { return cmp.Compare(a.Order, b.Order) })
		if !l.Found || !slices.Equal(l.Variables, want) || l.Touched != k.touched {
			t.Fatalf("%v has %+v, not %+v touched at %d", room, l, want, k.touched)
		}
		history, err := m.f.History(room)
		if err != nil || !slices.Equal(history, k.history) {
			t.Fatalf("%v has the history %+v, not %+v (%v)", room, history, k.history, err)
		}
		n += len(want)
	}
	v, err := m.f.Verify()
	if err != nil || v.Rooms != len(m.rooms) || v.Variables != n {
		t.Fatalf("verified %+v of %d rooms and %d variables: %v", v, len(m.rooms), n, err)
	}
}

func (m *machine) reopen(t *rapid.T) {
	if m.f != nil {
		if err := m.f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open(m.dir, Options{History: m.history})
	if err != nil {
		t.Fatal(err)
	}
	f.db.NoSync = true
	m.f = f
}

func TestFileAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{dir: t.TempDir(), rooms: make(map[actors.StoredRoom]*kept), history: rapid.IntRange(0, 3).Draw(rt, "history")}
		m.reopen(rt)
		defer func() { m.f.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"": m.check,
			"commit": func(t *rapid.T) {
				writes := make([]actors.RoomWrite, rapid.IntRange(1, 5).Draw(t, "rooms"))
				for i := range writes {
					writes[i] = m.write(t)
				}
				if refused, err := m.f.Commit(writes); err != nil || len(refused) > 0 {
					t.Fatalf("%v, refused %v", err, refused)
				}
				for _, w := range writes {
					m.apply(w)
				}
			},
			"forget": func(t *rapid.T) {
				before := m.clock - rapid.Int64Range(0, 10).Draw(t, "age")
				stale, err := m.f.Stale(before, 3)
				if err != nil {
					t.Fatal(err)
				}
				for _, room := range stale {
					if k := m.rooms[room]; k == nil || k.touched >= before {
						t.Fatalf("%v counts as stale", room)
					}
					if _, err := m.f.Commit([]actors.RoomWrite{{Room: room, Time: before, Forget: true}}); err != nil {
						t.Fatal(err)
					}
					delete(m.rooms, room)
				}
			},
			"reopen": m.reopen,
			"compact": func(t *rapid.T) {
				if _, _, err := m.f.Compact(); err != nil {
					t.Fatal(err)
				}
				m.f = nil
				m.reopen(t)
			},
			"export and import": func(t *rapid.T) {
				var b strings.Builder
				if err := m.f.Export(&b, ExportOptions{}); err != nil {
					t.Fatal(err)
				}
				before := b.String()
				if _, err := m.f.Import(strings.NewReader(strings.Join(slices.DeleteFunc(strings.SplitAfter(before, "\n"), func(l string) bool {
					return strings.Contains(l, `"change"`)
				}), ""))); err != nil {
					t.Fatal(err)
				}
				b.Reset()
				if err := m.f.Export(&b, ExportOptions{}); err != nil || b.String() != before {
					t.Fatalf("importing an export has changed it (%v):\n%s\nto\n%s", err, before, &b)
				}
			},
		})
	})
}
