package lobby

import (
	"crypto/subtle"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/protocol/cl4"
)

// lobbyActor is the actor: a table from messages to what they do.
type lobbyActor struct{ *lobbies }

// Receive implements actor.Actor.
func (a lobbyActor) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case create:
		a.answer(m.request, a.create(m))
	case join:
		a.answer(m.request, a.join(m))
	case leave:
		a.answer(m.request, a.leave(m))
	case list:
		a.answer(m.request, ok(a.list()))
	case kick:
		a.answer(m.request, a.kick(m))
	case lock:
		a.answer(m.request, a.lock(m))
	case start:
		a.answer(m.request, a.start(m))
	case gone:
		a.remove(m.client, "leave")
	}
}

// answer is the status code that ends a command.
type answer struct {
	status  cl4.Status
	details string
	val     any
}

func ok(val any) answer { return answer{status: cl4.StatusOK, val: val} }
func refuse(status cl4.Status, details string) answer {
	return answer{status: status, details: details}
}

var (
	notMember = refuse(cl4.StatusRoomNotJoined, "You are in no lobby.")
	notHost   = refuse(cl4.StatusRefused, "Only the host can do that.")
)

func (a lobbyActor) answer(r request, w answer) {
	_ = a.cl4.SendStatus(r.from, w.status, w.details, &r.msg, w.val)
}

func (a lobbyActor) create(m create) answer {
	switch {
	case a.of[m.from] != nil:
		return refuse(cl4.StatusRefused, "You are in a lobby already.")
	case a.byName[m.Name] != nil:
		return refuse(cl4.StatusIDConflict, "There is a lobby of that name.")
	case len(a.byName) >= maxLobbies:
		return refuse(cl4.StatusTooLarge, "There are too many lobbies.")
	}
	l := &lobby{name: m.Name, password: m.Password, max: m.Max}
	a.byName[l.name] = l
	a.add(l, m.from)
	return ok(l.view())
}

func (a lobbyActor) join(m join) answer {
	l := a.byName[m.Name]
	switch {
	case a.of[m.from] != nil:
		return refuse(cl4.StatusRefused, "You are in a lobby already.")
	case l == nil:
		return refuse(cl4.StatusIDNotFound, "There is no lobby of that name.")
	case subtle.ConstantTimeCompare([]byte(l.password), []byte(m.Password)) == 0:
		return refuse(cl4.StatusRefused, "The password is wrong.")
	case l.locked:
		return refuse(cl4.StatusRefused, "The lobby is locked.")
	case len(l.members) >= l.max:
		return refuse(cl4.StatusTooLarge, "The lobby is full.")
	}
	a.add(l, m.from)
	a.tell(l, "join", l.members[len(l.members)-1].user)
	return ok(l.view())
}

func (a lobbyActor) leave(m leave) answer {
	if !a.remove(m.from, "leave") {
		return notMember
	}
	return ok(nil)
}

func (a lobbyActor) kick(m kick) answer {
	l, refused := a.hosted(m.request)
	if l == nil {
		return refused
	}
	for _, member := range l.members {
		if member.client.ID() == m.id || member.client.UUID() == m.id {
			a.send("kick", l.name, member.user, member.client)
			a.remove(member.client, "kick")
			return ok(nil)
		}
	}
	return refuse(cl4.StatusIDNotFound, "There is no such member.")
}

func (a lobbyActor) lock(m lock) answer {
	l, refused := a.hosted(m.request)
	if l == nil {
		return refused
	}
	l.locked = m.Locked
	a.tell(l, "lock", l.locked)
	return ok(nil)
}

// start locks the lobby: the game has its players.
func (a lobbyActor) start(m start) answer {
	l, refused := a.hosted(m.request)
	if l == nil {
		return refused
	}
	l.locked = true
	a.tell(l, "start", m.msg.Val)
	return ok(nil)
}

// hosted returns the lobby of a client that is its host.
func (a lobbyActor) hosted(r request) (*lobby, answer) {
	switch l := a.of[r.from]; {
	case l == nil:
		return nil, notMember
	case l.members[0].client != r.from:
		return nil, notHost
	default:
		return l, answer{}
	}
}
