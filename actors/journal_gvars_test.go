package actors

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/protocol/scratch"
)

func gvarSystem(t testing.TB, disk *fakeStorage, sync bool) *System {
	return testSystem(t, Options{
		Storage: disk,
		Journal: JournalConfig{FlushInterval: 5 * time.Millisecond, RoomIdle: time.Hour, Gvars: 3, Sync: sync},
	})
}

func gvarMessage(name, value string) string {
	return fmt.Sprintf(`{"cmd":"gvar","name":%s,"val":%s,"rooms":"lobby"}`, name, value)
}

// gvarsOf returns what is kept of the room: NAME=VALUE in the order of creation.
func (s *fakeStorage) gvarsOf(room string) string {
	l, _ := s.Load(StoredRoom{SpaceCL4, room})
	var out []string
	for _, v := range l.Variables {
		out = append(out, v.Name+"="+v.Value)
	}
	return strings.Join(out, " ")
}

// gvarMember connects a client that is in the lobby, and returns what it was sent on joining.
func gvarMember(t testing.TB, s *System, name string) (c *testClient, greeting []string) {
	c = connect(t, s)
	t.Cleanup(c.leave)
	c.say(`{"cmd":"setid","val":"`+name+`","listener":1}`, `{"cmd":"link","val":"lobby","listener":2}`)
	_, before := c.until(`"listener":2`)
	for i, f := range before {
		if strings.Contains(f, `"mode":"set"`) && strings.Contains(f, `"lobby"`) {
			return c, before[i+1:]
		}
	}
	t.Fatalf("no list of the lobby in %q", before)
	return nil, nil
}

func TestGvarsAreKept(t *testing.T) {
	for _, sync := range []bool{false, true} {
		t.Run(fmt.Sprintf("sync=%v", sync), func(t *testing.T) {
			disk := newFakeStorage()
			disk.rooms[StoredRoom{SpaceCL4, "lobby"}] = map[string]StoredVariable{
				`"old"`: {Saved: scratch.Saved{Variable: scratch.Variable{Name: `"old"`, Value: `[1]`}, Order: 4}},
			}
			s := gvarSystem(t, disk, sync)
			a, greeting := gvarMember(t, s, "ada")
			old := []string{`{"cmd":"gvar","name":"old","val":[1],"rooms":"lobby"}`}
			if fmt.Sprint(greeting) != fmt.Sprint(old) {
				t.Errorf("greeted with %q", greeting)
			}
			a.say(gvarMessage(`"x"`, `1`), gvarMessage(`"\u0078"`, `{"a":2}`), gvarMessage(`"n"`, `5`), gvarMessage(`"many"`, `1`), gvarMessage(`"old"`, `[2]`))
			for _, want := range []string{`"val":1`, `"val":{"a":2}`, `"name":"n"`, `"many"`, `[2]`} {
				a.until(want)
			}
			if n := s.Journal.GvarsOver.Load(); n != 1 {
				t.Errorf("%d values were too many", n)
			}
			eventually(t, "on disk", func() bool { return disk.gvarsOf("lobby") == `"old"=[2] "x"={"a":2} "n"=5` })
			_, greeting = gvarMember(t, s, "bob")
			got := strings.Join(greeting, "") // joined, they have headers between them
			for _, want := range []string{
				`{"cmd":"gvar","name":"old","val":[2],"rooms":"lobby"}`,
				`{"cmd":"gvar","name":"\u0078","val":{"a":2},"rooms":"lobby"}`,
				`{"cmd":"gvar","name":"n","val":5,"rooms":"lobby"}`,
			} {
				before, behind, ok := strings.Cut(got, want)
				if !ok || strings.Contains(before, "{") {
					t.Fatalf("a newcomer is greeted with\n%q, without\n%s", greeting, want)
				}
				got = behind
			}
			if strings.Contains(got, "{") {
				t.Errorf("a newcomer is greeted with\n%q", greeting)
			}
		})
	}
}

func TestGvarsGoOnWithoutStorage(t *testing.T) {
	disk := newFakeStorage()
	disk.unread = errors.New("rotten")
	s := gvarSystem(t, disk, true)
	a, greeting := gvarMember(t, s, "ada")
	a.say(gvarMessage(`"x"`, `1`))
	a.until(`"val":1`)
	if len(greeting) > 0 || s.Journal.Pending.Load() != 0 {
		t.Errorf("greeted with %q, %d values wait", greeting, s.Journal.Pending.Load())
	}
}

// TestGvarsSync looks into the moment between a value and its end on disk.
func TestGvarsSync(t *testing.T) {
	disk := newFakeStorage()
	disk.gate = make(chan struct{})
	s := gvarSystem(t, disk, true)
	a, _ := gvarMember(t, s, "ada")
	b, _ := gvarMember(t, s, "bob")
	a.until(`"bob"`)
	a.say(gvarMessage(`"x"`, `1`))
	eventually(t, "a write waits", func() bool { return s.Journal.Pending.Load() == 1 })
	a.say(`{"cmd":"gmsg","val":"behind","rooms":"lobby"}`, gvarMessage(`"x"`, `2`), gvarMessage(`"y"`, `3`))
	eventually(t, "what comes later waits", func() bool { return s.Journal.Held.Load() == 4 })
	select {
	case f := <-b.out.frames:
		t.Fatalf("%s was shown before it was on disk", f)
	case <-time.After(50 * time.Millisecond):
	}
	close(disk.gate)
	for _, want := range []string{`"val":1`, `"behind"`, `"val":2`, `"val":3`} {
		if f, before := b.until(`"lobby"`); !strings.Contains(f, want) || len(before) > 0 {
			t.Fatalf("heard %s behind %q, not %s", f, before, want)
		}
	}
	if got := disk.gvarsOf("lobby"); got != `"x"=2 "y"=3` {
		t.Errorf("shown, but on disk is %s", got)
	}
	if n := s.Journal.Held.Load(); n != 0 {
		t.Errorf("%d messages are held", n)
	}
}
