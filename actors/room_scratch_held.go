package actors

import (
	"github.com/asynkron/protoactor-go/actor"
)

// maxHeldBytes bounds the changes that wait in a room for the disk.
const maxHeldBytes = 4 << 20

// held are the messages of a room that have to wait: all that concern its state until it is loaded, and, when nothing
// may be shown before it is on disk, those that would show or change what is just being written. Their order stays.
type held struct {
	messages []any
	bytes    int // of changes
}

// holding tells whether what the room has is not to be shown yet. While the disk fails the service goes on from
// memory.
func (r *scratchRoom) holding() bool {
	k := r.keeper
	return k != nil && k.j.cfg.Sync && k.unsaved.Load() && !k.j.failing()
}

// mustWait tells whether a message comes too early.
func (r *scratchRoom) mustWait(msg any) bool {
	if r.loading {
		return true
	}
	if !r.holding() {
		return false
	}
	switch msg.(type) {
	case *join, *variablesWanted:
		return true // they would be shown what is not on disk
	case *update, *variableChange:
		return len(r.keeper.writing) > 0 // they would be shown together with what is on disk soon
	}
	return false
}

// hold keeps a message for later if it has to wait. It tells whether that was so.
func (r *scratchRoom) hold(msg any) bool {
	if r.keeper == nil {
		return false
	}
	switch msg.(type) {
	case *update, *variableChange, *variablesWanted, *join, *leave, *relay:
	default:
		return false
	}
	if len(r.held.messages) == 0 && !r.mustWait(msg) {
		return false
	}
	if u, ok := msg.(*update); ok {
		size := sizeOf(u)
		if r.held.bytes+size > maxHeldBytes {
			r.keeper.j.count.HeldOver.Add(1)
			u.from.Out.Close(closePolicy, "too many messages")
			u.from.settle()
			return true
		}
		r.held.bytes += size
	}
	r.held.messages = append(r.held.messages, msg)
	r.keeper.j.count.Held.Add(1)
	return true
}

// sizeOf is about how much memory a change takes.
func sizeOf(u *update) int {
	return 128 + len(u.change.Name) + len(u.change.NewName) + len(u.change.Value)
}

// resume carries out what need not wait any longer.
func (r *scratchRoom) resume(ctx actor.Context) {
	for len(r.held.messages) > 0 && !r.mustWait(r.held.messages[0]) {
		r.carryOut(ctx, r.unhold())
	}
	if len(r.held.messages) == 0 {
		r.held.messages = nil
	}
}

// unhold takes the first message out.
func (r *scratchRoom) unhold() any {
	msg := r.held.messages[0]
	r.held.messages[0] = nil
	r.held.messages = r.held.messages[1:]
	r.keeper.j.count.Held.Add(-1)
	if u, ok := msg.(*update); ok {
		r.held.bytes -= sizeOf(u)
	}
	return msg
}

// carryOut handles a message that was held. When that fails, whoever waits for the message is told; the rest is
// carried out when the actor has been restarted.
func (r *scratchRoom) carryOut(ctx actor.Context, msg any) {
	defer telling(msg)
	r.handle(ctx, msg)
}

// onSaved shows what is on disk now and goes on with what has waited for it.
func (r *scratchRoom) onSaved(ctx actor.Context, m *saved) {
	r.keeper.onSaved(m)
	r.keeper.report(ctx.Self())
	r.release(ctx)
}

// release shows what need not be held and carries out what has waited.
func (r *scratchRoom) release(ctx actor.Context) {
	if r.keeper.j.cfg.Sync && !r.holding() {
		r.flush()
	}
	r.resume(ctx)
}

// dropHeld tells everybody whose message waits that the room is gone.
func (r *scratchRoom) dropHeld() {
	for len(r.held.messages) > 0 {
		r.mb.drop(r.unhold())
	}
}
