package actors

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/protocol/scratch"
)

// maxMarks is how many changed names a room remembers before it looks which of them are still needed.
const maxMarks = 1_024

// keeper is what a room has to do with the journal: it remembers which variables are not on disk. It belongs to the
// room's actor, but for unsaved.
type keeper struct {
	j    *journal
	room StoredRoom
	vars keptVariables

	asked    bool // the journal was asked what there is
	changed  map[string]mark
	writing  map[string]mark // collected; the journal will tell what became of them
	history  []StoredChange
	sent     []StoredChange // collected, as writing
	reported bool           // the journal knows that there are changes
	// Of names that come and go while nothing can be written, not one after the other is remembered: what is on disk
	// and does not exist any more is then found by comparing.
	limit             int  // of changed
	pruned, comparing bool // names were left out of changed, and of writing

	unsaved atomic.Bool // there are changes that are not on disk
}

// keptVariables is what a keeper asks a room.
type keptVariables interface {
	// Saved returns a variable as it is to be kept, and whether it exists.
	Saved(name string) (scratch.Saved, bool)
	// Names are those of all variables.
	Names() []string
}

// mark is who has changed a variable, and when in milliseconds since 1970.
type mark struct {
	user string
	time int64
}

// newKeeper returns nil where nothing is kept.
func (s *System) newKeeper(space Space, name string, vars keptVariables) *keeper {
	if s.journal == nil {
		return nil
	}
	return &keeper{j: s.journal, room: StoredRoom{Space: space, Name: name}, vars: vars, limit: maxMarks}
}

// load asks what is kept of the room, unless that was done.
func (k *keeper) load(self *actor.PID) {
	if !k.asked {
		k.asked = true
		k.j.post(&loadRoom{room: k.room, pid: self})
	}
}

// note takes note of a change that was applied. The journal hears of it by report.
func (k *keeper) note(c scratch.Change, user string) {
	m := mark{user, k.j.sys.now().UnixMilli()}
	k.mark(c.Name, m)
	if c.Op == scratch.OpRename {
		k.mark(c.NewName, m)
	}
	if n := k.j.cfg.History; n > 0 {
		if len(k.history) >= 2*n {
			k.history = append(k.history[:0], k.history[len(k.history)-n+1:]...)
		}
		k.history = append(k.history, StoredChange{Change: c, User: user, Time: m.time})
	}
}

func (k *keeper) mark(name string, m mark) {
	before := len(k.changed)
	if k.changed == nil {
		k.changed = make(map[string]mark)
		k.unsaved.Store(true)
	}
	k.changed[name] = m
	if len(k.changed) > before && k.j.count.Pending.Add(1)%flushChanges == 0 {
		k.j.post(flushDue{})
	}
	if len(k.changed) > k.limit {
		k.prune(name)
	}
}

// prune forgets the names of variables that do not exist, but for the latest.
func (k *keeper) prune(latest string) {
	before := len(k.changed)
	for name := range k.changed {
		if _, exists := k.vars.Saved(name); !exists && name != latest {
			delete(k.changed, name)
		}
	}
	k.j.count.Pending.Add(int64(len(k.changed) - before))
	k.pruned = true
	k.limit = max(2*len(k.changed), maxMarks)
}

// report tells the journal, once, that there are changes.
func (k *keeper) report(self *actor.PID) {
	if !k.reported && len(k.changed) > 0 {
		k.reported = true
		k.j.post(&roomUnsaved{self})
	}
}

// collect hands the changes to the journal.
func (k *keeper) collect(self *actor.PID, asked bool) {
	if len(k.changed) == 0 || len(k.writing) > 0 {
		k.j.post(&collected{asked: asked})
		return
	}
	k.reported = false
	k.writing, k.changed = k.changed, nil
	k.sent, k.history = k.history, nil
	w := RoomWrite{Room: k.room, Variables: make([]StoredVariable, 0, len(k.writing)), History: k.sent}
	for name, m := range k.writing {
		v := StoredVariable{User: m.user, Time: m.time}
		if s, ok := k.vars.Saved(name); ok {
			v.Saved = s
		} else {
			v.Name, v.Deleted = name, true
		}
		w.Variables = append(w.Variables, v)
		w.Time = max(w.Time, m.time)
	}
	if k.pruned {
		w.Only = k.vars.Names()
		k.pruned, k.comparing, k.limit = false, true, maxMarks
	}
	k.j.post(&collected{pid: self, write: w, asked: asked})
}

// onSaved forgets the changes that are on disk. The others are collected again, with the values that they have then.
func (k *keeper) onSaved(m *saved) {
	released := len(k.writing)
	if m.err != nil {
		released = 0
		k.pruned = k.pruned || k.comparing
		for name, w := range k.writing {
			if k.changed == nil {
				k.changed = make(map[string]mark)
			}
			if _, newer := k.changed[name]; newer {
				released++
			} else {
				k.changed[name] = w
			}
		}
		k.history = append(k.sent, k.history...)
		if n := k.j.cfg.History; len(k.history) > n {
			k.history = k.history[len(k.history)-n:]
		}
	}
	k.j.count.Pending.Add(int64(-released))
	k.writing, k.sent, k.comparing = nil, nil, false
	if len(k.changed) == 0 {
		k.unsaved.Store(false)
	}
}

// stop gives away what is left when the room leaves memory. The directory stops no room that has changes, so that is
// rarely anything.
func (k *keeper) stop(self *actor.PID) {
	if len(k.changed) > 0 && len(k.writing) == 0 {
		k.collect(nil, false)
	}
	k.j.count.Pending.Add(int64(-len(k.changed) - len(k.writing)))
	k.changed, k.writing = nil, nil
	k.unsaved.Store(false)
	k.j.post(&unloadRoom{room: k.room, pid: self})
}
