package actors

import (
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/protocol/scratch"
)

// maxGvarBytes bounds the names and values that are kept of one room.
const maxGvarBytes = 1 << 20

// gvars are the values of gvar that a CL4 room keeps, which no client can ask CloudLink for: whoever comes is sent
// them. They are only there where the server keeps them.
type gvars struct {
	keeper  *keeper
	vars    map[string]*gvar
	order   []*gvar // of creation
	bytes   int     // of names and values
	last    uint64  // place in the order
	loading bool
	unkept  bool // they could not be loaded, so that nothing is written over them

	// Messages that wait: all until the values are loaded, and with Sync those from a gvar on that is not on disk.
	held      []any
	heldBytes int
	covered   int // how many of them the running write is about
}

type gvar struct {
	scratch.Saved              // as it is to be on disk
	shown         *codec.Frame // the event that members were sent last; nil: none yet
}

// gvarChange is what a publish says besides its frame where values are kept.
type gvarChange struct {
	name, value string // JSON text
	noted       bool   // the journal will be told
}

// newGvars returns nil where no values are kept.
func (s *System) newGvars(room string) *gvars {
	if s.journal == nil || s.journal.cfg.Gvars <= 0 {
		return nil
	}
	g := &gvars{vars: make(map[string]*gvar), loading: true}
	g.keeper = s.newKeeper(SpaceCL4, room, g)
	return g
}

// newGvarChange is nil where no values are kept.
func (s *System) newGvarChange(name, val codec.Raw) *gvarChange {
	if s.journal == nil || s.journal.cfg.Gvars <= 0 {
		return nil
	}
	c := &gvarChange{name: string(name), value: string(val)}
	if text, ok := name.Str(); ok { // one name, however it is written
		c.name = string(codec.AppendString(nil, text))
	}
	return c
}

// Names implements keptVariables.
func (g *gvars) Names() []string {
	names := make([]string, len(g.order))
	for i, v := range g.order {
		names[i] = v.Name
	}
	return names
}

// Saved implements keptVariables.
func (g *gvars) Saved(name string) (scratch.Saved, bool) {
	v := g.vars[name]
	if v == nil {
		return scratch.Saved{}, false
	}
	return v.Saved, true
}

// syncs tells whether a value is not to be shown before it is on disk.
func (g *gvars) syncs() bool { return g.keeper.j.cfg.Sync && !g.unkept && !g.keeper.j.failing() }

// note takes a value over. One that is too many is only passed on, and what was kept under its name goes: it would be
// wrong from now on.
func (g *gvars) note(ctx actor.Context, c *gvarChange, user string) {
	if c.noted || g.unkept {
		return
	}
	c.noted = true
	v := g.vars[c.name]
	size := len(c.name) + len(c.value)
	if v != nil {
		size -= len(v.Name) + len(v.Value)
	}
	switch {
	case g.bytes+size > maxGvarBytes, v == nil && len(g.vars) >= g.keeper.j.cfg.Gvars:
		g.keeper.j.count.GvarsOver.Add(1)
		if v == nil {
			return
		}
		g.drop(v)
	case v == nil:
		g.last++
		g.bytes += size
		v = &gvar{Saved: scratch.Saved{Variable: scratch.Variable{Name: c.name, Value: c.value}, Order: g.last}}
		g.vars[c.name] = v
		g.order = append(g.order, v)
	default:
		g.bytes += size
		v.Value = c.value
	}
	g.keeper.mark(c.name, mark{user, g.keeper.j.sys.now().UnixMilli()})
	g.keeper.report(ctx.Self())
}

func (g *gvars) drop(v *gvar) {
	g.bytes -= len(v.Name) + len(v.Value)
	delete(g.vars, v.Name)
	g.order = slices.DeleteFunc(g.order, func(other *gvar) bool { return other == v })
}

// onGvar is what a publish of a value leads to besides its fan-out.
func (g *gvars) onGvar(ctx actor.Context, m *publish) {
	name, _ := m.from.client.Username()
	g.note(ctx, m.gvar, name)
	if v := g.vars[m.gvar.name]; v != nil {
		v.shown = m.frame
	}
}

// events are what a newcomer is sent, nil for nothing.
func (g *gvars) events() *codec.Frame {
	var frames []*codec.Frame
	for _, v := range g.order {
		if v.shown != nil {
			frames = append(frames, v.shown)
		}
	}
	return codec.JoinFrames(frames)
}

