package scratch

// variable is an entry of a Room. It is part of two chains at once.
type variable struct {
	name    string
	value   string
	version uint64 // of its latest change that members are told about
	seq     uint64 // its place in the order of creation
	setter  Member // who made the latest change
	deleted bool   // it is gone, but members that are behind must still hear of it

	links [2]link // by chain
}

type link struct{ prev, next *variable }

// The chains of a room.
const (
	byCreation = iota // the variables in the order of their creation, seq ascending
	byVersion         // variables and deleted variables, version ascending
)

// chain is a doubly linked list through the variables themselves.
type chain struct {
	which       int
	front, back *variable
	// hint is the entry where the latest search ended, from where the next one most often goes on.
	hint *variable
}

func (c *chain) pushBack(v *variable) {
	v.links[c.which] = link{prev: c.back}
	if c.back != nil {
		c.back.links[c.which].next = v
	} else {
		c.front = v
	}
	c.back = v
}

func (c *chain) remove(v *variable) {
	l := v.links[c.which]
	if l.prev != nil {
		l.prev.links[c.which].next = l.next
	} else {
		c.front = l.next
	}
	if l.next != nil {
		l.next.links[c.which].prev = l.prev
	} else {
		c.back = l.prev
	}
	if c.hint == v {
		c.hint = l.next
	}
	v.links[c.which] = link{}
}

// replace puts v into the place of old.
func (c *chain) replace(old, v *variable) {
	l := old.links[c.which]
	v.links[c.which] = l
	if l.prev != nil {
		l.prev.links[c.which].next = v
	} else {
		c.front = v
	}
	if l.next != nil {
		l.next.links[c.which].prev = v
	} else {
		c.back = v
	}
	if c.hint == old {
		c.hint = v
	}
	old.links[c.which] = link{}
}

func (c *chain) moveToBack(v *variable) {
	c.remove(v)
	c.pushBack(v)
}

func (c *chain) next(v *variable) *variable { return v.links[c.which].next }

func (c *chain) key(v *variable) uint64 {
	if c.which == byCreation {
		return v.seq
	}
	return v.version
}

// after returns the first entry whose key is greater than key, or nil. It goes on from where the latest search
// ended, else back from the end: its cost is the number of entries that follow.
func (c *chain) after(key uint64) *variable {
	if c.back == nil || c.key(c.back) <= key {
		return nil
	}
	if h := c.hint; h != nil && c.key(h) > key {
		if p := h.links[c.which].prev; p == nil || c.key(p) <= key {
			return h
		}
	}
	v := c.back
	for p := v.links[c.which].prev; p != nil && c.key(p) > key; p = v.links[c.which].prev {
		v = p
	}
	return v
}
