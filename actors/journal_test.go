package actors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skeinhq/skein/protocol/scratch"
)

// fakeStorage is a disk in memory.
type fakeStorage struct {
	mu      sync.Mutex
	rooms   map[StoredRoom]map[string]StoredVariable
	touched map[StoredRoom]int64
	history map[StoredRoom][]StoredChange
	broken  error // what Commit returns
	unread  error // what Load returns
	commits int
	gate    chan struct{} // Commit takes one from it
}

func newFakeStorage() *fakeStorage {
	return &fakeStorage{
		rooms:   make(map[StoredRoom]map[string]StoredVariable),
		touched: make(map[StoredRoom]int64),
		history: make(map[StoredRoom][]StoredChange),
	}
}

func (s *fakeStorage) Load(r StoredRoom) (l LoadedRoom, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.rooms[r] {
		l.Variables = append(l.Variables, v)
	}
	slices.SortFunc(l.Variables, func(a, b StoredVariable) int { return cmp.Compare(a.Order, b.Order) })
	_, l.Found = s.rooms[r]
	l.Touched = s.touched[r]
	return l, s.unread
}

func (s *fakeStorage) Commit(writes []RoomWrite) ([]RoomError, error) {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	if s.broken != nil {
		return nil, s.broken
	}
	for _, w := range writes {
		if w.Forget {
			if s.touched[w.Room] < w.Time {
				delete(s.rooms, w.Room)
				delete(s.touched, w.Room)
			}
			continue
		}
		if s.rooms[w.Room] == nil {
			if len(w.Variables) == 0 {
				continue
			}
			s.rooms[w.Room] = make(map[string]StoredVariable)
		}
		if w.Only != nil {
			maps.DeleteFunc(s.rooms[w.Room], func(name string, _ StoredVariable) bool { return !slices.Contains(w.Only, name) })
		}
		s.touched[w.Room] = w.Time
		s.history[w.Room] = append(s.history[w.Room], w.History...)
		for _, v := range w.Variables {
			if v.Deleted {
				delete(s.rooms[w.Room], v.Name)
			} else {
				s.rooms[w.Room][v.Name] = v
			}
		}
	}
	return nil, nil
}

func (s *fakeStorage) Stale(before int64, limit int) (rooms []StoredRoom, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r, at := range s.touched {
		if at < before && len(rooms) < limit {
			rooms = append(rooms, r)
		}
	}
	return rooms, nil
}

// has returns what is kept of a project: NAME=VALUE@USER in the order of creation.
func (s *fakeStorage) has(project string) string {
	l, _ := s.Load(StoredRoom{SpaceTurboWarp, project})
	var out []string
	for _, v := range l.Variables {
		out = append(out, fmt.Sprintf("%s=%s@%s", v.Name, v.Value, v.User))
	}
	return strings.Join(out, " ")
}

func (s *fakeStorage) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func journaled(t testing.TB, disk *fakeStorage, change func(*Options)) *System {
	o := Options{
		Protocols: []Protocol{Scratch},
		Scratch:   scratch.Config{Rename: true, Delete: true, FlushInterval: -1},
		Storage:   disk,
		Journal:   JournalConfig{FlushInterval: 5 * time.Millisecond, RoomIdle: time.Hour},
	}
	if change != nil {
		change(&o)
	}
	return testSystem(t, o)
}

// scratcher connects a client that is in a project.
func scratcher(t testing.TB, s *System, user, project string) *testClient {
	c := connect(t, s)
	t.Cleanup(c.leave)
	c.say(`{"method":"handshake","user":"` + user + `","project_id":"` + project + `"}`)
	return c
}

// inRoom waits until so many clients are in a room.
func inRoom(t testing.TB, s *System, project string, n int) {
	eventually(t, "all are in the room", func() bool {
		ms, _ := s.Rooms(Scratch).Members(project)
		return len(ms) == n
	})
}

func (c *testClient) set(name, value string) {
	c.say(fmt.Sprintf(`{"method":"set","name":%q,"value":%q}`, name, value))
}

func TestJournalKeepsVariables(t *testing.T) {
	disk := newFakeStorage()
	s := journaled(t, disk, nil)
	a, b := scratcher(t, s, "ada", "1"), scratcher(t, s, "bob", "1")
	a.set("x", "1")
	b.until(`"x"`)
	b.set("y", "2")
	a.until(`"y"`)
	a.set("z", "3")
	a.say(`{"method":"rename","name":"x","new_name":"☁ w"}`, `{"method":"delete","name":"z"}`)
	const want = `y="2"@bob ☁ w="1"@ada`
	eventually(t, "on disk", func() bool { return disk.has("1") == want })
	eventually(t, "nothing pending", func() bool { return s.Journal.Pending.Load() == 0 })
	if n := s.Journal.Flushes.Load(); n == 0 {
		t.Error("no flush was counted")
	}
	scratcher(t, s, "eve", "2").set("x", "5")
	eventually(t, "on disk", func() bool { return disk.has("2") == `x="5"@eve` })
	if got := disk.has("1"); got != want {
		t.Errorf("after a change of another project the first one is %s", got)
	}
}

