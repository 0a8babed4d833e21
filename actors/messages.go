package actors

import (
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/protocol/scratch"
)

// Every message between actors is here, with who sends it to whom. Messages are plain values: apart from the Ref,
// which stands for the sender, they hold nothing that could not be sent to another node.
//
// A message with a `from` that the sender counts as outstanding is settled exactly once, by whoever carried it out
// or by undelivered.

// To a session.
type (
	// end: transport to session. The connection has ended; nothing more will be received.
	end struct{ End }
	// wake: any actor to session. Something that the session waits for may have been settled, or something was put
	// into its inbox.
	wake struct{}
	// joined: room or directory to session. The answer to a join.
	joined struct {
		room string
		pid  *actor.PID     // nil when the join failed
		why  scratch.Ending // how to close the client when it failed; zero for CL4
	}
	// privateDone: room to session. The answer to a private that has report set.
	privateDone struct{ found, ambiguous int }
	// identifyExpired: timer to session. It has not said what it speaks.
	identifyExpired struct{}
	// heldDue: timer to session. Rate-limited Scratch updates may go on.
	heldDue struct{}
	// crash: tests to session or room. It panics.
	crash struct{ from *Ref }
)

// To a CL4 room.
type (
	// publish: session to room. A frame for all members, with a copy of its own for the sender where own is set.
	publish struct {
		from       *Ref
		frame, own *codec.Frame
		gvar       *gvarChange // nil: it is no gvar, or values are not kept
	}
	// private: session to room. A frame for the recipients that the selector finds.
	private struct {
		from     *Ref
		to       cl4.Selector
		frame    *codec.Frame
		listener codec.Raw
		report   bool // send privateDone to the session instead of a status code to the client
	}
	// named: session to room. A member has set its name.
	named struct {
		from *Ref
		user cl4.User
	}
	// listWanted: session to room. Send the user list to the member.
	listWanted struct{ from *Ref }
	// leave: session to room. settles tells whether the session counts it; a session that has ended does not.
	leave struct {
		from    *Ref
		settles bool
	}
	// members: plugins to room. The members, as they are now, are sent to reply, which has room for them.
	members struct{ reply chan<- []Member }
	// vars: plugins to room. The function runs on the room's actor with the room's variables for plugins.
	vars struct {
		use  func(*RoomVars)
		done chan<- struct{}
	}
)

// To a Scratch room.
type (
	// update: session to room. A change of the variables.
	update struct {
		from   *Ref
		change scratch.Change
	}
	// variablesWanted: plugins to room. The variables, as they are now, are sent to reply, which has room for them.
	variablesWanted struct{ reply chan<- []scratch.Variable }
	// variableChange: plugins to room. A change of the variables by the server.
	variableChange struct {
		change scratch.Change
		reply  chan<- error
	}
	// flush: timer to room. Send what was collected.
	flush struct{}
	// catchUp: timer to room. See whether slow members can take more.
	catchUp struct{}
)

// To rooms and registry shards.
type (
	// relay: session to the actor that it last sent something to. A frame for the sender itself that must not
	// overtake what that actor still has to do.
	relay struct {
		from  *Ref
		frame *codec.Frame
	}
)

// To the directory and back.
type (
	// join: session to directory to room. The session becomes a member.
	join struct {
		from  *Ref
		key   RoomKey
		user  cl4.User // CL4 only
		quiet bool     // nobody is told and no list is sent: the room that identification puts a client into
	}
	// leavePending: a session that failed to directory to room, for a join that was not answered yet.
	leavePending struct {
		from *Ref
		key  RoomKey
	}
	// roomUp: group to directory. A room was spawned.
	roomUp struct {
		key RoomKey
		pid *actor.PID
	}
	// roomEmpty: room to directory. The last member has left; joins is how many joins it has seen by then.
	roomEmpty struct {
		key   RoomKey
		joins uint64
		keep  bool // it holds variables that outlive its members
	}
	// findRoom, createRoom, deleteRoom, listRooms: plugins to directory.
	findRoom struct {
		key   RoomKey
		reply chan<- *actor.PID
	}
	createRoom struct {
		key   RoomKey
		reply chan<- error
	}
	deleteRoom struct {
		key   RoomKey
		force bool // it ends when its members have left
		reply chan<- error
	}
	listRooms struct{ reply chan<- []RoomKey }
	// sweep: timer to directory. Stop rooms that have been empty for long enough.
	sweep struct{}
)

