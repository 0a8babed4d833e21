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
	pluginVars RoomVars

	keeper  *keeper // nil: nothing is kept
	loading bool
	unread  bool // it could not be loaded; the next one who joins lets it try again
	held    held
}

type scratchMember struct {
	ref    *Ref
	user   string
	number scratch.Member
	cursor scratch.Cursor
	behind bool // it gets the latest values when its outbox has room again
}

func scratchMemberID(m *scratchMember) codec.ID { return m.ref.ID }

func newScratchRoom(sys *System, key RoomKey, dir *actor.PID) *scratchRoom {
	r := &scratchRoom{roster: newRoster(sys, key, dir, scratchMemberID), vars: sys.rules.NewRoom()}
	space := SpaceTurboWarp
	if sys.rules.Dialect() == scratch.CloudLink {
		space = SpaceCloudLink
	}
	r.keeper = sys.newKeeper(space, key.Name, r.vars)
	r.loading = r.keeper != nil
	return r
}

func (r *scratchRoom) actor() actor.Actor { return scratchRoomActor{r} }

// scratchRoomActor is the actor of a Scratch room.
type scratchRoomActor struct{ *scratchRoom }

// Receive implements actor.Actor.
func (r scratchRoomActor) Receive(ctx actor.Context) {
	msg := ctx.Message()
	defer r.sys.failing(&r.sys.Counters.RoomPanics, roomFailed, r.name.Name, msg)
	if !r.hold(msg) {
		r.handle(ctx, msg)
	}
}

func (r *scratchRoom) handle(ctx actor.Context, msg any) {
	switch m := msg.(type) {
	case *update:
		r.onUpdate(ctx, m)
	case *variableChange:
		r.onVariableChange(ctx, m)
	case *variablesWanted:
		m.reply <- r.vars.Snapshot()
	case flush:
		r.flushSet = false
		if r.holding() {
			r.keeper.report(ctx.Self())
		} else {
			r.flush()
		}
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
	case *collect:
		r.keeper.collect(ctx.Self(), true)
	case *saved:
		r.onSaved(ctx, m)
	case storageFails:
		r.release(ctx)
	case *members:
		m.reply <- r.onMembers()
	case *membersWanted:
		m.reply <- someMembers(r.list, m.most, func(m *scratchMember) *Ref { return m.ref })
	case *vars:
		m.use(&r.pluginVars)
		close(m.done)
	case *crash:
		panic("injected panic")
	case *actor.Started:
		if r.keeper != nil {
			r.keeper.load(ctx.Self())
			r.resume(ctx) // of an actor that has failed
		}
	case *actor.Stopped:
		r.onStopped(ctx)
	case actor.SystemMessage, actor.AutoReceiveMessage:
	default:
		r.sys.Counters.UnknownMessages.Add(1)
	}
}

func (r *scratchRoom) onJoin(ctx actor.Context, j *join) {
	if r.unread {
		r.loading, r.unread = true, false
		r.keeper.asked = false
		r.keeper.load(ctx.Self())
		r.hold(j)
		return
	}
	r.joins++
	if why, ok := r.sys.rules.AdmitClient(len(r.list)); !ok {
		j.from.post(&joined{room: r.name.Name, why: why})
		r.emptied(r.keeps())
		return
	}
	r.next++
	user, _ := j.from.client.Username()
	r.add(scratchMember{ref: j.from, user: user, number: r.next, cursor: r.vars.Join(), behind: true})
	m, _ := r.find(j.from.ID)
	r.send(m)
	j.from.post(&joined{room: r.name.Name, pid: ctx.Self()})
}

// onLoaded lets those in who came before the room was loaded. If it could not be, they are closed: with an empty room
// they would overwrite what is kept.
func (r *scratchRoom) onLoaded(ctx actor.Context, l *loaded) {
	r.loading = false
	if l.err != nil {
		r.unread = true
		for len(r.held.messages) > 0 {
			if j, ok := r.held.messages[0].(*join); ok {
				r.unhold()
				r.joins++
				j.from.post(&joined{room: r.name.Name, why: scratch.Ending{Code: scratch.CodeOverloaded}})
				continue
			}
			r.mb.drop(r.unhold())
		}
		r.emptied(false)
		return
	}
	vars := make([]scratch.Saved, len(l.vars))
	for i := range l.vars {
		vars[i] = l.vars[i].Saved
	}
	r.vars.Restore(vars)
	r.countVariables()
	r.resume(ctx)
}

func (r *scratchRoom) onUpdate(ctx actor.Context, u *update) {
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
	r.changed(ctx, u.change, m.user, out)
}

// onVariableChange is onUpdate for the server itself, which is member 0.
func (r *scratchRoom) onVariableChange(ctx actor.Context, v *variableChange) {
	out := r.vars.Apply(0, v.change)
	if !out.Close.IsZero() {
		v.reply <- ErrRoomRefusedChange
		return
	}
	r.changed(ctx, v.change, "", out)
	v.reply <- nil
}

// changed does what follows from a change by a user; the server has no name.
func (r *scratchRoom) changed(ctx actor.Context, c scratch.Change, user string, out scratch.Outcome) {
	if out.Changed {
		r.figures.messages.Add(1)
		r.countVariables()
		if r.keeper != nil {
			r.keeper.note(c, user)
		}
	}
	collecting := out.Pending && !out.Flush
	holding := r.holding()
	if out.Changed && r.keeper != nil && !(holding && collecting) {
		r.keeper.report(ctx.Self())
	}
	switch {
	case out.Flush && !holding:
		r.flush()
	case collecting && !r.flushSet:
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
	if r.holding() {
		r.armCatchUp()
		return
	}
	for i := range r.list {
		if m := &r.list[i]; m.behind {
			r.send(m)
		}
	}
}

func (r *scratchRoom) onLeave(l *leave) {
	if _, ok := r.remove(l.from.ID); ok {
		if len(r.list) == 0 {
			if !r.keeps() && r.keeper == nil {
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

// keeps tells whether the variables outlive the members in memory.
func (r *scratchRoom) keeps() bool { return r.sys.emptyRoomTTL() > 0 && r.vars.Len() > 0 }

// unsaved tells whether the room holds what is nowhere else.
func (r *scratchRoom) unsaved() bool { return r.keeper != nil && r.keeper.unsaved.Load() }

func (r *scratchRoom) countVariables() {
	n := int64(r.vars.Len())
	r.sys.Counters.Variables.Add(n - r.variables)
	r.variables = n
	r.figures.variables.Store(n)
}

func (r *scratchRoom) onStopped(ctx actor.Context) {
	r.mb.kill()
	if r.keeper != nil {
		r.dropHeld()
		r.keeper.stop(ctx.Self())
	}
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
