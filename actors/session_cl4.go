package actors

import (
	"slices"
	"sync"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

var _ cl4.Session = (*session)(nil)

// onCL4 takes one message of a CL4 client through CloudLink's order of checks to its command.
func (s *session) onCL4(text []byte) {
	p := pads.Get().(*pad)
	s.pad = p
	s.carryOutCL4(&p.message, cl4.Decode(text, &p.message))
	s.pad = nil
	p.message = cl4.Message{}
	clear(p.rooms[:cap(p.rooms)])
	pads.Put(p)
}

// pad is what a session needs while it handles a message. Handlers borrow the message; what keeps it keeps a clone.
type pad struct {
	message cl4.Message
	rooms   []string
}

var pads = sync.Pool{New: func() any { return new(pad) }}

func (s *session) carryOutCL4(m *cl4.Message, refused *cl4.Refusal) {
	if !s.rate.take(s.sys) {
		s.sys.Counters.RateLimited.Add(1)
		s.refuse(&cl4.Refusal{
			Kind:    cl4.Overloaded,
			Packet:  cl4.StatusPacket{Status: cl4.StatusRefused, Details: cl4.Text("You are sending messages too fast."), Listener: m.Answerable()},
			Details: "message rate exceeded",
		})
		return
	}
	if refused != nil {
		s.refuse(refused)
		return
	}
	c := s.sys.cl4.find(m.Cmd)
	switch {
	case c == nil:
		s.sys.Counters.CL4Unknown.Add(1)
		s.refuse(&cl4.Refusal{
			Kind:    cl4.InvalidCommand,
			Packet:  cl4.StatusPacket{Status: cl4.StatusInvalidCommand, Details: cl4.Text(m.Cmd + " is an invalid command."), Listener: m.Answerable()},
			Details: m.Cmd,
		})
		return
	case c.disabled:
		packet := cl4.StatusPacket{Status: cl4.StatusCommandDisabled, Details: cl4.Text(m.Cmd + " is a disabled command."), Listener: m.Answerable()}
		s.sys.Counters.refused(packet.Status)
		s.Reply(packet.Frame())
		s.sys.hooks.disabledCommand(s, m.Cmd)
		return
	}
	c.count(&s.sys.Counters)
	if refused := c.schema.Check(m); refused != nil {
		s.refuse(refused)
		return
	}
	if c.username && !s.user.Named {
		s.refuse(cl4.UsernameRequired(m))
		return
	}
	s.sys.hooks.message(s, m)
	if c.run != nil {
		c.run(s, m)
	}
	for _, h := range c.handlers {
		s.runHandler(h, m)
	}
}

// refuse answers a message that is not carried out and tells plugins.
func (s *session) refuse(r *cl4.Refusal) {
	s.sys.Counters.refused(r.Packet.Status)
	s.Reply(r.Packet.Frame())
	s.sys.hooks.refused(s, r.Kind, r.Details)
}

// User implements cl4.Session.
func (s *session) User() cl4.User {
	return cl4.User{ID: s.ref.ID, Username: s.user.Username, Named: s.user.Named}
}

// ClientIP implements cl4.Session.
func (s *session) ClientIP() string { return s.peer.ClientIP }

// Config implements cl4.Session.
func (s *session) Config() *cl4.Config { return s.sys.cl4.config.Load() }

// FirstHandshake implements cl4.Session.
func (s *session) FirstHandshake() bool {
	first := !s.greeted
	if first {
		s.mu.Lock()
		s.greeted = true
		s.mu.Unlock()
	}
	return first
}

// Rooms implements cl4.Session.
func (s *session) Rooms() []string {
	names := s.RoomBuffer()
	for _, m := range s.rooms {
		names = append(names, m.name)
	}
	if s.pad != nil {
		s.pad.rooms = names
	}
	return names
}

// Joined implements cl4.Session.
func (s *session) Joined(room string) (string, bool) {
	if m := s.membership(room); m != nil {
		return m.name, true
	}
	return "", false
}

// RoomBuffer implements cl4.Session.
func (s *session) RoomBuffer() []string {
	if s.pad == nil {
		return nil
	}
	return s.pad.rooms[:0]
}

// membership looks a joined room up. Clients are in one room or a few, and never in more than Config.MaxRooms.
func (s *session) membership(room string) *membership {
	for _, m := range s.rooms {
		if m.name == room {
			return m
		}
	}
	return nil
}

// Publish implements cl4.Session.
func (s *session) Publish(room string, f, own *codec.Frame) {
	if m := s.membership(room); m != nil {
		s.tellRoom(m, newPublish(s.ref, f, own))
	}
}

// PublishVar implements cl4.Session.
func (s *session) PublishVar(room string, name, val codec.Raw, f, own *codec.Frame) {
	if m := s.membership(room); m != nil {
		p := newPublish(s.ref, f, own)
		p.gvar = s.sys.newGvarChange(name, val)
		s.tellRoom(m, p)
	}
}

// Private implements cl4.Session. One room answers by itself; of several the answers are collected one by one, so
// that an ambiguous name stops the rest.
func (s *session) Private(rooms []string, to cl4.Selector, frame func(string) *codec.Frame, listener codec.Raw) {
	listener = slices.Clone(listener)
	switch len(rooms) {
	case 0:
		s.answerPrivate(cl4.PrivateAnswer(to, 0, 0, listener))
		return
	case 1:
		s.tellRoom(s.membership(rooms[0]), &private{from: s.ref, to: to, frame: frame(rooms[0]), listener: listener})
		return
	}
	asks := &privateRound{to: to, listener: listener}
	for _, room := range rooms {
		asks.rooms = append(asks.rooms, s.membership(room))
		asks.frames = append(asks.frames, frame(room))
	}
	s.local(func() {
		s.order.await++
		s.round = asks
		s.nextPrivate()
	})
}

// privateRound is a pmsg or pvar to several rooms under way.
type privateRound struct {
	to       cl4.Selector
	listener codec.Raw
	rooms    []*membership
	frames   []*codec.Frame
	found    int
}

func (s *session) nextPrivate() {
	r := s.round
	for len(r.rooms) > 0 {
		m, f := r.rooms[0], r.frames[0]
		r.rooms, r.frames = r.rooms[1:], r.frames[1:]
		if m.pid == nil {
			continue
		}
		s.sys.sendTo(m.pid, &private{from: s.ref, to: r.to, frame: f, report: true})
		return
	}
	s.endPrivate(0)
}

func (s *session) onPrivateDone(d privateDone) {
	if s.round == nil {
		return
	}
	s.round.found += d.found
	if d.ambiguous > 0 {
		s.endPrivate(d.ambiguous)
		return
	}
	s.nextPrivate()
}

// endPrivate answers. Everything before it has been settled, so the answer goes straight out.
func (s *session) endPrivate(ambiguous int) {
	r := s.round
	s.round = nil
	s.order.await--
	p := cl4.PrivateAnswer(r.to, r.found, ambiguous, r.listener)
	s.sys.Counters.refused(p.Status)
	s.ref.send(p.Frame())
	s.resume()
}

func (s *session) answerPrivate(p cl4.StatusPacket) {
	s.sys.Counters.refused(p.Status)
	s.Reply(p.Frame())
}

// Direct implements cl4.Session.
func (s *session) Direct(to string, f *codec.Frame, listener codec.Raw) {
	d := &direct{from: s.ref, to: to, frame: f, listener: slices.Clone(listener)}
	id, isID := codec.ParseID(to)
	if !isID {
		s.tell(s.sys.registry.byName(to), d)
		return
	}
	// Whether it is an id is known only to the shard that would have it. The session waits for the answer, because
	// a name that looks like an id has to be looked for elsewhere.
	s.local(func() {
		s.order.await++
		s.sys.sendTo(s.sys.registry.byID(id), d)
	})
}

// onDirectMissed comes for every direct to something that looks like an id: direct is nil when it was delivered.
func (s *session) onDirectMissed(m *directMissed) {
	s.order.await--
	if m.direct != nil {
		s.order.lane = s.sys.registry.byName(m.direct.to)
		s.order.sent++
		s.sys.sendTo(s.order.lane, m.direct)
	}
	s.resume()
}

// SetUsername implements cl4.Session.
func (s *session) SetUsername(name string) {
	s.mu.Lock()
	s.user = identity{name, true}
	s.mu.Unlock()
	s.sys.moderation.named(s)
	// In the mailbox of its shard before the client hears of it, so that nobody can ask for the name too early.
	s.sys.registry.registerName(s.ref, name)
	for _, m := range s.rooms {
		s.tellRoom(m, &named{from: s.ref, user: s.User()})
	}
}

// SendUserList implements cl4.Session.
func (s *session) SendUserList(room string) {
	if m := s.membership(room); m != nil {
		s.tellRoom(m, &listWanted{from: s.ref})
	}
}

// Join implements cl4.Session.
func (s *session) Join(room string) {
	if s.membership(room) != nil {
		s.SendUserList(room)
		return
	}
	s.join(room, false)
}

// enter puts the client into a room without telling anybody.
func (s *session) enter(room string) { s.join(room, true) }

func (s *session) join(room string, quiet bool) {
	m := &membership{name: room}
	s.mu.Lock()
	s.rooms = append(s.rooms, m)
	s.mu.Unlock()
	s.sys.moderation.entered(s, room)
	user := s.User()
	s.local(func() {
		s.joining = m
		s.order.await++
		s.sys.directory.join(&join{from: s.ref, key: s.roomKey(room), user: user, quiet: quiet})
	})
}

// Leave implements cl4.Session.
func (s *session) Leave(room string) {
	for i, m := range s.rooms {
		if m.name == room {
			s.mu.Lock()
			s.rooms = slices.Delete(s.rooms, i, i+1)
			s.mu.Unlock()
			s.sys.moderation.left(s, room)
			s.tellRoom(m, &leave{from: s.ref, settles: true})
			return
		}
	}
}

// onJoined is the answer to a join: the room has sent the client what belongs to it.
func (s *session) onJoined(j *joined) {
	m := s.joining
	if m == nil || m.name != j.room {
		return // a second answer, from a room that failed behind the first one
	}
	s.joining = nil
	s.order.await--
	if m.pid = j.pid; j.pid == nil {
		s.Leave(j.room) // it is forgotten; without a pid nobody is told
		// A room that failed half-way may have let the client in.
		s.sys.directory.leavePending(s.ref, s.roomKey(j.room))
		s.decideEnding(j.why)
		s.sys.hooks.failed(s, "the room "+j.room+" could not be joined")
	}
	s.resume()
}

// skipped lets go of messages for a room that could not be joined.

func (p *publish) skipped(*session)    { p.free() }
func (p *private) skipped(s *session)  { s.ref.send(cl4.PrivateAnswer(p.to, 0, 0, p.listener).Frame()) }
func (n *named) skipped(*session)      {}
func (l *listWanted) skipped(*session) {}
func (l *leave) skipped(*session)      {}
func (u *update) skipped(*session)     {}
