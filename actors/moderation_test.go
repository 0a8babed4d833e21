package actors

import (
	"fmt"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// guardModel is what guards are to keep, in its simplest form: who is in which room with which name, and the rules.
type guardModel struct {
	unique UniqueNames
	in     map[string]map[int]bool // clients by room
	names  map[int]string
	rules  map[string]RoomRules
}

// conflict tells whether another client has the name where the client would have it.
func (m *guardModel) conflict(client int, name string, rooms []string) bool {
	for other, taken := range m.names {
		if other == client || taken != name {
			continue
		}
		if m.unique == NamesUniqueOnServer {
			return true
		}
		for _, room := range rooms {
			if m.unique == NamesUniqueInRoom && m.in[room][other] {
				return true
			}
		}
	}
	return false
}

// blocked is the status that a link gets, or 0.
func (m *guardModel) blocked(client int, rooms []string) cl4.Status {
	for _, room := range rooms {
		r := m.rules[room]
		if r.Locked || r.MaxClients > 0 && len(m.in[room]) >= r.MaxClients {
			return cl4.StatusRefused
		}
	}
	if m.conflict(client, m.names[client], rooms) {
		return cl4.StatusIDConflict
	}
	return 0
}

// TestGuardsAgainstModel lets a few clients take names, enter and leave rooms, and go, while rules change.
func TestGuardsAgainstModel(t *testing.T) {
	rooms := []string{"default", "a", "b"}
	rapid.Check(t, func(t *rapid.T) {
		unique := rapid.SampledFrom([]UniqueNames{NamesFree, NamesUniqueInRoom, NamesUniqueOnServer}).Draw(t, "unique")
		sys := &System{}
		sys.moderation.rules = sameNames{}
		mod := &sys.moderation
		mod.guards.init(unique)
		m := &guardModel{unique: unique, in: make(map[string]map[int]bool), names: make(map[int]string), rules: make(map[string]RoomRules)}
		for _, room := range rooms {
			m.in[room] = make(map[int]bool)
		}
		sessions := make([]*session, 4)
		connect := func(i int) {
			s := &session{sys: sys, protocol: CL4, ref: &Ref{ID: codec.NewID()}}
			s.rooms = []*membership{{name: "default"}}
			mod.entered(s, "default")
			sessions[i] = s
			m.in["default"][i] = true
		}
		for i := range sessions {
			connect(i)
		}
		status := func(o *obstacle) cl4.Status {
			if o == nil {
				return 0
			}
			return o.status
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, len(sessions)-1).Draw(t, "client")
			s := sessions[i]
			room := rapid.SampledFrom(rooms).Draw(t, "room")
			switch op := rapid.SampledFrom([]string{"name", "link", "leave", "go", "rule"}).Draw(t, "op"); op {
			case "name":
				if s.user.Named {
					continue
				}
				name := rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "name")
				var want cl4.Status
				if m.conflict(i, name, s.Rooms()) {
					want = cl4.StatusIDConflict
				}
				if got := status(mod.guards.take(s.ref.ID, name, s.Rooms())); got != want {
					t.Fatalf("%d takes %s in %v: %v, want %v", i, name, s.Rooms(), got, want)
				}
				if want == 0 {
					s.user.Username, s.user.Named = name, true
					m.names[i] = name
				}
			case "link":
				if !s.user.Named || s.membership(room) != nil {
					continue
				}
				want := m.blocked(i, []string{room})
				if got := status(mod.guards.enter(s.ref.ID, s.user.Username, []string{room})); got != want {
					t.Fatalf("%d enters %s: %v, want %v", i, room, got, want)
				}
				if want == 0 {
					s.rooms = append(s.rooms, &membership{name: room})
					mod.entered(s, room)
					m.in[room][i] = true
				}
			case "leave":
				for n, r := range s.rooms {
					if r.name == room {
						s.rooms = append(s.rooms[:n], s.rooms[n+1:]...)
						mod.left(s, room)
						delete(m.in[room], i)
						break
					}
				}
			case "go":
				mod.gone(s)
				for _, in := range m.in {
					delete(in, i)
				}
				delete(m.names, i)
				connect(i)
			case "rule":
				rules := RoomRules{Locked: rapid.Bool().Draw(t, "locked"), MaxClients: rapid.IntRange(0, 3).Draw(t, "max")}
				m.rules[room] = rules
				r, err := mod.guards.rule(room, rules)
				if err != nil {
					t.Fatal(err)
				}
				if r != nil {
					var members []Member
					for member := range m.in[room] {
						members = append(members, Member{Client: &Client{s: sessions[member]}})
					}
					mod.guards.fill(r, members)
				}
			}
		}
		for _, s := range sessions {
			mod.gone(s)
		}
		if len(mod.guards.names) != 0 {
			t.Fatalf("names are left: %v", mod.guards.names)
		}
		for name, r := range mod.guards.rooms {
			if len(r.members) != 0 {
				t.Fatalf("%s has members left: %v", name, r.members)
			}
		}
	})
}