func TestJournalLoadsRooms(t *testing.T) {
	disk := newFakeStorage()
	old := time.Now().Add(-48 * time.Hour).UnixMilli()
	room := StoredRoom{SpaceTurboWarp, "1"}
	disk.rooms[room] = map[string]StoredVariable{}
	disk.touched[room] = old
	for i, name := range []string{"c", "a", "b"} {
		disk.rooms[room][name] = StoredVariable{Saved: scratch.Saved{Variable: scratch.Variable{Name: name, Value: `"1"`}, Order: uint64(3 * (i + 1))}}
	}
	s := journaled(t, disk, nil)
	c := scratcher(t, s, "ada", "1")
	const line = `{"method":"set","name":"%s","value":"1"}`
	if got, want := c.hear(), fmt.Sprintf(line+"\n"+line+"\n"+line, "c", "a", "b"); got != want {
		t.Errorf("a newcomer gets\n%s\nnot\n%s", got, want)
	}
	eventually(t, "use is noted", func() bool { disk.mu.Lock(); defer disk.mu.Unlock(); return disk.touched[room] > old })
	c.set("d", "2")
	eventually(t, "on disk", func() bool { return disk.has("1") == `c="1"@ a="1"@ b="1"@ d="2"@ada` })
}

func TestJournalRefusesRoomsThatItCannotRead(t *testing.T) {
	disk := newFakeStorage()
	disk.unread = errors.New("rotten")
	s := journaled(t, disk, nil)
	for range 2 {
		c := scratcher(t, s, "ada", "1")
		c.until("closed: 4003")
		c.leave()
	}
	disk.set(func() { disk.unread = ErrStorageFull })
	scratcher(t, s, "ada", "2").until("closed: 4003")
	if s.Journal.LoadFailures.Load() != 2 || s.Journal.Refused.Load() != 1 {
		t.Errorf("counted %d failures and %d refusals", s.Journal.LoadFailures.Load(), s.Journal.Refused.Load())
	}
	disk.set(func() { disk.unread = nil })
	c := scratcher(t, s, "ada", "1")
	c.set("x", "1")
	eventually(t, "on disk", func() bool { return disk.has("1") != "" })
}

func TestJournalGoesOnWhileTheDiskFails(t *testing.T) {
	for _, sync := range []bool{false, true} {
		t.Run(fmt.Sprintf("sync=%v", sync), func(t *testing.T) {
			disk := newFakeStorage()
			s := journaled(t, disk, func(o *Options) { o.Journal.Sync = sync; o.Journal.History = 3 })
			a, b := scratcher(t, s, "ada", "1"), scratcher(t, s, "bob", "1")
			a.set("x", "1")
			b.until(`"x"`)
			disk.set(func() { disk.broken = errors.New("no space left on device") })
			for i := range 20 {
				a.set("x", fmt.Sprint(i))
				b.until(fmt.Sprintf(`"%d"`, i))
			}
			eventually(t, "failure is known", func() bool { why, bad := s.Journal.Failing(); return bad && strings.Contains(why, "no space") })
			scratcher(t, s, "eve", "1").until(`"19"`)
			scratcher(t, s, "eve", "2").set("new", "7")
			if n := s.Journal.Failures.Load(); n == 0 {
				t.Error("no failure was counted")
			}
			disk.set(func() { disk.broken = nil })
			eventually(t, "everything is written", func() bool { return disk.has("1") == `x="19"@ada` && disk.has("2") == `new="7"@eve` })
			eventually(t, "it works again", func() bool { _, bad := s.Journal.Failing(); return !bad && s.Journal.Pending.Load() == 0 })
			disk.mu.Lock()
			defer disk.mu.Unlock()
			h := disk.history[StoredRoom{SpaceTurboWarp, "1"}]
			if last := h[len(h)-1]; last.Value != `"19"` || last.User != "ada" {
				t.Errorf("the history ends with %+v", last)
			}
		})
	}
}

