package actors

import (
	"errors"
	"maps"
	"runtime/debug"
	"slices"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// later runs work on a goroutine of its own, where it may wait for the disk or compute for long, and answers with what
// it returns. Nothing that the client sends meanwhile overtakes it.
func (s *session) later(what string, m *cl4.Message, work func(*cl4.Message) cl4.StatusPacket) {
	own := m.Clone()
	s.local(func() {
		s.order.await++
		go func() {
			p := s.worked(what, func() cl4.StatusPacket { return work(&own) })
			p.Listener = own.Answerable()
			s.do(func(s *session) {
				s.order.await--
				s.sys.Counters.refused(p.Status)
				s.ref.send(p.Frame())
			})
		}()
	})
}

// worked runs work. Its panic harms nobody else.
func (s *session) worked(what string, work func() cl4.StatusPacket) (p cl4.StatusPacket) {
	defer func() {
		if reason := recover(); reason != nil {
			s.sys.Counters.HandlerPanics.Add(1)
			s.sys.log.Error("a handler failed", "handler", what, "session", s.ref.ID.ULID(), "panic", reason, "stack", string(debug.Stack()))
			p = cl4.StatusPacket{Status: cl4.StatusInternalServerError}
		}
	}()
	return work()
}

// Operation carries a command out that may wait for the disk, ask actors or compute for long: it runs on a goroutine
// of its own, while the client that sent the message waits. What it returns is the answer; the listener is added.
type Operation func(c *Client, m *cl4.Message) cl4.StatusPacket

// BindOperation adds a command that is carried out by an Operation. It costs other commands nothing.
func (p *CL4Protocol) BindOperation(name string, schema cl4.Schema, run Operation) error {
	return p.change(name, func(c *command) (*command, error) {
		if c != nil {
			return nil, ErrCommandAlreadyExists
		}
		return &command{name: name, schema: schema, builtin: -1, run: func(cs cl4.Session, m *cl4.Message) {
			s := cs.(*session)
			s.later(name, m, func(m *cl4.Message) cl4.StatusPacket { return run(&s.ref.client, m) })
		}}, nil
	})
}

// ErrCommandAlreadyExists is returned by BindOperation.
var ErrCommandAlreadyExists = errors.New("the command exists already")

// Bounds on the attributes of a client.
const (
	maxAttributes     = 64
	maxAttributeBytes = 16 << 10 // names and values of all
)

// ErrManyAttributes is returned by SetAttribute.
var ErrManyAttributes = errors.New("a client has 64 attributes of 16 KiB together at most")

// extra is what few sessions have.
type extra struct {
	told       ClientInfo // of clients that are not CL4's
	attributes map[string]codec.Raw
	login      any
}

// Attribute returns what SetAttribute has left under a name.
func (c *Client) Attribute(name string) (value codec.Raw, ok bool) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.extra == nil {
		return nil, false
	}
	value, ok = c.s.extra.attributes[name]
	return slices.Clone(value), ok
}

// Attributes returns all attributes of the client.
func (c *Client) Attributes() map[string]codec.Raw {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.extra == nil {
		return nil
	}
	return maps.Clone(c.s.extra.attributes) // values are replaced, never changed
}

// SetAttribute keeps a value, which is JSON, with the client for as long as it is connected: administrators and plugins
// may use names as they like.
func (c *Client) SetAttribute(name string, value codec.Raw) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	e := c.s.more()
	size := len(name) + len(value)
	for n, v := range e.attributes {
		if n != name {
			size += len(n) + len(v)
		}
	}
	_, known := e.attributes[name]
	if size > maxAttributeBytes || !known && len(e.attributes) == maxAttributes {
		return ErrManyAttributes
	}
	if e.attributes == nil {
		e.attributes = make(map[string]codec.Raw)
	}
	e.attributes[name] = slices.Clone(value)
	return nil
}

// DeleteAttribute forgets an attribute, and tells whether there was one.
func (c *Client) DeleteAttribute(name string) bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.extra == nil {
		return false
	}
	_, known := c.s.extra.attributes[name]
	delete(c.s.extra.attributes, name)
	return known
}

// User is who the client is to other clients.
func (c *Client) User() cl4.User { return c.user() }

// Login returns what SetLogin has left: as whom the client has logged in.
func (c *Client) Login() any {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.extra == nil {
		return nil
	}
	return c.s.extra.login
}

// SetLogin keeps as whom the client has logged in, for as long as it is connected. nil logs it out.
func (c *Client) SetLogin(login any) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.more().login = login
}

// more is the extra of a session. s.mu is held.
func (s *session) more() *extra {
	if s.extra == nil {
		s.extra = new(extra)
	}
	return s.extra
}
