package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/scratch"
)

// catchUpInterval is how long a room waits before it looks again at members whose outbox was full.
const catchUpInterval = 50 * time.Millisecond

// scratchRoom is the state of a Scratch room: its variables and, for each member, how much of them it was sent.
type scratchRoom struct {
	roster[scratchMember]
	vars *scratch.Room
	next scratch.Member

	flushing   *time.Timer
	flushSet   bool
	catching   *time.Timer
	catchSet   bool
	variables  int64 // counted in Counters.Variables
	loading    bool
	waiting    []*join // until the store has answered
	pluginVars RoomVars
}

type scratchMember struct {
	ref    *Ref
	number scratch.Member
	cursor scratch.Cursor
	behind bool // it gets the latest values when its outbox has room again
}

func scratchMemberID(m *scratchMember) codec.ID { return m.ref.ID }

func newScratchRoom(sys *System, key RoomKey, dir *actor.PID) *scratchRoom {
	r := &scratchRoom{roster: newRoster[scratchMember](sys, key, dir), vars: sys.rules.NewRoom()}
	if sys.store != nil {
		r.loading = true
		sys.store.Load(key.Name, func(vars []scratch.Variable, err error) {
			r.mb.PostUserMessage(&loaded{vars: vars, err: err})
		})
	}
	return r
}

func (r *scratchRoom) actor() actor.Actor { return scratchRoomActor{r} }

// scratchRoomActor is the actor of a Scratch room.
type scratchRoomActor struct{ *scratchRoom }

// Receive implements actor.Actor.
func (r scratchRoomActor) Receive(ctx actor.Context) {
	msg := ctx.Message()
	defer r.sys.failing(&r.sys.Counters.RoomPanics, roomFailed, r.name.Name, msg)
	switch m := msg.(type) {
	case *update:
		r.onUpdate(m)
	case *variableChange:
		r.onVariableChange(m)
	case *variablesWanted:
		m.reply <- r.vars.Snapshot()
	case flush:
		r.flushSet = false
		r.flush()
	case catchUp:
		r.onCatchUp()
	case *relay:
		m.undelivered()
	case *join:
		r.onJoin(ctx, m)
	case *leave:
		r.onLeave(m)
	case *loaded:
		r.onLoaded(ctx, m)
	case *members:
		m.reply <- r.onMembers()
	case *membersWanted:
		m.reply <- someMembers(r.list, m.most, func(m *scratchMember) *Ref { return m.ref })
	case *vars:
		m.use(&r.pluginVars)
		close(m.done)
	case *crash:
		panic("injected panic")
	case *actor.Stopped:
		r.onStopped()
	case actor.SystemMessage, actor.AutoReceiveMessage:
	default:
		r.sys.Counters.UnknownMessages.Add(1)
	}
}

func (r *scratchRoom) onJoin(ctx actor.Context, j *join) {
	if r.loading {
		r.waiting = append(r.waiting, j)
		return
	}
	r.joins++
	if why, ok := r.sys.rules.AdmitClient(len(r.list)); !ok {
		j.from.post(&joined{room: r.name.Name, why: why})
		r.emptied(r.keeps())
		return
	}
	r.next++
	r.add(j.from.ID, scratchMember{ref: j.from, number: r.next, cursor: r.vars.Join(), behind: true})
	m, _ := r.find(j.from.ID)
	r.send(m)
	j.from.post(&joined{room: r.name.Name, pid: ctx.Self()})
}

// onLoaded lets those in who came before the store had answered.
func (r *scratchRoom) onLoaded(ctx actor.Context, l *loaded) {
	if l.err != nil {
		r.sys.log.Error("the variables of a room could not be loaded", "room", r.name.Name, "err", l.err)
	} else {
		r.vars.Restore(l.vars)
		r.countVariables()
	}
	r.loading = false
	waiting := r.waiting
	r.waiting = nil
	for _, j := range waiting {
		if l.err != nil {
			r.joins++
			j.from.post(&joined{room: r.name.Name, why: scratch.Ending{Code: scratch.CodeOverloaded}})
			r.emptied(false)
			continue
		}
		r.onJoin(ctx, j)
	}
}

func (r *scratchRoom) onUpdate(u *update) {
	defer u.from.settle()
	m, ok := r.find(u.from.ID)
	if !ok {
		return
	}
	out := r.vars.Apply(m.number, u.change)
	if !out.Close.IsZero() {
		if out.Close.Text != "" {
			u.from.send(codec.TextFrameString(out.Close.Text))
		}
		u.from.Out.Close(out.Close.Code, out.Close.Reason)
		u.from.client.s.do(func(s *session) { s.sys.hooks.failed(s, "the room did not take a change of "+u.change.Name) })
		return
	}
	r.changed(u.change, out)
}

