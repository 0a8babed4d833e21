package scratch

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// model is a room as simple as can be: a list of variables.
type model struct {
	dialect Dialect
	limit   int
	vars    []Variable
}

func (m *model) find(name string) int {
	return slices.IndexFunc(m.vars, func(v Variable) bool { return v.Name == name })
}

// apply returns what is sent, if anything, and whether the sender is closed.
func (m *model) apply(c Change) (text string, closed bool) {
	i := m.find(c.Name)
	switch c.Op {
	case OpSet, OpCreate:
		if i < 0 && len(m.vars) >= m.limit {
			return "", true
		}
		if i >= 0 && c.Op == OpSet && m.dialect == CloudLink && m.vars[i].Value == c.Value {
			return "", false
		}
		m.put(c.Name, c.Value)
		if m.dialect == CloudLink && c.Op == OpCreate {
			return sent("create", c.Name, c.Value), false
		}
		return sent("set", c.Name, c.Value), false
	case OpRename:
		if i < 0 && (m.dialect == TurboWarp || m.find(c.NewName) < 0 && len(m.vars) >= m.limit) {
			return "", true
		}
		if c.Name != c.NewName || i < 0 {
			value := `""`
			if i >= 0 {
				value = m.vars[i].Value
				m.vars = slices.Delete(m.vars, i, i+1)
			}
			m.put(c.NewName, value)
		}
		if m.dialect == CloudLink {
			return `{"method":"rename","name":"` + c.Name + `","new_name":"` + c.NewName + `"}`, false
		}
	case OpDelete:
		if i < 0 {
			return "", m.dialect == TurboWarp
		}
		m.vars = slices.Delete(m.vars, i, i+1)
		if m.dialect == CloudLink {
			return `{"method":"delete","name":"` + c.Name + `"}`, false
		}
	}
	return "", false
}

func (m *model) put(name, value string) {
	if i := m.find(name); i >= 0 {
		m.vars[i].Value = value
		return
	}
	m.vars = append(m.vars, Variable{name, value})
}

var dialects = []Dialect{TurboWarp, CloudLink}

func drawPeer(t *rapid.T, peers []*peer, label string) *peer {
	return peers[rapid.IntRange(0, len(peers)-1).Draw(t, label)]
}

func drawChange(t *rapid.T, ops ...Op) Change {
	name := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"})
	c := Change{Op: rapid.SampledFrom(ops).Draw(t, "op"), Name: name.Draw(t, "name")}
	switch c.Op {
	case OpRename:
		c.NewName = name.Draw(t, "new name")
	case OpSet, OpCreate:
		c.Value = strconv.Itoa(rapid.IntRange(0, 3).Draw(t, "value"))
	}
	return c
}

// A room does what the model does, and tells everybody who keeps up exactly what the model says: the state at
// joining, then every update once and in order, without the sender's own in TurboWarp's dialect.
func TestRoomIsModel(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(fmt.Sprint(dialect), rapid.MakeCheck(func(t *rapid.T) {
			m := &model{dialect: dialect, limit: 4}
			h := newHub(t, Config{Dialect: dialect, Variables: m.limit, Rename: true, Delete: true})
			want := map[*peer][]string{}
			disk := make(map[string]Saved)
			for range rapid.IntRange(1, 60).Draw(t, "steps") {
				switch step := rapid.IntRange(0, 9).Draw(t, "step"); {
				case len(h.peers) == 0 || step == 0:
					p := h.join()
					for _, v := range m.vars {
						want[p] = append(want[p], sent("set", v.Name, v.Value))
					}
				case step == 1:
					h.leave(drawPeer(t, h.peers, "leaver"))
				case step == 2:
					h.flush()
				default:
					p := drawPeer(t, h.peers, "sender")
					c := drawChange(t, OpSet, OpSet, OpSet, OpCreate, OpRename, OpDelete)
					before := slices.Clone(m.vars)
					text, closed := m.apply(c)
					out := h.apply(p, c)
					if closed != !out.Close.IsZero() {
						t.Fatalf("%v: closed %v", c, out.Close)
					}
					if out.Changed != !slices.Equal(before, m.vars) {
						t.Fatalf("%v: changed %v", c, out.Changed)
					}
					if out.Changed {
						save(disk, h.room, c)
					}
					for _, other := range h.peers {
						if text != "" && (dialect == CloudLink || other != p) {
							want[other] = append(want[other], text)
						}
					}
				}
				if got := h.room.Snapshot(); !slices.Equal(got, m.vars) || h.room.Len() != len(m.vars) {
					t.Fatalf("variables %v, want %v", got, m.vars)
				}
				checkChains(t, h.room)
			}
			h.flush()
			for _, p := range h.peers {
				if !slices.Equal(p.inbox, want[p]) {
					t.Fatalf("member %d\n got %q\nwant %q", p.id, p.inbox, want[p])
				}
			}
			again := h.rules.NewRoom()
			again.Restore(slices.SortedFunc(maps.Values(disk), func(a, b Saved) int { return cmp.Compare(a.Order, b.Order) }))
			if got := again.Snapshot(); !slices.Equal(got, m.vars) {
				t.Fatalf("restored %v, want %v", got, m.vars)
			}
			for name, v := range disk {
				if got, _ := again.Saved(name); got != v {
					t.Fatalf("saved again as %v, want %v", got, v)
				}
			}
		}))
	}
}

