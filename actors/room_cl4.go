package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// cl4Room is the state of a CL4 room: its members, which of them has which name, and who is to be told of whom.
type cl4Room struct {
	roster[cl4Member]
	names    nameIndex  // of rooms that have an index
	arrivals []arrival  // see room_cl4_arrivals.go
	burst    []*publish // see room_cl4_burst.go
	size     int        // about the bytes of the user objects of all named members, for encoding lists
	vars     RoomVars   // for plugins
	gvars    *gvars     // nil: values of gvar are not kept
}

type cl4Member struct {
	ref   *Ref
	name  string
	named bool // a name may be empty and still be set
}

func memberID(m *cl4Member) codec.ID { return m.ref.ID }

func (m *cl4Member) user() cl4.User {
	return cl4.User{ID: m.ref.ID, Username: m.name, Named: m.named}
}

func newCL4Room(sys *System, key RoomKey, dir *actor.PID) *cl4Room {
	r := &cl4Room{roster: newRoster(sys, key, dir, memberID)}
	r.mb.quick = true
	r.gvars = sys.newGvars(key.Name)
	r.resized()
	return r
}

// directMembers is how many members a room may have whose work is done on the goroutine of whoever asks for it.
const directMembers = 64

// resized is called when members have come or gone.
func (r *cl4Room) resized() {
	r.mb.direct.Store(len(r.list) <= directMembers)
	switch {
	case r.index == nil:
		r.names = nameIndex{}
	case r.names.first == nil:
		r.names = newNameIndex()
		for i := range r.list {
			if m := &r.list[i]; m.named {
				r.names.add(m.name, m.ref)
			}
		}
	}
}

func (r *cl4Room) unsaved() bool { return r.gvars != nil && r.gvars.keeper.unsaved.Load() }

func (r *cl4Room) actor() actor.Actor { return cl4RoomActor{r} }

// cl4RoomActor is the actor of a CL4 room.
type cl4RoomActor struct{ *cl4Room }

// Receive implements actor.Actor.
func (r cl4RoomActor) Receive(ctx actor.Context) {
	msg := ctx.Message()
	defer r.sys.failing(&r.sys.Counters.RoomPanics, roomFailed, r.name.Name, msg)
	if r.gvars != nil && r.hold(ctx, msg) {
		r.catchUp(nil)
		return
	}
	r.handle(ctx, msg)
}

// catchUp does what was put off in case that more of it comes, unless msg is more of it.
func (r *cl4Room) catchUp(msg any) {
	if len(r.arrivals) > 0 && !r.waits(msg) {
		r.greet()
	}
	if len(r.burst) > 0 && !r.collectable(msg) {
		r.flushBurst()
	}
}

func (r *cl4Room) handle(ctx actor.Context, msg any) {
	r.catchUp(msg)
	switch m := msg.(type) {
	case *publish:
		r.onPublish(ctx, m)
	case *private:
		r.onPrivate(m)
	case *relay:
		m.undelivered()
	case *join:
		r.onJoin(ctx, m)
	case *leave:
		r.onLeave(m)
	case *named:
		r.onNamed(m)
	case *listWanted:
		r.arrive(arrival{from: m.from, values: true})
	case *members:
		m.reply <- r.onMembers()
	case *membersWanted:
		m.reply <- someMembers(r.list, m.most, func(m *cl4Member) *Ref { return m.ref })
	case *announce:
		r.fanOut(m.frame, nil)
		m.reply <- len(r.list)
	case *vars:
		m.use(&r.vars)
		close(m.done)
	case *crash:
		panic("injected panic")
	case *collect:
		r.onCollect(ctx)
	case *saved:
		r.onSaved(ctx, m)
	case storageFails:
		r.resumeGvars(ctx)
	case *loaded:
		r.onLoaded(ctx, m)
	case *actor.Started:
		if r.gvars != nil {
			r.gvars.keeper.load(ctx.Self())
			r.resumeGvars(ctx) // of an actor that has failed
		}
	case *actor.Stopped:
		r.mb.kill()
		if r.gvars != nil {
			r.stopGvars(ctx)
		}
	case actor.SystemMessage, actor.AutoReceiveMessage:
	default:
		r.sys.Counters.UnknownMessages.Add(1)
	}
}

// onPublish is the fan-out: the same bytes for everybody.
func (r *cl4Room) onPublish(ctx actor.Context, m *publish) {
	r.figures.messages.Add(1)
	if r.collectable(m) && r.collect(m) {
		return
	}
	if m.own == nil {
		r.fanOut(m.frame, nil)
	} else if r.fanOut(m.frame, m.from) {
		m.from.send(m.own)
	}
	if m.gvar != nil {
		r.gvars.onGvar(ctx, m)
	}
	m.from.settle()
	m.free()
}

// fanOut appends a frame to the outbox of every member but one, and tells whether that one is a member.
func (r *cl4Room) fanOut(f *codec.Frame, except *Ref) (member bool) {
	var lost uint64
	for i := range r.list {
		ref := r.list[i].ref
		if ref == except {
			member = true
			continue
		}
		if !ref.Out.Send(f) {
			lost++
		}
	}
	r.countFanOut(lost)
	return member
}

// fanOutExcept is fanOut with several exceptions.
func (r *cl4Room) fanOutExcept(f *codec.Frame, except map[*Ref]struct{}) {
	var lost uint64
	for i := range r.list {
		ref := r.list[i].ref
		if _, not := except[ref]; !not && !ref.Out.Send(f) {
			lost++
		}
	}
	r.countFanOut(lost)
}

