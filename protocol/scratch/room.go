package scratch

// Member stands for a member of a room. Its number means nothing; the room actor hands them out, and may hand out
// that of a member that left again.
type Member uint64

// Room is the state of one room: its variables, and the updates that were not sent yet. It belongs to the room
// actor, which also keeps the members.
//
// TurboWarp's limits bound what a room holds to 128 variables of 100 kB with names of 3 kB, that is 13 MB, and as
// much again for the text of a name that a value was sent with: 14 MB in all, and 64 kB plus one update for what
// waits for Flush. With values of any kind a character may be written as six bytes. CloudLink knows no limits, nor
// does a room of its dialect unless they are set.
type Room struct {
	rules *Rules

	vars    map[string]*variable // deleted ones too, as long as they are remembered
	created chain
	changed chain
	live    int    // variables that are not deleted
	version uint64 // of the latest change that members are told about
	seq     uint64 // of the latest variable in the order of creation

	graves
	queue
}

// NewRoom returns an empty room.
func (r *Rules) NewRoom() *Room {
	room := &Room{rules: r}
	room.clear()
	return room
}

func (r *Room) clear() {
	r.vars = make(map[string]*variable)
	r.created = chain{which: byCreation}
	r.changed = chain{which: byVersion}
	r.live = 0
	r.graves = graves{horizon: r.version}
}

// Len is the number of variables.
func (r *Room) Len() int { return r.live }

// Outcome is what Room.Apply leads to.
type Outcome struct {
	// Changed says that the variables that the Change names are not as they were: Saved tells how they are now.
	Changed bool
	// Pending says that updates wait for Flush.
	Pending bool
	// Flush says that they should not wait any longer.
	Flush bool
	// Close ends the sender unless it is zero; then nothing was changed.
	Close Ending
}

// refused closes the sender of a change that the room does not take.
var refused = Outcome{Close: Ending{Code: CodeProtocolError}}

// Apply carries out a change that member asked for. It ends the validity of the latest Batch.
func (r *Room) Apply(member Member, c Change) Outcome {
	switch c.Op {
	case OpSet, OpCreate:
		return r.applySet(member, c)
	case OpRename:
		return r.applyRename(member, c)
	case OpDelete:
		return r.applyDelete(member, c)
	}
	return Outcome{}
}

func (r *Room) applySet(member Member, c Change) Outcome {
	d := r.rules.c.Dialect
	v := r.lookup(c.Name)
	if v == nil && !within(r.live+1, r.rules.c.Variables) {
		return refused
	}
	if v != nil && c.Op == OpSet && d.skipsSameValue() && equalValues(v.value, c.Value) {
		return Outcome{}
	}
	changed := v == nil || v.value != c.Value
	r.set(member, c.Name, c.Value)
	buf := r.startEvent(len(c.Name) + len(c.Value))
	if c.Op == OpCreate && d.tellsEverything() {
		buf = appendCreate(buf, c.Name, c.Value)
	} else {
		buf = appendSet(buf, c.Name, c.Value)
	}
	return r.endEvent(buf, member, changed)
}

func (r *Room) applyRename(member Member, c Change) Outcome {
	d := r.rules.c.Dialect
	if r.lookup(c.Name) == nil {
		if !d.renamesUnknown() {
			return refused
		}
		if r.lookup(c.NewName) == nil && !within(r.live+1, r.rules.c.Variables) {
			return refused
		}
	}
	changed := r.rename(member, c.Name, c.NewName)
	if !d.tellsEverything() {
		return Outcome{Changed: changed, Pending: r.pending()}
	}
	return r.endEvent(appendRename(r.startEvent(len(c.Name)+len(c.NewName)), c.Name, c.NewName), member, changed)
}

func (r *Room) applyDelete(member Member, c Change) Outcome {
	d := r.rules.c.Dialect
	v := r.lookup(c.Name)
	if v == nil {
		if !d.deletesUnknown() {
			return refused
		}
		return Outcome{}
	}
	r.remove(v)
	if !d.tellsEverything() {
		return Outcome{Changed: true, Pending: r.pending()}
	}
	return r.endEvent(appendDelete(r.startEvent(len(c.Name)), c.Name), member, true)
}

// Snapshot returns the variables in the order of their creation.
func (r *Room) Snapshot() []Variable {
	vars := make([]Variable, 0, r.live)
	for v := r.created.front; v != nil; v = r.created.next(v) {
		vars = append(vars, Variable{Name: v.name, Value: v.value})
	}
	return vars
}
