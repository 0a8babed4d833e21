package scratch

import "github.com/skeinhq/skein/codec"

// Member stands for a member of a room. Its number means nothing; the room actor hands them out.
type Member uint64

// Room is the state of one room: its variables and the updates that were not sent yet. It belongs to the room
// actor, which also keeps the members.
type Room struct {
	rules *Rules
}

// NewRoom returns an empty room.
func (r *Rules) NewRoom() *Room { return &Room{rules: r} }

// Outcome is what Room.Apply leads to.
type Outcome struct {
	// Changed says that the variables are not as they were; a journal keeps the Change.
	Changed bool
	// Pending says that updates wait for Flush.
	Pending bool
	// Flush says that they should not wait any longer.
	Flush bool
	// Close ends the sender unless it is zero; nothing was changed then.
	Close Ending
}

// Apply carries out a change that member asked for.
func (r *Room) Apply(member Member, c Change) Outcome { panic("TODO") }

// Replay carries out a change that was applied before, without limits and without telling anybody.
func (r *Room) Replay(c Change) { panic("TODO") }

// Snapshot returns the variables in the order of their creation.
func (r *Room) Snapshot() []Variable { panic("TODO") }

// Restore replaces the variables of a room that has no members yet.
func (r *Room) Restore(vars []Variable) { panic("TODO") }

// Len is the number of variables.
func (r *Room) Len() int { panic("TODO") }

// Cursor says how much of a room a member has been sent. It is a plain value.
type Cursor struct {
	seen uint64 // the latest change that the member knows
	seq  uint64 // of the state at joining: the next variable to send; 0: it was sent
}

// Join returns the cursor of a newcomer, who has been sent nothing: Next returns the state of the room first.
func (r *Room) Join() Cursor { panic("TODO") }

// Next returns the next frame for a member that is behind and the cursor after it: for a newcomer the variables in
// the order of their creation, then for everybody the latest values of what changed since. A nil frame means that
// the member is no longer behind. ok is false when the member cannot catch up, because too many variables were
// deleted meanwhile; it should be closed as a slow consumer.
func (r *Room) Next(member Member, c Cursor) (f *codec.Frame, next Cursor, ok bool) { panic("TODO") }

// Batch is a number of updates that are sent together.
type Batch struct{}

// Flush returns what was collected since the last Flush.
func (r *Room) Flush() Batch { panic("TODO") }

// For returns the frame for a member, or nil. Those who sent nothing of the batch and were there from its
// beginning share one frame.
func (b *Batch) For(member Member, c Cursor) *codec.Frame { panic("TODO") }

// Advance returns the cursor of a member that was sent the batch.
func (b *Batch) Advance(c Cursor) Cursor { panic("TODO") }