// sameNames refuses nothing and folds nothing.
type sameNames struct{ Moderator }

func (sameNames) Fold(name string) string { return name }

func TestRulesAreBounded(t *testing.T) {
	var g guards
	g.init(NamesFree)
	for i := range maxRuledRooms {
		if _, err := g.rule(fmt.Sprint(i), RoomRules{Locked: true}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.rule("more", RoomRules{Locked: true}); err != ErrManyRules {
		t.Errorf("one more: %v", err)
	}
	for i := range maxRuledRooms {
		if _, err := g.rule(fmt.Sprint(i), RoomRules{}); err != nil {
			t.Fatal(err)
		}
	}
	if g.active.Load() || len(g.rooms) != 0 {
		t.Errorf("%d rooms have no rules", len(g.rooms))
	}
}

// lateBan bans everybody, but the door has not asked it.
type lateBan struct{ sameNames }

func (lateBan) Banned(netip.Addr, string) (string, bool) { return "late", true }
func (lateBan) RefuseName(string) (why string, bad bool) { return "", false }

// TestBannedBehindTheDoor sees that a client is asked about again when it is in the client list.
func TestBannedBehindTheDoor(t *testing.T) {
	s := testSystem(t, Options{Moderator: lateBan{}})
	c := connect(t, s)
	if got := c.hear(); got != "closed: 4004 late" {
		t.Errorf("got %s", got)
	}
	c.leave()
	cl4 := testSystem(t, Options{Moderator: lateBan{}, Protocols: []Protocol{CL4}})
	c = connect(t, cl4)
	if got := c.hear(); got != "closed: 1008 late" {
		t.Errorf("got %s", got)
	}
	c.leave()
}

// tardyName refuses a name from the second time on that it is asked.
type tardyName struct {
	sameNames
	asked *int
}

func (tardyName) Banned(netip.Addr, string) (string, bool) { return "", false }

func (n tardyName) RefuseName(string) (why string, refused bool) {
	*n.asked++
	return "late", *n.asked > 1
}

// TestNameBannedWhileTaken sees that a name is asked about again when others can see that the client has it.
func TestNameBannedWhileTaken(t *testing.T) {
	s := testSystem(t, Options{Moderator: tardyName{asked: new(int)}})
	c := connect(t, s)
	c.say(`{"cmd":"setid","val":"ann"}`)
	c.until("closed: 1008 late")
	c.leave()
}

// TestOperationThatPanics sees that it harms nobody else and is answered.
func TestOperationThatPanics(t *testing.T) {
	s := testSystem(t, Options{})
	err := s.CL4().BindOperation("boom", cl4.Schema{}, func(*Client, *cl4.Message) cl4.StatusPacket { panic("boom") })
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CL4().BindOperation("boom", cl4.Schema{}, nil); err != ErrCommandAlreadyExists {
		t.Errorf("bound twice: %v", err)
	}
	c := connect(t, s)
	c.say(`{"cmd":"boom","listener":1}`, `{"cmd":"ping","listener":2}`)
	for _, want := range []string{
		`{"cmd":"statuscode","code":"E:105 | Internal server error","code_id":105,"listener":1}`,
		`{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"listener":2}`,
	} {
		if got := c.hear(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if n := s.Counters.HandlerPanics.Load(); n != 1 {
		t.Errorf("%d panics counted", n)
	}
	c.leave()
}

// TestOperationOutlivesItsClient ends the connection while its operation runs.
func TestOperationOutlivesItsClient(t *testing.T) {
	s := testSystem(t, Options{})
	running, goOn := make(chan struct{}), make(chan struct{})
	err := s.CL4().BindOperation("wait", cl4.Schema{}, func(*Client, *cl4.Message) cl4.StatusPacket {
		close(running)
		<-goOn
		return cl4.StatusPacket{Status: cl4.StatusOK}
	})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, s)
	c.say(`{"cmd":"wait"}`, `{"cmd":"ping"}`)
	<-running
	c.leave()
	if n := s.Clients().Len(); n != 1 {
		t.Errorf("%d clients while one is busy", n)
	}
	close(goOn)
	eventually(t, "the end of the session", func() bool { return s.Clients().Len() == 0 })
}