// onVariableChange is onUpdate for the server itself, which is member 0.
func (r *scratchRoom) onVariableChange(v *variableChange) {
	out := r.vars.Apply(0, v.change)
	if !out.Close.IsZero() {
		v.reply <- ErrRoomRefusedChange
		return
	}
	r.changed(v.change, out)
	v.reply <- nil
}

// changed does what follows from a change.
func (r *scratchRoom) changed(c scratch.Change, out scratch.Outcome) {
	if out.Changed {
		r.figures.messages.Add(1)
		r.countVariables()
		if r.sys.store != nil {
			r.sys.store.Apply(r.name.Name, c)
		}
	}
	switch {
	case out.Flush:
		r.flush()
	case out.Pending && !r.flushSet:
		r.flushSet = true
		r.flushing = r.after(r.flushing, r.sys.rules.FlushInterval(), flush{})
	}
}

// after sends a message to the room itself. The timer is used again.
func (r *scratchRoom) after(t *time.Timer, d time.Duration, msg any) *time.Timer {
	if t == nil {
		return time.AfterFunc(d, func() { r.mb.PostUserMessage(msg) })
	}
	t.Reset(d)
	return t
}

// flush sends what was collected, encoded once for all who sent none of it.
func (r *scratchRoom) flush() {
	b := r.vars.Flush()
	if b.Empty() {
		return
	}
	for i := range r.list {
		m := &r.list[i]
		if m.behind {
			continue
		}
		f := b.For(m.number, m.cursor)
		if f == nil {
			m.cursor = b.Advance(m.cursor)
			continue
		}
		if !r.deliver(m, f) {
			m.behind = true
			r.sys.Counters.Conflated.Add(uint64(b.Len()))
			r.armCatchUp()
			continue
		}
		m.cursor = b.Advance(m.cursor)
	}
	r.sys.Counters.FanOut.Add(uint64(len(r.list)))
}

// deliver appends a frame to the outbox of a member. It returns false when the member has to catch up later.
func (r *scratchRoom) deliver(m *scratchMember, f *codec.Frame) bool {
	if r.sys.conflate {
		return m.ref.Out.TrySend(f)
	}
	m.ref.send(f)
	return true
}

// send lets a newcomer, or a member that was behind, catch up as far as its outbox allows.
func (r *scratchRoom) send(m *scratchMember) {
	for {
		f, next, ok := r.vars.Next(m.number, m.cursor)
		switch {
		case !ok:
			m.ref.Out.Close(closePolicy, "slow consumer")
			return
		case f == nil:
			m.cursor, m.behind = next, false
			return
		case !m.ref.Out.TrySend(f):
			r.armCatchUp()
			return
		}
		m.cursor = next
	}
}

func (r *scratchRoom) armCatchUp() {
	if !r.catchSet {
		r.catchSet = true
		r.catching = r.after(r.catching, catchUpInterval, catchUp{})
	}
}

func (r *scratchRoom) onCatchUp() {
	r.catchSet = false
	for i := range r.list {
		if m := &r.list[i]; m.behind {
			r.send(m)
		}
	}
}

func (r *scratchRoom) onLeave(l *leave) {
	if _, ok := r.remove(l.from.ID, scratchMemberID); ok {
		if len(r.list) == 0 {
			if !r.keeps() && r.sys.store == nil {
				r.vars = r.sys.rules.NewRoom()
				r.countVariables()
			}
			r.pluginVars = RoomVars{}
		}
		r.emptied(r.keeps())
	}
	if l.settles {
		l.from.settle()
	}
}

// keeps tells whether the variables outlive the members.
func (r *scratchRoom) keeps() bool { return r.sys.rules.RoomTTL() > 0 && r.vars.Len() > 0 }

func (r *scratchRoom) countVariables() {
	n := int64(r.vars.Len())
	r.sys.Counters.Variables.Add(n - r.variables)
	r.variables = n
	r.figures.variables.Store(n)
}

func (r *scratchRoom) onStopped() {
	r.mb.kill()
	r.sys.Counters.Variables.Add(-r.variables)
	for _, t := range []*time.Timer{r.flushing, r.catching} {
		if t != nil {
			t.Stop()
		}
	}
}

func (r *scratchRoom) onMembers() []Member {
	out := make([]Member, len(r.list))
	for i := range r.list {
		c := &r.list[i].ref.client
		name, named := c.Username()
		out[i] = Member{Client: c, Username: name, Named: named}
	}
	return out
}