func (r *cl4Room) countFanOut(lost uint64) {
	r.sys.Counters.FanOut.Add(uint64(len(r.list)))
	if lost > 0 {
		r.sys.Counters.FramesLost.Add(lost)
	}
}

func (r *cl4Room) onJoin(ctx actor.Context, j *join) {
	r.joins++
	m, already := r.find(j.from.ID)
	if !already {
		r.add(cl4Member{ref: j.from})
		r.resized()
		m = &r.list[len(r.list)-1]
		if j.user.Named {
			r.enterName(m, j.user)
		}
	}
	if j.quiet {
		j.from.post(&joined{room: r.name.Name, pid: ctx.Self()})
		return
	}
	r.arrive(arrival{from: j.from, isNew: !already && m.named, values: true, join: ctx.Self()})
}

func (r *cl4Room) onLeave(l *leave) {
	if m, ok := r.remove(l.from.ID); ok {
		r.resized()
		if m.named {
			r.dropName(m)
			r.fanOut(cl4.UserChange("remove", m.user().Object(), r.name.Name), nil)
		}
		if len(r.list) == 0 {
			r.vars = RoomVars{}
		}
		r.emptied(r.gvars != nil && len(r.gvars.vars) > 0)
	}
	if l.settles {
		l.from.settle()
	}
}

// onNamed lets the others know and sends the member the list, as CloudLink does after setid.
func (r *cl4Room) onNamed(n *named) {
	m, ok := r.find(n.from.ID)
	if !ok || m.named {
		n.from.settle()
		return
	}
	r.enterName(m, n.user)
	r.arrive(arrival{from: n.from, isNew: true})
}

// enterName gives a member its name.
func (r *cl4Room) enterName(m *cl4Member, u cl4.User) {
	m.name, m.named = u.Username, true
	r.size += u.ObjectSize() + 1
	if r.names.first != nil {
		r.names.add(m.name, m.ref)
	}
}

// dropName is for a member that is not in the list any more.
func (r *cl4Room) dropName(m cl4Member) {
	r.size -= m.user().ObjectSize() + 1
	if r.names.first != nil {
		r.names.remove(m.name, m.ref.ID)
	}
}

// userList encodes the user list: everybody with a name.
func (r *cl4Room) userList() *codec.Frame {
	return cl4.UserList(r.size, func(b []byte) []byte {
		for i := range r.list {
			if m := &r.list[i]; m.named {
				b = append(m.user().AppendObject(b), ',')
			}
		}
		return b
	}, r.name.Name)
}

func (r *cl4Room) onPrivate(p *private) {
	found, ambiguous := r.recipients(p.to)
	if ambiguous > 0 {
		concludePrivate(p, 0, ambiguous)
		return
	}
	for _, ref := range found {
		ref.send(p.frame)
	}
	concludePrivate(p, len(found), 0)
}

// concludePrivate answers a pmsg or pvar, or leaves that to the session that asks several rooms.
func concludePrivate(p *private, found, ambiguous int) {
	if p.report {
		p.from.post(privateDone{found: found, ambiguous: ambiguous})
		return
	}
	answer := cl4.PrivateAnswer(p.to, found, ambiguous, p.listener)
	p.from.sys.Counters.refused(answer.Status)
	p.from.send(answer.Frame())
	p.from.settle()
}

// recipients returns the members that a selector finds, each once. ambiguous is how many a single term has found
// when that is one too many.
func (r *cl4Room) recipients(to cl4.Selector) (found []*Ref, ambiguous int) {
	var seen map[*Ref]struct{}
	if len(to.Terms) > 1 {
		seen = make(map[*Ref]struct{})
	}
	for _, t := range to.Terms {
		from := len(found)
		found = r.matches(found, t)
		if n := len(found) - from; n > 1 && !r.sys.cl4.config.Load().DeliverToAllMatches {
			return nil, n
		}
		if seen == nil {
			continue
		}
		fresh := found[:from]
		for _, ref := range found[from:] {
			if _, twice := seen[ref]; !twice {
				seen[ref] = struct{}{}
				fresh = append(fresh, ref)
			}
		}
		found = fresh
	}
	return found, 0
}

// matches appends the members that one term of a selector finds to dst: an id or uuid wins over a name.
func (r *cl4Room) matches(dst []*Ref, t cl4.Term) []*Ref {
	if !t.IsObject {
		if t.Key == "" {
			return dst
		}
		if m, ok := r.byID(t.Key); ok {
			return append(dst, m.ref)
		}
		return r.byName(dst, t.Key)
	}
	switch o := t.Object; {
	case o.HasID || o.HasUUID:
		key := o.ID
		if !o.HasID {
			key = o.UUID
		}
		if m, ok := r.byID(key); ok && o.Matches(m.user()) {
			return append(dst, m.ref)
		}
	case o.HasUsername && !o.Never:
		return r.byName(dst, o.Username)
	}
	return dst
}

// byID finds the member with an id or uuid.
func (r *cl4Room) byID(key string) (*cl4Member, bool) {
	id, ok := codec.ParseID(key)
	if !ok {
		return nil, false
	}
	return r.find(id)
}

// byName appends the members with a name to dst.
func (r *cl4Room) byName(dst []*Ref, name string) []*Ref {
	if r.names.first != nil {
		return r.names.find(dst, name)
	}
	for i := range r.list {
		if m := &r.list[i]; m.named && m.name == name {
			dst = append(dst, m.ref)
		}
	}
	return dst
}

func (r *cl4Room) onMembers() []Member {
	out := make([]Member, len(r.list))
	for i := range r.list {
		m := &r.list[i]
		out[i] = Member{Client: &m.ref.client, Username: m.name, Named: m.named}
	}
	return out
}
