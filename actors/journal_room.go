package actors

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/protocol/scratch"
)

// keeper is what a room has to do with the journal: it remembers which variables are not on disk. It belongs to the
// room's actor, but for unsaved.
type keeper struct {
	j    *journal
	room StoredRoom

	asked    bool // the journal was asked what there is
	changed  map[string]mark
	writing  map[string]mark // collected; the journal will tell what became of them
	history  []StoredChange
	sent     []StoredChange // collected, as writing
	reported bool           // the journal knows that there are changes

	unsaved atomic.Bool // there are changes that are not on disk
}

// mark is who has changed a variable, and when in milliseconds since 1970.
type mark struct {
	user string
	time int64
}

// newKeeper returns nil where nothing is kept.
func (s *System) newKeeper(space Space, name string) *keeper {
	if s.journal == nil {
		return nil
	}
	return &keeper{j: s.journal, room: StoredRoom{Space: space, Name: name}}
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
}

// report tells the journal, once, that there are changes.
func (k *keeper) report(self *actor.PID) {
	if !k.reported && len(k.changed) > 0 {
		k.reported = true
		k.j.post(&roomUnsaved{self})
	}
}

// collect hands the changes to the journal. find looks a variable up.
func (k *keeper) collect(self *actor.PID, find func(name string) (scratch.Saved, bool), asked bool) {
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
		if s, ok := find(name); ok {
			v.Saved = s
		} else {
			v.Name, v.Deleted = name, true
		}
		w.Variables = append(w.Variables, v)
		w.Time = max(w.Time, m.time)
	}
	k.j.post(&collected{pid: self, write: w, asked: asked})
}

// onSaved forgets the changes that are on disk. The others are collected again, with the values that they have then.
func (k *keeper) onSaved(m *saved) {
	released := len(k.writing)
	if m.err != nil {
		released = 0
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
	k.writing, k.sent = nil, nil
	if len(k.changed) == 0 {
		k.unsaved.Store(false)
	}
}

// stop gives away what is left when the room leaves memory. The directory stops no room that has changes, so that is
// rarely anything.
func (k *keeper) stop(self *actor.PID, find func(name string) (scratch.Saved, bool)) {
	if len(k.changed) > 0 && len(k.writing) == 0 {
		k.collect(nil, find, false)
	}
	k.j.count.Pending.Add(int64(-len(k.changed) - len(k.writing)))
	k.changed, k.writing = nil, nil
	k.unsaved.Store(false)
	k.j.post(&unloadRoom{room: k.room, pid: self})
}