// save does what a journal does: it keeps the variables that a change names as they are after it.
func save(disk map[string]Saved, r *Room, c Change) {
	for _, name := range []string{c.Name, c.NewName} {
		if v, ok := r.Saved(name); ok {
			disk[name] = v
		} else {
			delete(disk, name)
		}
	}
}

// checkChains looks at what holds a room together.
func checkChains(t *rapid.T, r *Room) {
	for _, c := range []*chain{&r.created, &r.changed} {
		var last uint64
		var prev *variable
		hint := c.hint == nil
		for v := c.front; v != nil; v = c.next(v) {
			if v.links[c.which].prev != prev || c.key(v) <= last || r.vars[v.name] != v {
				t.Fatalf("chain %d is broken at %s", c.which, v.name)
			}
			prev, last = v, c.key(v)
			hint = hint || c.hint == v
		}
		if c.back != prev || !hint {
			t.Fatalf("chain %d: wrong end or hint", c.which)
		}
	}
	dead := 0
	for _, v := range r.vars {
		if v.deleted {
			dead++
		}
	}
	if dead != r.dead || len(r.vars) != r.live+dead {
		t.Fatalf("%d variables, %d alive, %d deleted", len(r.vars), r.live, r.dead)
	}
}

// Members whose outbox fills and drains at any time end up with the state of the room, get no update twice, none
// older than what they have, and none of their own in TurboWarp's dialect.
func TestBehindConverges(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(fmt.Sprint(dialect), rapid.MakeCheck(func(t *rapid.T) {
			ops := []Op{OpSet, OpSet, OpSet, OpCreate}
			moves := dialect == CloudLink && rapid.Bool().Draw(t, "moves") // TurboWarp tells nobody of these
			if moves {
				ops = append(ops, OpRename, OpDelete)
			}
			h := newHub(t, Config{Dialect: dialect, Rename: true, Delete: true})
			writer, other := h.join(), h.join()
			readers := []*peer{h.join(), h.join()}
			wrote := map[string]*peer{}
			value := 0
			for range rapid.IntRange(1, 80).Draw(t, "steps") {
				switch step := rapid.IntRange(0, 11).Draw(t, "step"); step {
				case 0:
					readers = append(readers, h.join())
				case 1:
					h.last++
					p := &peer{id: h.last, cursor: h.room.Join(), behind: true, stalled: true}
					h.peers = append(h.peers, p)
					readers = append(readers, p)
				case 2:
					h.flush()
				case 3, 4:
					p := drawPeer(t, h.peers, "stalls")
					p.stalled = !p.stalled
				case 5, 6:
					p := drawPeer(t, h.peers, "catches up")
					stalled := p.stalled
					p.stalled = false
					h.catchUp(p, rapid.IntRange(1, 3).Draw(t, "frames"))
					p.stalled = stalled
				default:
					p := drawPeer(t, []*peer{writer, other}, "sender")
					c := drawChange(t, ops...)
					if c.Value != "" {
						value++
						c.Value = strconv.Itoa(value) // each only once
						wrote[c.Value] = p
					}
					h.apply(p, c)
				}
				checkChains(t, h.room)
			}
			for _, p := range h.peers {
				p.stalled = false
				h.catchUp(p, -1)
			}
			h.flush()
			room := viewOf(h.room.Snapshot())
			for _, p := range h.peers {
				if !moves { // else a variable may well get an older value than it had
					checkInbox(t, dialect, p, wrote)
				}
				if dialect == TurboWarp && !slices.Contains(readers, p) {
					continue
				}
				got := view{}
				for _, text := range p.inbox {
					got.apply(t, text)
				}
				if !maps.Equal(got, room) {
					t.Fatalf("member %d has %v, the room %v\n%q", p.id, got, room, p.inbox)
				}
			}
		}))
	}
}

// checkInbox expects that the values of each variable only get newer, none comes twice, and in TurboWarp's dialect
// no own.
func checkInbox(t *rapid.T, dialect Dialect, p *peer, wrote map[string]*peer) {
	latest := map[string]int{}
	for _, text := range p.inbox {
		e := parseEvent(t, text)
		n, err := strconv.Atoi(string(e.Value))
		if err != nil {
			t.Fatalf("member %d got %s", p.id, text)
		}
		if n <= latest[e.Name] {
			t.Fatalf("member %d got %s after %d", p.id, text, latest[e.Name])
		}
		latest[e.Name] = n
		if dialect == TurboWarp && wrote[string(e.Value)] == p {
			t.Fatalf("member %d got its own %s", p.id, text)
		}
	}
}

// Moving the point and making up for it with the exponent does not change a number.
func TestNumbersEqualProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`(0|[1-9][0-9]{0,4})(\.[0-9]{1,4})?`).Draw(t, "number")
		shift := rapid.IntRange(0, 5).Draw(t, "shift")
		whole, fraction, _ := cutPoint(digits)
		for len(fraction) < shift {
			fraction += "0"
		}
		moved := whole + fraction[:shift] + "." + fraction[shift:] + "0e-" + strconv.Itoa(shift)
		moved = trimZeros(moved)
		if !equalNumbers(digits, moved) {
			t.Fatalf("%s is not %s", digits, moved)
		}
		if equalNumbers(digits, "1"+moved) {
			t.Fatalf("%s is %s", digits, "1"+moved)
		}
	})
}

func cutPoint(s string) (whole, fraction string, ok bool) {
	for i := range s {
		if s[i] == '.' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

func trimZeros(s string) string {
	for len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' {
		s = s[1:]
	}
	return s
}
