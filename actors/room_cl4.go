package actors

import (
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// cl4Room is the state of a CL4 room: its members, and which of them has which name.
type cl4Room struct {
	roster[cl4Member]
	names map[string][]codec.ID
	size  int      // bytes of the user objects of all named members, for encoding lists
	vars  RoomVars // for plugins
}

type cl4Member struct {
	ref    *Ref
	user   cl4.User
	object codec.Raw // the user object, once the member has a name
}

func memberID(m *cl4Member) codec.ID { return m.ref.ID }

func newCL4Room(sys *System, key RoomKey, dir *actor.PID) *cl4Room {
	r := &cl4Room{roster: newRoster[cl4Member](sys, key, dir), names: make(map[string][]codec.ID)}
	r.mb.quick = true
	r.resized()
	return r
}

// directMembers is how many members a room may have whose work is done on the goroutine of whoever asks for it.
const directMembers = 64

// resized is called when members have come or gone.
func (r *cl4Room) resized() { r.mb.direct.Store(len(r.list) <= directMembers) }

func (r *cl4Room) unsaved() bool { return false }

func (r *cl4Room) actor() actor.Actor { return cl4RoomActor{r} }

// cl4RoomActor is the actor of a CL4 room.
type cl4RoomActor struct{ *cl4Room }

// Receive implements actor.Actor.
func (r cl4RoomActor) Receive(ctx actor.Context) {
	msg := ctx.Message()
	defer r.sys.failing(&r.sys.Counters.RoomPanics, roomFailed, r.name.Name, msg)
	switch m := msg.(type) {
	case *publish:
		r.onPublish(m)
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
		m.from.send(r.userList())
		m.from.settle()
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
	case *actor.Stopped:
		r.mb.kill()
	case actor.SystemMessage, actor.AutoReceiveMessage:
	default:
		r.sys.Counters.UnknownMessages.Add(1)
	}
}

// onPublish is the fan-out: the same bytes for everybody.
func (r *cl4Room) onPublish(m *publish) {
	r.figures.messages.Add(1)
	if m.own == nil {
		r.fanOut(m.frame, nil)
	} else {
		r.fanOut(m.frame, m.from)
		if _, still := r.find(m.from.ID); still {
			m.from.send(m.own)
		}
	}
	m.from.settle()
	m.free()
}

// fanOut appends a frame to the outbox of every member but one.
func (r *cl4Room) fanOut(f *codec.Frame, except *Ref) {
	var lost uint64
	for i := range r.list {
		if ref := r.list[i].ref; ref != except && !ref.Out.Send(f) {
			lost++
		}
	}
	r.sys.Counters.FanOut.Add(uint64(len(r.list)))
	if lost > 0 {
		r.sys.Counters.FramesLost.Add(lost)
	}
}

func (r *cl4Room) onJoin(ctx actor.Context, j *join) {
	r.joins++
	if _, already := r.find(j.from.ID); !already {
		m := cl4Member{ref: j.from, user: j.user}
		r.add(j.from.ID, m)
		r.resized()
		if j.user.Named {
			r.enterName(j.user)
			if !j.quiet {
				r.fanOut(cl4.UserChange("add", j.user.Object(), r.name.Name), j.from)
			}
		}
	}
	if !j.quiet {
		j.from.send(r.userList())
	}
	j.from.post(&joined{room: r.name.Name, pid: ctx.Self()})
}

func (r *cl4Room) onLeave(l *leave) {
	if m, ok := r.remove(l.from.ID, memberID); ok {
		r.resized()
		if m.user.Named {
			r.dropName(m)
			r.fanOut(cl4.UserChange("remove", m.object, r.name.Name), nil)
		}
		if len(r.list) == 0 {
			r.vars = RoomVars{}
		}
		r.emptied(false)
	}
	if l.settles {
		l.from.settle()
	}
}

// onNamed lets the others know and sends the member the list, as CloudLink does after setid.
func (r *cl4Room) onNamed(n *named) {
	if m, ok := r.find(n.from.ID); ok && !m.user.Named {
		m.user = n.user
		r.enterName(n.user)
		r.fanOut(cl4.UserChange("add", n.user.Object(), r.name.Name), n.from)
		n.from.send(r.userList())
	}
	n.from.settle()
}

// enterName enters a member that is in the list under its name.
func (r *cl4Room) enterName(u cl4.User) {
	m, _ := r.find(u.ID)
	m.object = u.Object()
	r.size += len(m.object) + 1
	r.names[u.Username] = append(r.names[u.Username], u.ID)
}

func (r *cl4Room) dropName(m cl4Member) {
	r.size -= len(m.object) + 1
	ids := r.names[m.user.Username]
	if i := slices.Index(ids, m.ref.ID); i >= 0 {
		ids = slices.Delete(ids, i, i+1)
	}
	if len(ids) == 0 {
		delete(r.names, m.user.Username)
		return
	}
	r.names[m.user.Username] = ids
}

// userList encodes the user list: everybody with a name.
func (r *cl4Room) userList() *codec.Frame {
	return cl4.UserList(r.size, func(b []byte) []byte {
		for i := range r.list {
			if o := r.list[i].object; o != nil {
				b = append(b, o...)
				b = append(b, ',')
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
	var seen map[codec.ID]struct{}
	if len(to.Terms) > 1 {
		seen = make(map[codec.ID]struct{})
	}
	for _, t := range to.Terms {
		ids := r.matches(t)
		if len(ids) > 1 && !r.sys.cl4.config.Load().DeliverToAllMatches {
			return nil, len(ids)
		}
		for _, id := range ids {
			if seen != nil {
				if _, twice := seen[id]; twice {
					continue
				}
				seen[id] = struct{}{}
			}
			m, _ := r.find(id)
			found = append(found, m.ref)
		}
	}
	return found, 0
}

// matches returns the members that one term of a selector finds: an id or uuid wins over a name.
func (r *cl4Room) matches(t cl4.Term) []codec.ID {
	if !t.IsObject {
		if t.Key == "" {
			return nil
		}
		if id, ok := codec.ParseID(t.Key); ok {
			if _, member := r.index[id]; member {
				return []codec.ID{id}
			}
		}
		return r.names[t.Key]
	}
	var candidates []codec.ID
	switch o := t.Object; {
	case o.HasID || o.HasUUID:
		key := o.ID
		if !o.HasID {
			key = o.UUID
		}
		id, ok := codec.ParseID(key)
		if _, member := r.index[id]; ok && member {
			candidates = []codec.ID{id}
		}
	case o.HasUsername:
		candidates = r.names[o.Username]
	}
	var ids []codec.ID
	for _, id := range candidates {
		if m, _ := r.find(id); t.Object.Matches(m.user) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (r *cl4Room) onMembers() []Member {
	out := make([]Member, len(r.list))
	for i := range r.list {
		out[i] = Member{Client: &r.list[i].ref.client, Username: r.list[i].user.Username, Named: r.list[i].user.Named}
	}
	return out
}