// TestNamesThatComeAndGo: variables that are made and deleted while nothing can be written leave nothing behind, neither
// in memory nor, of those that were on disk before, there.
func TestNamesThatComeAndGo(t *testing.T) {
	disk := newFakeStorage()
	s := journaled(t, disk, nil)
	c := scratcher(t, s, "ada", "1")
	c.set("old", "1")
	c.set("stays", "1")
	eventually(t, "on disk", func() bool { return disk.has("1") == `old="1"@ada stays="1"@ada` })
	disk.set(func() { disk.broken = errors.New("no space left on device") })
	c.say(`{"method":"delete","name":"old"}`)
	for i := range 5 * maxMarks {
		c.set(fmt.Sprint("v", i), "1")
		c.say(fmt.Sprintf(`{"method":"delete","name":"v%d"}`, i))
	}
	c.set("new", "2")
	if _, err := s.Rooms(Scratch).Variables("1"); err != nil { // behind all that
		t.Fatal(err)
	}
	if n := s.Journal.Pending.Load(); n > 2*maxMarks {
		t.Errorf("%d changes wait", n)
	}
	disk.set(func() { disk.broken = nil })
	eventually(t, "written", func() bool { return disk.has("1") == `stays="1"@ada new="2"@ada` })
	eventually(t, "nothing pending", func() bool { return s.Journal.Pending.Load() == 0 })
}

// TestJournalSync looks into the moment between a change and its end on disk.
func TestJournalSync(t *testing.T) {
	disk := newFakeStorage()
	disk.gate = make(chan struct{})
	s := journaled(t, disk, func(o *Options) { o.Journal.Sync = true })
	a, b := scratcher(t, s, "ada", "1"), scratcher(t, s, "bob", "1")
	inRoom(t, s, "1", 2)
	a.set("x", "1")
	eventually(t, "a write waits", func() bool { return s.Journal.Pending.Load() == 1 })
	a.set("x", "2")
	a.set("y", "3")
	c := scratcher(t, s, "eve", "1")
	eventually(t, "what comes later waits", func() bool { return s.Journal.Held.Load() >= 1 })
	select {
	case f := <-b.out.frames:
		t.Fatalf("%s was shown before it was on disk", f)
	case f := <-c.out.frames:
		t.Fatalf("a newcomer was shown %s before it was on disk", f)
	case <-time.After(50 * time.Millisecond):
	}
	disk.gate <- struct{}{}
	if f := b.hear(); !strings.Contains(f, `"1"`) && !strings.Contains(f, `"2"`) {
		t.Fatalf("heard %s", f)
	}
	close(disk.gate)
	b.until(`"3"`)
	c.until(`"3"`)
	if got, want := disk.has("1"), `x="2"@ada y="3"@ada`; got != want {
		t.Errorf("shown, but on disk is %s", got)
	}
	eventually(t, "nothing waits", func() bool { return s.Journal.Held.Load() == 0 && s.Journal.Pending.Load() == 0 })
}

// TestJournalSyncOrder: whatever anybody hears is on disk by then, and everybody hears everything in order.
func TestJournalSyncOrder(t *testing.T) {
	disk := newFakeStorage()
	s := journaled(t, disk, func(o *Options) { o.Journal.Sync = true })
	a, b := scratcher(t, s, "ada", "1"), scratcher(t, s, "bob", "1")
	inRoom(t, s, "1", 2)
	const n = 500
	for i := range n {
		a.set("x", fmt.Sprint(i))
	}
	next := 0
	for next < n {
		for line := range strings.SplitSeq(b.hear(), "\n") {
			if want := fmt.Sprintf(`"%d"`, next); !strings.Contains(line, want) {
				t.Fatalf("heard %s, not %s", line, want)
			}
			next++
		}
		var kept int
		fmt.Sscanf(disk.has("1"), `x="%d"`, &kept)
		if kept < next-1 {
			t.Fatalf("%d was shown while %d was on disk", next-1, kept)
		}
	}
	disk.mu.Lock()
	defer disk.mu.Unlock()
	if disk.commits >= n {
		t.Errorf("%d changes took %d transactions: they are not grouped", n, disk.commits)
	}
}

// TestRoomFailsWhileItHolds: a room that fails while changes wait for the disk loses none of them.
func TestRoomFailsWhileItHolds(t *testing.T) {
	disk := newFakeStorage()
	disk.gate = make(chan struct{})
	s := journaled(t, disk, func(o *Options) { o.Journal.Sync = true })
	a, b := scratcher(t, s, "ada", "1"), scratcher(t, s, "bob", "1")
	a.set("x", "1")
	eventually(t, "a write waits", func() bool { return s.Journal.Pending.Load() == 1 })
	disk.gate <- struct{}{}
	b.until(`"1"`)
	a.set("x", "2")
	eventually(t, "a write waits again", func() bool { return s.Journal.Pending.Load() == 1 })
	eventually(t, "it has been collected", func() bool { a.set("y", "3"); return s.Journal.Held.Load() > 0 })
	pid, err := s.Rooms(Scratch).find("1")
	if err != nil {
		t.Fatal(err)
	}
	s.sendTo(pid, &crash{})
	s.journal.post(&crash{})
	eventually(t, "both have been restarted", func() bool {
		return s.Counters.RoomPanics.Load() == 1 && s.Counters.JournalPanics.Load() == 1
	})
	close(disk.gate)
	b.until(`"2"`)
	b.until(`"3"`)
	if got, want := disk.has("1"), `x="2"@ada y="3"@ada`; got != want {
		t.Errorf("on disk is %s, not %s", got, want)
	}
	eventually(t, "nothing waits", func() bool { return s.Journal.Held.Load() == 0 && s.Journal.Pending.Load() == 0 })
}

