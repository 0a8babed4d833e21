package scratch

import "github.com/skeinhq/skein/codec"

// Cursor says how much of a room a member has been sent. It is a plain value that fits its room only.
type Cursor struct {
	seen uint64 // the latest change that the member knows, or knew when it joined
	seq  uint64 // of the state at joining: where in the order of creation to go on; 0: it was sent
}

// Join returns the cursor of a newcomer, who has been sent nothing: Next returns the state of the room first.
func (r *Room) Join() Cursor { return Cursor{seen: r.version, seq: 1} }

// Now returns the cursor of a member that has been sent everything.
func (r *Room) Now() Cursor { return Cursor{seen: r.version} }

// Next returns the next frame for a newcomer or a member that is behind, and its cursor after that: for a newcomer
// the variables in the order of their creation, then for everybody the latest values of what changed since. What
// still waits for Flush is part of it and not sent again.
//
// TurboWarp's dialect packs the variables into one frame, or several of about 64 kB; CloudLink's sends a frame for
// each. A nil frame means that the member has everything: it is no longer behind.
//
// ok is false when the member cannot catch up, because the room no longer knows all the names that were deleted
// meanwhile; it should be closed as a slow consumer.
func (r *Room) Next(member Member, c Cursor) (f *codec.Frame, next Cursor, ok bool) {
	if c.seen < r.horizon {
		return nil, c, false
	}
	var p packer
	p.one = !r.rules.c.Dialect.collects()
	if c.seq > 0 {
		c = r.packState(&p, c)
	}
	if c.seq == 0 {
		c = r.packChanges(&p, member, c)
	}
	return p.frame(), c, true
}

// packState packs variables in the order of their creation. Those that changed after the member joined are left to
// packChanges, so that nothing is sent twice.
func (r *Room) packState(p *packer, c Cursor) Cursor {
	for v := r.created.after(c.seq - 1); v != nil; v = r.created.next(v) {
		if v.version > c.seen {
			continue
		}
		if p.full() {
			r.created.hint = v
			return Cursor{seen: c.seen, seq: v.seq}
		}
		p.set(v)
	}
	return Cursor{seen: c.seen}
}

// packChanges packs what changed after c.seen, the oldest change first.
func (r *Room) packChanges(p *packer, member Member, c Cursor) Cursor {
	for v := r.changed.after(c.seen); v != nil; v = r.changed.next(v) {
		own := v.setter == member && !r.rules.c.Dialect.echoesToSender()
		if p.full() && !own {
			r.changed.hint = v
			return c
		}
		switch {
		case own:
		case v.deleted:
			p.delete(v)
		default:
			p.set(v)
		}
		c.seen = v.version
	}
	// The latest change may be one that nobody is told about any more.
	return r.Now()
}

// State returns the frames that a newcomer gets.
func (r *Room) State() []*codec.Frame {
	return r.all(0, r.Join())
}

// ChangedSince returns the frames with which a member that is behind catches up: the latest value of each variable
// that changed since, those that the member itself changed last left out in TurboWarp's dialect. ok is false when
// that is not possible, as in Next.
func (r *Room) ChangedSince(member Member, c Cursor) (frames []*codec.Frame, ok bool) {
	if c.seen < r.horizon {
		return nil, false
	}
	return r.all(member, c), true
}

func (r *Room) all(member Member, c Cursor) (frames []*codec.Frame) {
	for {
		f, next, _ := r.Next(member, c)
		if f == nil {
			return frames
		}
		frames, c = append(frames, f), next
	}
}

// packer builds a frame of several events.
type packer struct {
	buf []byte
	one bool // one event is enough
}

// full says that the next event belongs into the next frame.
func (p *packer) full() bool {
	return p.buf != nil && (p.one || len(p.buf) >= flushBytes)
}

func (p *packer) grow(n int) {
	if p.buf == nil {
		p.buf = codec.NewFrameBuffer(n + n/8 + eventRoom)
		return
	}
	p.buf = append(p.buf, '\n')
}

func (p *packer) set(v *variable) {
	p.grow(len(v.name) + len(v.value))
	p.buf = appendSet(p.buf, v.name, v.value)
}

func (p *packer) delete(v *variable) {
	p.grow(len(v.name))
	p.buf = appendDelete(p.buf, v.name)
}

func (p *packer) frame() *codec.Frame {
	if p.buf == nil {
		return nil
	}
	return codec.FinishText(p.buf)
}
