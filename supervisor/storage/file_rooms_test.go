package storage

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/scratch"
)

func room(name string) actors.StoredRoom {
	return actors.StoredRoom{Space: actors.SpaceTurboWarp, Name: name}
}

func variable(name, value string, order uint64, user string, time int64) actors.StoredVariable {
	return actors.StoredVariable{
		Saved: scratch.Saved{Variable: scratch.Variable{Name: name, Value: value}, Order: order}, User: user, Time: time,
	}
}

func commit(t testing.TB, f *File, writes ...actors.RoomWrite) {
	t.Helper()
	refused, err := f.Commit(writes)
	if err != nil || len(refused) > 0 {
		t.Fatalf("commit: %v, refused %v", err, refused)
	}
}

func load(t testing.TB, f *File, r actors.StoredRoom) []actors.StoredVariable {
	t.Helper()
	l, err := f.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	return l.Variables
}

func TestFileRooms(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	long := strings.Repeat("long ", 1000)
	first := []actors.StoredVariable{
		variable("b", `"5"`, 1, "ada", 1000), variable("a", `5`, 2, "", 1001), variable("", `"☁"`, 7, "bob", 1002),
		variable(long, `{"any":[1,null]}`, 8, long, 1003), variable(long+"!", `""`, 9, "", 1003),
	}
	commit(t, f, actors.RoomWrite{Room: room("1"), Variables: first, Time: 1003},
		actors.RoomWrite{Room: room("10"), Variables: first[:1], Time: 2000},
		actors.RoomWrite{Room: room(long), Variables: first[1:2], Time: 3000},
		actors.RoomWrite{Room: actors.StoredRoom{Space: actors.SpaceCloudLink, Name: "1"}, Variables: first[2:3], Time: 4000},
		actors.RoomWrite{Room: room("unknown"), Time: 5})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f = open(t, dir)
	if got := load(t, f, room("1")); !slices.Equal(got, first) {
		t.Errorf("after a restart there is\n%v, not\n%v", got, first)
	}
	if got := load(t, f, room(long)); !slices.Equal(got, first[1:2]) {
		t.Errorf("a room with a long name has %v", got)
	}
	commit(t, f, actors.RoomWrite{Room: room("1"), Time: 6000, Variables: []actors.StoredVariable{
		{Saved: scratch.Saved{Variable: scratch.Variable{Name: "b"}}, Deleted: true}, variable("a", `"6"`, 3, "eve", 6000), variable("new", `1`, 12, "eve", 6000),
	}})
	want := []actors.StoredVariable{variable("a", `"6"`, 3, "eve", 6000), first[2], first[3], first[4], variable("new", `1`, 12, "eve", 6000)}
	if got := load(t, f, room("1")); !slices.Equal(got, want) {
		t.Errorf("after a change there is\n%v, not\n%v", got, want)
	}
	if l, err := f.Load(room("unknown")); err != nil || l.Found {
		t.Errorf("a room that was only touched is kept: %v %v", l, err)
	}
	if got := load(t, f, room("10")); !slices.Equal(got, first[:1]) {
		t.Errorf("another room has %v", got)
	}
}

func TestFileForgets(t *testing.T) {
	f := open(t, t.TempDir())
	for i := range 10 {
		commit(t, f, actors.RoomWrite{Room: room(fmt.Sprint(i)), Time: int64(i + 1), Variables: []actors.StoredVariable{variable("x", "1", 1, "", 1), variable("y", "1", 2, "", 1)}})
	}
	stale, err := f.Stale(5, 3)
	if want := []actors.StoredRoom{room("0"), room("1"), room("2")}; err != nil || !slices.Equal(stale, want) {
		t.Fatalf("stale are %v (%v), not %v", stale, err, want)
	}
	commit(t, f, actors.RoomWrite{Room: room("1"), Time: 9}) // used meanwhile
	for _, r := range stale {
		commit(t, f, actors.RoomWrite{Room: r, Time: 5, Forget: true})
	}
	for i := range 10 {
		l, err := f.Load(room(fmt.Sprint(i)))
		if err != nil || l.Found != (i != 0 && i != 2) {
			t.Errorf("room %d: found %v (%v)", i, l.Found, err)
		}
	}
}

func TestFileRefusesNewRoomsWhenItIsFull(t *testing.T) {
	f, err := Open(t.TempDir(), Options{MaxBytes: 200_000})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fill := func(from, to int) {
		for i := from; i < to; i++ {
			commit(t, f, actors.RoomWrite{Room: room(fmt.Sprint(i)), Time: 1, Variables: []actors.StoredVariable{variable("x", strings.Repeat("1", 10_000), 1, "", 1)}})
		}
	}
	fill(0, 5)
	if _, err := f.Load(room("new")); err != nil {
		t.Fatalf("with %d bytes in use: %v", f.Used(), err)
	}
	fill(5, 30)
	if _, err := f.Load(room("new")); !errors.Is(err, actors.ErrStorageFull) || !strings.Contains(err.Error(), f.Path()) {
		t.Errorf("with %d bytes in use a new room got %v", f.Used(), err)
	}
	if got := load(t, f, room("3")); len(got) != 1 {
		t.Errorf("a room that is kept has %v", got)
	}
	for i := range 30 {
		commit(t, f, actors.RoomWrite{Room: room(fmt.Sprint(i)), Time: 2, Forget: true})
	}
	commit(t, f) // frees the pages of the transaction before
	if _, err := f.Load(room("new")); err != nil {
		t.Errorf("with %d bytes in use: %v", f.Used(), err)
	}
}

func TestFileHistory(t *testing.T) {
	f, err := Open(t.TempDir(), Options{History: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	change := func(n int) actors.StoredChange {
		return actors.StoredChange{Change: scratch.Change{Op: scratch.OpSet, Name: "x", Value: fmt.Sprint(n)}, User: "ada", Time: int64(n)}
	}
	for n := 0; n < 20; n += 2 {
		for _, name := range []string{"1", "2"} {
			commit(t, f, actors.RoomWrite{Room: room(name), Time: int64(n), History: []actors.StoredChange{change(n), change(n + 1)}})
		}
	}
	for _, name := range []string{"1", "2"} {
		got, err := f.History(room(name))
		if err != nil {
			t.Fatal(err)
		}
		if want := []actors.StoredChange{change(15), change(16), change(17), change(18), change(19)}; !slices.Equal(got, want) {
			t.Errorf("the history of %s is %v, not %v", name, got, want)
		}
	}
}
