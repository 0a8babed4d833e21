// Package lobby is a plugin for games: clients gather in lobbies until their host starts the game.
//
// Commands, all of which need a username and are answered by a status code with the listener:
//
//	{"cmd":"lobby_create","name":N,"password":P,"max":4}  password and max may be left out
//	{"cmd":"lobby_join","name":N,"password":P}
//	{"cmd":"lobby_leave"}
//	{"cmd":"lobby_list"}                                  answered with val: the list
//	{"cmd":"lobby_kick","id":ID}                          by the host; id is an id or uuid
//	{"cmd":"lobby_lock","val":true}                       by the host; nobody can join a locked lobby
//	{"cmd":"lobby_start","val":V}                         by the host; V is for the members and may be left out
//
// Members are told by {"cmd":"lobby","mode":M,"name":N,"val":V}: modes join, leave, kick and host with the user object
// of whom it is about, lock with true or false, start with the host's val. When the host leaves, the member who has
// been there longest is the host.
//
// Commands turn into messages for one actor, which alone touches the lobbies; see messages.go.
package lobby

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor"
)

// actorName is how commands reach the actor.
const actorName = "lobby"

// Limits, so that nobody can fill the server's memory with lobbies.
const (
	maxLobbies  = 10_000
	maxName     = 64 // bytes
	maxPassword = 64 // bytes
	maxMembers  = 64
	maxDefault  = 16 // members of a lobby that asked for no number
)

// Load spawns the actor and binds the commands.
func Load(s *supervisor.Server) error {
	// What the actor knows lives out here, so that it is all there when the actor has failed and is restarted.
	state := newLobbies(s.CL4())
	if err := s.Spawn(actorName, func() actor.Actor { return lobbyActor{state} }); err != nil {
		return err
	}
	b := binder{s}
	var (
		name     = cl4.Field{Key: "name", Types: cl4.TypeString, Required: true}
		password = cl4.Field{Key: "password", Types: cl4.TypeString}
		max      = cl4.Field{Key: "max", Types: cl4.TypeInteger}
		locked   = cl4.Field{Key: "val", Types: cl4.TypeBoolean, Required: true}
	)
	b.bind("lobby_create", cl4.Schema{Fields: []cl4.Field{name, password, max}}, newCreate)
	b.bind("lobby_join", cl4.Schema{Fields: []cl4.Field{name, password}}, newJoin)
	b.bind("lobby_leave", cl4.Schema{}, newLeave)
	b.bind("lobby_list", cl4.Schema{}, newList)
	b.bind("lobby_kick", cl4.Schema{Required: cl4.KeyID, StringID: true}, newKick)
	b.bind("lobby_lock", cl4.Schema{Fields: []cl4.Field{locked}}, newLock)
	b.bind("lobby_start", cl4.Schema{}, newStart)
	s.OnProtocolDisconnect(actors.CL4, func(c *actors.Client) { _ = s.Tell(actorName, gone{c}) })
	return nil
}

// binder binds commands that become messages for the actor.
type binder struct{ s *supervisor.Server }

func (b binder) bind(command string, schema cl4.Schema, message func(request) (any, error)) {
	o := actors.CommandOptions{Schema: schema, Username: true}
	b.s.CL4().OnCommandWith(command, o, func(c *actors.Client, m cl4.Message) error {
		msg, err := message(request{c, m})
		if err != nil {
			return err
		}
		return b.s.Tell(actorName, msg)
	})
}
