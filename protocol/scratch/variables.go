package scratch

import "strings"

// lookup returns a variable that exists.
func (r *Room) lookup(name string) *variable {
	if v := r.vars[name]; v != nil && !v.deleted {
		return v
	}
	return nil
}

// set stores a value as the latest change.
func (r *Room) set(by Member, name, value string) {
	v := r.vars[name]
	if v == nil {
		v = r.add(name)
	} else if v.deleted {
		r.revive(v)
	}
	v.value, v.setter = value, by
	r.touch(v)
}

// add makes a variable at the end of the order of creation.
func (r *Room) add(name string) *variable {
	// The name of a Change shares its memory with the value, which will be replaced many times.
	v := &variable{name: strings.Clone(name)}
	r.vars[v.name] = v
	r.enlist(v)
	r.changed.pushBack(v)
	return v
}

// enlist puts a variable at the end of the order of creation.
func (r *Room) enlist(v *variable) {
	r.seq++
	v.seq = r.seq
	r.created.pushBack(v)
	r.live++
}

// touch gives a variable the next version.
func (r *Room) touch(v *variable) {
	r.version++
	v.version = r.version
	r.changed.moveToBack(v)
}

// remove takes a variable out of the room.
func (r *Room) remove(v *variable) {
	r.created.remove(v)
	r.live--
	v.value = ""
	if r.rules.c.Dialect.tellsEverything() {
		v.deleted = true
		r.touch(v)
		r.bury(v)
		return
	}
	delete(r.vars, v.name)
	r.changed.remove(v)
}

// rename moves the value of a variable to another name, which keeps its place in the order of creation if it
// exists and goes to the end if not. An unknown variable counts as an empty string. CloudLink loses a variable
// that is renamed to its own name; here it stays as it is. TurboWarp's cloud-server loses any that is renamed to a
// name that does not exist yet; here it is renamed.
func (r *Room) rename(by Member, name, newName string) (changed bool) {
	v, target := r.lookup(name), r.lookup(newName)
	if r.rules.c.Dialect.tellsEverything() {
		value := `""`
		switch {
		case v != nil && v == target:
			r.touch(v)
			return false
		case v != nil:
			value = v.value
			r.remove(v)
		}
		changed = v != nil || target == nil || target.value != value
		r.set(by, newName, value)
		return changed
	}
	// Nobody is told, so the variable keeps its version: for a member that is behind the update that it has not
	// seen yet comes under the new name.
	switch {
	case v == nil:
		r.set(by, newName, `""`)
		return true
	case v == target:
		return false
	case target != nil:
		r.created.remove(v)
		v.seq = target.seq
		r.created.replace(target, v)
		r.changed.remove(target)
		r.live--
	default:
		r.created.remove(v)
		r.live--
		r.enlist(v)
	}
	delete(r.vars, name)
	v.name = strings.Clone(newName)
	r.vars[v.name] = v
	return true
}