// To groups, the logic-free parents.
type (
	// openSession: transport to group. Spawn the actor of a connection.
	openSession struct{ s *session }
	// openRoom: directory to group. Spawn the actor of a room and send the directory a roomUp.
	openRoom struct {
		state room
		dir   *actor.PID
	}
	// forget: group to an actor that has stopped. It never arrives.
	forget struct{}
	// openActor: plugins to group. Spawn an actor of a plugin.
	openActor struct {
		name  string
		props *actor.Props
		reply chan<- spawned
	}
	spawned struct {
		pid *actor.PID
		err error
	}
)

// To the registry.
type (
	// register: session to registry. A connection was opened.
	register struct{ from *Ref }
	// registerName: session to registry. A CL4 client has set its name.
	registerName struct {
		from *Ref
		name string
	}
	// unregister: session to registry. A connection has ended.
	unregister struct{ id codec.ID }
	// unregisterName: session to registry, beside unregister, for a client with a name.
	unregisterName struct {
		id   codec.ID
		name string
	}
	// identified: session to registry. A connection speaks CL4, so that it can be found.
	identified struct{ id codec.ID }
	// direct: session to registry. A frame for the client with this id or name.
	direct struct {
		from     *Ref
		to       string
		frame    *codec.Frame
		listener codec.Raw
		named    bool // it was looked for among the ids
	}
	// directMissed: registry to session. The answer to a direct whose key looks like an id: nil when it was
	// delivered, else the direct, whose key may be a name.
	directMissed struct{ direct *direct }
	// findClients: plugins to registry. byName looks for usernames, else id or uuid.
	findClients struct {
		key    string
		byName bool
		reply  chan<- []*Ref
	}
	// listClients: plugins to registry.
	listClients struct{ reply chan<- []*Ref }
)

var publishes = sync.Pool{New: func() any { return new(publish) }}

// newPublish returns a publish that the room gives back with free.
func newPublish(from *Ref, f, own *codec.Frame) *publish {
	p := publishes.Get().(*publish)
	p.from, p.frame, p.own = from, f, own
	return p
}

func (p *publish) free() {
	*p = publish{}
	publishes.Put(p)
}

// What happens to messages that reach an actor that has stopped.

func (p *publish) undelivered()    { p.from.settle() }
func (p *private) undelivered()    { concludePrivate(p, 0, 0) }
func (n *named) undelivered()      { n.from.settle() }
func (l *listWanted) undelivered() { l.from.settle() }
func (l *leave) undelivered() {
	if l.settles {
		l.from.settle()
	}
}
func (u *update) undelivered() { u.from.settle() }
func (r *relay) undelivered() {
	r.from.send(r.frame)
	r.from.settle()
}
func (j *join) undelivered() { j.from.post(&joined{room: j.key.Name}) }
func (d *direct) undelivered() {
	if _, isID := codec.ParseID(d.to); isID && !d.named {
		d.from.post(&directMissed{})
		return
	}
	d.from.settle()
}
func (m *members) undelivered() { close(m.reply) }
func (v *vars) undelivered()    { close(v.done) }

func (v *variablesWanted) undelivered() { close(v.reply) }
func (v *variableChange) undelivered()  { close(v.reply) }

func (c *crash) undelivered() {
	if c.from != nil {
		c.from.settle()
	}
}
