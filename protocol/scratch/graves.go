package scratch

// Bounds of what a room remembers of deleted variables.
const (
	maxGraves     = 1024
	maxGraveBytes = 256 << 10 // of their names
)

// graves counts the deleted variables that a room remembers, so that a member that is behind hears of them. When
// there are too many the older half is forgotten, and with them everybody who has not heard of them yet.
type graves struct {
	dead      int
	deadBytes int
	horizon   uint64 // the version of the latest deletion that was forgotten
}

// bury remembers a deleted variable.
func (r *Room) bury(v *variable) {
	r.dead++
	r.deadBytes += len(v.name)
	if r.dead <= maxGraves && r.deadBytes <= maxGraveBytes {
		return
	}
	for v := r.changed.front; v != nil && (r.dead > maxGraves/2 || r.deadBytes > maxGraveBytes/2); {
		next := r.changed.next(v)
		if v.deleted {
			r.forget(v)
			r.horizon = v.version
		}
		v = next
	}
}

// forget removes the memory of a deleted variable.
func (r *Room) forget(v *variable) {
	r.changed.remove(v)
	delete(r.vars, v.name)
	r.dead--
	r.deadBytes -= len(v.name)
}

// revive makes a deleted variable a new one.
func (r *Room) revive(v *variable) {
	v.deleted = false
	r.dead--
	r.deadBytes -= len(v.name)
	r.enlist(v)
}
