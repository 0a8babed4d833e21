package scratch

// Saved is a variable as it is kept beyond the life of its room.
type Saved struct {
	Variable
	// Order is its place in the order of creation. No two variables of a room have the same, and a variable keeps its
	// own until it is renamed.
	Order uint64
}

// Saved returns a variable as it has to be kept, and whether it exists. A Change concerns no other variables than
// those that it names.
func (r *Room) Saved(name string) (s Saved, exists bool) {
	v := r.lookup(name)
	if v == nil {
		return Saved{}, false
	}
	return Saved{Variable: Variable{Name: v.name, Value: v.value}, Order: v.seq}, true
}

// Names returns the names of the variables in the order of their creation.
func (r *Room) Names() []string {
	names := make([]string, 0, r.live)
	for v := r.created.front; v != nil; v = r.created.next(v) {
		names = append(names, v.name)
	}
	return names
}

// Restore replaces the variables of a room that has no members yet by some that come in their order of creation. It
// takes any number of them, so that lowering a limit loses nothing.
func (r *Room) Restore(vars []Saved) {
	r.clear()
	r.queue = queue{}
	for _, v := range vars {
		if v.Order > r.seq {
			r.seq = v.Order - 1 // set adds one to it
		}
		r.set(0, v.Name, v.Value)
	}
}