func TestJournalWritesAtTheEnd(t *testing.T) {
	disk := newFakeStorage()
	s := NewSystem(Options{
		Protocols: []Protocol{Scratch}, Storage: disk, Journal: JournalConfig{FlushInterval: time.Hour, RoomIdle: time.Hour},
	})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	for i := range 300 { // more rooms than one transaction takes
		c := connect(t, s)
		c.say(fmt.Sprintf(`{"method":"handshake","user":"ada","project_id":"%d"}`, i))
		c.set("x", fmt.Sprint(i))
		c.leave()
	}
	eventually(t, "all have left", func() bool { return s.Counters.Sessions.Load() == 0 })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		if got, want := disk.has(fmt.Sprint(i)), fmt.Sprintf(`x="%d"@ada`, i); got != want {
			t.Fatalf("project %d is %q, not %q", i, got, want)
		}
	}
}

func TestRoomsLeaveMemory(t *testing.T) {
	disk := newFakeStorage()
	s := journaled(t, disk, func(o *Options) { o.Journal.RoomIdle = time.Millisecond })
	disk.set(func() { disk.broken = errors.New("no space left on device") })
	c := scratcher(t, s, "ada", "1")
	c.set("x", "1")
	c.leave()
	eventually(t, "the disk is known to fail", func() bool { _, bad := s.Journal.Failing(); return bad })
	for range 20 {
		s.sendTo(s.directory.shard(RoomKey{Scratch, "1"}), sweep{})
	}
	s.Rooms(Scratch).All() // asks the directory, behind the sweeps
	if n := s.Counters.ScratchRooms.Load(); n != 1 {
		t.Fatalf("%d rooms are in memory although the disk has not got the one", n)
	}
	disk.set(func() { disk.broken = nil })
	eventually(t, "it has left memory", func() bool { return s.Counters.ScratchRooms.Load() == 0 && s.Journal.Rooms.Load() == 0 })
	scratcher(t, s, "bob", "1").until(`"x"`)
}

func TestIdleRoomsMakeRoom(t *testing.T) {
	disk := newFakeStorage()
	s := journaled(t, disk, func(o *Options) { o.Scratch.Rooms = 2; o.Shards = 1 })
	a := scratcher(t, s, "ada", "1")
	a.set("x", "1")
	eventually(t, "on disk", func() bool { return disk.has("1") != "" && s.Journal.Pending.Load() == 0 })
	scratcher(t, s, "bob", "2").set("y", "2")
	scratcher(t, s, "eve", "3").until("closed: 4003")
	a.leave()
	eventually(t, "one has gone for another", func() bool {
		c := scratcher(t, s, "eve", "3")
		defer c.leave()
		c.set("z", "3")
		return disk.has("3") != ""
	})
	if n := s.Counters.ScratchRooms.Load(); n > 2 {
		t.Errorf("%d rooms are in memory", n)
	}
	if got := disk.has("1"); got != `x="1"@ada` {
		t.Errorf("of the one that is gone there is %s", got)
	}
}

func TestJournalForgets(t *testing.T) {
	disk := newFakeStorage()
	for i, age := range []time.Duration{time.Minute, 3 * time.Hour, 3 * time.Hour} {
		room := StoredRoom{SpaceTurboWarp, fmt.Sprint(i)}
		disk.rooms[room] = map[string]StoredVariable{}
		disk.touched[room] = time.Now().Add(-age).UnixMilli()
	}
	s := journaled(t, disk, func(o *Options) { o.Journal.Keep = 2 * time.Hour })
	scratcher(t, s, "ada", "2")
	eventually(t, "one is in use", func() bool { return s.Journal.Loads.Load() == 1 })
	s.journal.post(expire{})
	eventually(t, "one is forgotten", func() bool { return s.Journal.Forgotten.Load() == 1 })
	disk.mu.Lock()
	defer disk.mu.Unlock()
	if _, gone := disk.rooms[StoredRoom{SpaceTurboWarp, "1"}]; gone || len(disk.rooms) != 2 {
		t.Errorf("left are %v", disk.rooms)
	}
}