// hold keeps a message for later if it has to wait. It tells whether that was so.
func (r *cl4Room) hold(ctx actor.Context, msg any) bool {
	g := r.gvars
	switch msg.(type) {
	case *publish, *private, *relay, *join, *leave, *named, *listWanted, *announce:
	default:
		return false
	}
	p, _ := msg.(*publish)
	isVar := p != nil && p.gvar != nil
	if !g.loading && len(g.held) == 0 && !(isVar && g.syncs()) {
		return false
	}
	if p != nil {
		if size := len(p.frame.Payload()); g.heldBytes+size <= maxHeldBytes {
			g.heldBytes += size
		} else {
			g.keeper.j.count.HeldOver.Add(1)
			p.from.Out.Close(closePolicy, "too many messages")
			p.undelivered()
			return true
		}
	}
	if isVar && !g.loading && len(g.keeper.writing) == 0 {
		r.noteHeld(ctx, p)
	}
	g.held = append(g.held, msg)
	g.keeper.j.count.Held.Add(1)
	if len(r.arrivals) > 0 {
		r.greet()
	}
	return true
}

func (r *cl4Room) noteHeld(ctx actor.Context, p *publish) {
	name, _ := p.from.client.Username()
	r.gvars.note(ctx, p.gvar, name)
}

// unhold takes the first message out.
func (g *gvars) unhold() any {
	msg := g.held[0]
	g.held[0] = nil
	g.held = g.held[1:]
	g.covered = max(g.covered-1, 0)
	g.keeper.j.count.Held.Add(-1)
	if p, ok := msg.(*publish); ok {
		g.heldBytes -= len(p.frame.Payload())
	}
	return msg
}

// resumeGvars carries out what need not wait any longer: what the write that has ended was about, and what follows up
// to the next value.
func (r *cl4Room) resumeGvars(ctx actor.Context) {
	g := r.gvars
	for len(g.held) > 0 && !g.loading {
		if p, ok := g.held[0].(*publish); ok && p.gvar != nil && g.covered == 0 && g.syncs() {
			break
		}
		r.carryOut(ctx, g.unhold())
	}
	if len(r.arrivals) > 0 {
		r.greet()
	}
	if len(g.held) == 0 {
		g.held = nil
		return
	}
	for _, msg := range g.held {
		if p, ok := msg.(*publish); ok && p.gvar != nil {
			r.noteHeld(ctx, p)
		}
	}
}

// carryOut handles a message that was held. When that fails, whoever waits for the message is told; the rest is
// carried out when the actor has been restarted.
func (r *cl4Room) carryOut(ctx actor.Context, msg any) {
	defer telling(msg)
	r.handle(ctx, msg)
}

func (r *cl4Room) onCollect(ctx actor.Context) {
	g := r.gvars
	g.keeper.collect(ctx.Self(), true)
	if len(g.keeper.writing) > 0 {
		g.covered = len(g.held)
	}
}

func (r *cl4Room) onSaved(ctx actor.Context, m *saved) {
	g := r.gvars
	g.keeper.onSaved(m)
	g.keeper.report(ctx.Self())
	r.resumeGvars(ctx)
	g.covered = 0
}

// onLoaded lets those in who came before the values were loaded. When they could not be, the room goes on without.
func (r *cl4Room) onLoaded(ctx actor.Context, l *loaded) {
	g := r.gvars
	g.loading = false
	g.unkept = l.err != nil
	for _, v := range l.vars {
		f := cl4.Broadcast("gvar", codec.Raw(v.Name), codec.Raw(v.Value), r.name.Name, nil)
		kept := &gvar{Saved: v.Saved, shown: f}
		g.vars[v.Name] = kept
		g.order = append(g.order, kept)
		g.bytes += len(v.Name) + len(v.Value)
		g.last = max(g.last, v.Order)
	}
	r.resumeGvars(ctx)
}

// stopGvars gives away what is left when the room leaves memory.
func (r *cl4Room) stopGvars(ctx actor.Context) {
	g := r.gvars
	for len(g.held) > 0 {
		r.mb.drop(g.unhold())
	}
	g.keeper.stop(ctx.Self())
}
