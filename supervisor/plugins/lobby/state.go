package lobby

import (
	"slices"
	"strings"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
)

// lobbies is all that the plugin knows. It belongs to the actor, and outlives it when it is restarted.
type lobbies struct {
	cl4    *actors.CL4Protocol
	byName map[string]*lobby
	of     map[*actors.Client]*lobby // where each member is
}

// lobby is never empty. Its first member is the host.
type lobby struct {
	name, password string
	max            int
	locked         bool
	members        []member // in the order in which they came
}

type member struct {
	client *actors.Client
	user   codec.Raw // the user object
}

func newLobbies(p *actors.CL4Protocol) *lobbies {
	return &lobbies{cl4: p, byName: make(map[string]*lobby), of: make(map[*actors.Client]*lobby)}
}

func (s *lobbies) add(l *lobby, c *actors.Client) {
	l.members = append(l.members, member{c, s.cl4.UserObject(c)})
	s.of[c] = l
}

// remove takes a client out of its lobby and tells those that are left. It returns false when it was in none.
func (s *lobbies) remove(c *actors.Client, mode string) bool {
	l := s.of[c]
	if l == nil {
		return false
	}
	delete(s.of, c)
	i := slices.IndexFunc(l.members, func(m member) bool { return m.client == c })
	left := l.members[i]
	l.members = slices.Delete(l.members, i, i+1)
	if len(l.members) == 0 {
		delete(s.byName, l.name)
		return true
	}
	s.tell(l, mode, left.user)
	if i == 0 {
		s.tell(l, "host", l.members[0].user)
	}
	return true
}

// event is what members are told.
type event struct {
	Cmd  string `json:"cmd"`
	Mode string `json:"mode"`
	Name string `json:"name"`
	Val  any    `json:"val,omitempty"`
}

// tell sends an event to all members.
func (s *lobbies) tell(l *lobby, mode string, val any) {
	clients := make([]*actors.Client, len(l.members))
	for i, m := range l.members {
		clients[i] = m.client
	}
	s.send(mode, l.name, val, clients...)
}

func (s *lobbies) send(mode, name string, val any, to ...*actors.Client) {
	if raw, isRaw := val.(codec.Raw); isRaw && len(raw) == 0 {
		val = nil
	}
	_ = to[0].System().Send(event{Cmd: "lobby", Mode: mode, Name: name, Val: val}, to...)
}

// view is a lobby as clients see it.
type view struct {
	Name     string    `json:"name"`
	Host     codec.Raw `json:"host"`
	Members  int       `json:"members"`
	Max      int       `json:"max"`
	Password bool      `json:"password"` // whether there is one
	Locked   bool      `json:"locked"`
}

func (l *lobby) view() view {
	return view{l.name, l.members[0].user, len(l.members), l.max, l.password != "", l.locked}
}

// maxListed bounds the answer to lobby_list.
const maxListed = 200

// list returns the lobbies by name.
func (s *lobbies) list() []view {
	views := make([]view, 0, len(s.byName))
	for _, l := range s.byName {
		views = append(views, l.view())
	}
	slices.SortFunc(views, func(a, b view) int { return strings.Compare(a.Name, b.Name) })
	return views[:min(len(views), maxListed)]
}
