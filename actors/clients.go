package actors

import (
	"fmt"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// Clients is the client list. Its methods ask the registry and wait for its answer, which never takes long; they may
// be called from handlers.
type Clients struct{ sys *System }

// Clients returns the client list.
func (s *System) Clients() Clients { return Clients{s} }

// Len is the number of open connections.
func (l Clients) Len() int { return int(l.sys.Counters.Sessions.Load()) }

// All returns all connections, also those that have not said yet what they speak.
func (l Clients) All() []*Client {
	var all []*Client
	for _, shard := range l.sys.registry.shards {
		refs, _ := ask(l.sys, shard, func(reply chan<- []*Ref) any { return &listClients{reply: reply} })
		all = append(all, clientsOf(refs)...)
	}
	return all
}

// IDs returns the ids of all connections.
func (l Clients) IDs() []string { return l.texts((*Client).ID) }

// UUIDs returns the uuids of all connections.
func (l Clients) UUIDs() []string { return l.texts((*Client).UUID) }

func (l Clients) texts(of func(*Client) string) []string {
	all := l.All()
	out := make([]string, len(all))
	for i, c := range all {
		out[i] = of(c)
	}
	return out
}

// ByID finds a connection by its id or uuid.
func (l Clients) ByID(id string) (*Client, error) {
	key, ok := codec.ParseID(id)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoResultsFound, id)
	}
	found, err := l.find(l.sys.registry.byID(key), id, false)
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// ByUsername finds the CL4 clients with a name.
func (l Clients) ByUsername(name string) ([]*Client, error) {
	return l.find(l.sys.registry.byName(name), name, true)
}

// Find looks for an id or uuid first and for a username then.
func (l Clients) Find(key string) ([]*Client, error) {
	if c, err := l.ByID(key); err == nil {
		return []*Client{c}, nil
	}
	return l.ByUsername(key)
}

func (l Clients) find(shard *actor.PID, key string, byName bool) ([]*Client, error) {
	refs, err := ask(l.sys, shard, func(reply chan<- []*Ref) any {
		return &findClients{key: key, byName: byName, reply: reply}
	})
	if err != nil {
		return nil, err
	}
	if len(refs) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoResultsFound, key)
	}
	return clientsOf(refs), nil
}

// Exists tells whether a client is in the list.
func (l Clients) Exists(c *Client) bool {
	_, err := l.ByID(c.ID())
	return err == nil
}

// Add puts a client that was removed into the list again.
func (l Clients) Add(c *Client) error {
	if l.Exists(c) {
		return ErrClientAlreadyExists
	}
	l.sys.registry.register(c.s.ref)
	if u := c.user(); u.Named && c.Protocol() == CL4 {
		l.sys.registry.registerName(c.s.ref, u.Username)
	}
	if c.Protocol() == CL4 {
		l.sys.registry.identified(c.s.ref)
	}
	return nil
}

// Remove takes a client out of the list: nobody finds it there any more, although it stays connected.
func (l Clients) Remove(c *Client) error {
	if !l.Exists(c) {
		return ErrClientDoesNotExist
	}
	l.sys.registry.unregister(c.s.ref, c.user())
	return nil
}

// SetUsername names a CL4 client as setid does.
func (l Clients) SetUsername(c *Client, name string) error {
	if !l.Exists(c) {
		return ErrClientDoesNotExist
	}
	return c.SetUsername(name)
}

// SetProtocol decides what a client speaks before its first message does.
func (l Clients) SetProtocol(c *Client, p Protocol) error {
	switch {
	case !l.Exists(c):
		return ErrClientDoesNotExist
	case c.Protocol() != None:
		return ErrProtocolAlreadySet
	case !l.sys.speaks(p):
		return ErrProtocolNotServed
	}
	c.s.do(func(s *session) {
		if s.protocol == None && s.sys.speaks(p) {
			s.identifyAs(p)
		}
	})
	return nil
}

func clientsOf(refs []*Ref) []*Client {
	out := make([]*Client, len(refs))
	for i, r := range refs {
		out[i] = &r.client
	}
	return out
}

// ask sends a message with a reply channel to an actor that answers at once, and waits.
func ask[T any](s *System, pid *actor.PID, msg func(chan<- T) any) (answer T, err error) {
	if pid == nil {
		return answer, ErrNotStarted
	}
	reply := make(chan T, 1)
	s.sendTo(pid, msg(reply))
	select {
	case answer, ok := <-reply:
		if !ok {
			return answer, ErrRoomDoesNotExist
		}
		return answer, nil
	case <-s.done:
		return answer, ErrStopped
	}
}

// Send sends one object or text to any number of clients. It is encoded once. Nobody waits for the network.
func (s *System) Send(v any, to ...*Client) error {
	f, err := cl4.Encode(v)
	if err != nil {
		return err
	}
	for _, c := range to {
		c.SendFrame(f)
	}
	return nil
}

// Close ends the connections of any number of clients. The usual code is 1000.
func (s *System) Close(code uint16, reason string, clients ...*Client) {
	for _, c := range clients {
		c.Close(code, reason)
	}
}
