package actors

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// Handler carries a command of a plugin out. It runs on the actor of the client that sent the message, so it may
// take its time without harming anyone but that client, and it may keep c and m and answer later from another
// goroutine. An error, or a panic, is answered with E:105, or with the status of a cl4.StatusError.
type Handler func(c *Client, m cl4.Message) error

// CL4Protocol is CL4 as plugins see it: its commands, its events, and what helps to answer.
type CL4Protocol struct {
	sys    *System
	config atomic.Pointer[cl4.Config] // what it points to never changes

	mu       sync.Mutex // serialises changes of the table
	commands atomic.Pointer[map[string]*command]
}

// command is a bound command: a row of the built-in table, handlers of plugins, or both.
type command struct {
	name     string
	schema   cl4.Schema
	username bool
	run      func(cl4.Session, *cl4.Message) // nil for a command that is a plugin's alone
	builtin  int                             // index in cl4.Commands, or -1
	handlers []Handler
	disabled bool
}

func newCL4Protocol(sys *System, config cl4.Config) *CL4Protocol {
	p := &CL4Protocol{sys: sys}
	p.config.Store(&config)
	table := make(map[string]*command, len(cl4.Commands))
	for i, c := range cl4.Commands {
		table[c.Name] = &command{name: c.Name, schema: c.Schema, username: c.Username, run: c.Run, builtin: i}
	}
	sys.moderation.moderated(table)
	p.commands.Store(&table)
	return p
}

func (p *CL4Protocol) find(name string) *command { return (*p.commands.Load())[name] }

func (c *command) count(n *Counters) {
	if c.builtin < 0 {
		n.CL4Custom.Add(1)
		return
	}
	n.CL4Commands[c.builtin].Add(1)
}

// change replaces one command by a changed copy; nil takes it out of the table.
func (p *CL4Protocol) change(name string, f func(c *command) (*command, error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.find(name)
	var c command
	if old != nil {
		c = *old
		c.handlers = slices.Clone(c.handlers)
	}
	changed, err := f(map[bool]*command{true: &c}[old != nil])
	if err != nil {
		return err
	}
	table := maps.Clone(*p.commands.Load())
	if changed == nil {
		delete(table, name)
	} else {
		table[name] = changed
	}
	p.commands.Store(&table)
	return nil
}

// CL4 returns the CL4 protocol of the server.
func (s *System) CL4() *CL4Protocol { return s.cl4 }

// OnCommand binds a handler to a command. A command may have any number of handlers, and built-in commands may get
// more of them, which run behind what the command does itself. It can be called while clients are connected.
func (p *CL4Protocol) OnCommand(name string, h Handler) { p.OnCommandWith(name, CommandOptions{}, h) }

// CommandOptions say what a new command needs before its handlers run.
type CommandOptions struct {
	Schema cl4.Schema
	// Username tells that the client must have set its name, else it gets E:111.
	Username bool
}

// OnCommandWith is OnCommand for a command that has a schema or needs a username. The options of a command that
// exists already stay as they are.
func (p *CL4Protocol) OnCommandWith(name string, o CommandOptions, h Handler) {
	p.sys.hooks.bound.Store(true)
	_ = p.change(name, func(c *command) (*command, error) {
		if c == nil {
			c = &command{name: name, schema: o.Schema, username: o.Username, builtin: -1}
		}
		c.handlers = append(c.handlers, h)
		return c, nil
	})
}

// UnbindCommand takes a command with all its handlers out of the table, also a built-in one; it is then unknown.
func (p *CL4Protocol) UnbindCommand(name string) error {
	return p.change(name, func(c *command) (*command, error) {
		if c == nil {
			return nil, fmt.Errorf("%w: %s", ErrCommandDoesNotExist, name)
		}
		return nil, nil
	})
}

// DisableCommand makes a command answer E:110.
func (p *CL4Protocol) DisableCommand(name string) error {
	return p.change(name, func(c *command) (*command, error) {
		switch {
		case c == nil:
			return nil, fmt.Errorf("%w: %s", ErrCommandDoesNotExist, name)
		case c.disabled:
			return nil, fmt.Errorf("%w: %s", ErrCommandAlreadyDisabled, name)
		}
		c.disabled = true
		return c, nil
	})
}

// EnableCommand ends DisableCommand.
func (p *CL4Protocol) EnableCommand(name string) error {
	return p.change(name, func(c *command) (*command, error) {
		switch {
		case c == nil:
			return nil, fmt.Errorf("%w: %s", ErrCommandDoesNotExist, name)
		case !c.disabled:
			return nil, fmt.Errorf("%w: %s", ErrCommandNotDisabled, name)
		}
		c.disabled = false
		return c, nil
	})
}

// OnException binds a handler to a kind of refused messages of CL4 clients. details is what CloudLink gave: the
// parser's error, the JSON of the bad keys, or the name of the command.
func (p *CL4Protocol) OnException(kind cl4.Kind, f func(c *Client, details string)) {
	p.sys.hooks.onException(CL4, kind, f)
}

// OnDisabledCommand binds a handler to uses of disabled commands.
func (p *CL4Protocol) OnDisabledCommand(f func(c *Client, name string)) {
	p.sys.hooks.bind(func(l *hookLists) { l.disabled = with(l.disabled, CL4, f) })
}

// runHandler runs one handler of a plugin and answers for it when it fails.
func (s *session) runHandler(h Handler, m *cl4.Message) {
	own := m.Clone()
	err := s.runGuarded(m.Cmd, func() error { return h(&s.ref.client, own) })
	if err == nil {
		return
	}
	refused, ok := errors.AsType[*cl4.StatusError](err)
	if !ok {
		refused = &cl4.StatusError{Status: cl4.StatusInternalServerError}
		s.sys.hooks.refused(s, cl4.InternalError, err.Error())
	}
	s.sys.Counters.refused(refused.Status)
	s.Reply(refused.Packet(m).Frame())
}

// errHandlerFailed stands for a panic, which was logged.
var errHandlerFailed = errors.New("the handler failed")

// runGuarded runs a handler and what it asked for: what it has said comes before what is said of it.
func (s *session) runGuarded(command string, run func() error) (err error) {
	if ok := s.sys.hooks.guard(s, command, func() { err = run() }); !ok {
		err = errHandlerFailed
	}
	s.drainInbox()
	var refused *cl4.StatusError
	if err != nil && err != errHandlerFailed && !errors.As(err, &refused) {
		s.sys.Counters.HandlerErrors.Add(1)
		s.sys.log.Warn("a handler returned an error", "command", command, "session", s.ref.ID.ULID(), "err", err)
	}
	return err
}

// ClientIP is what the client is told of its address.
func (p *CL4Protocol) ClientIP(c *Client) string { return c.IP() }

// UserObject returns {"id","username","uuid"} of a client, without username while there is none: the origin of
// messages like pmsg.
func (p *CL4Protocol) UserObject(c *Client) codec.Raw { return c.user().Object() }

// user is the client's identity as plugins see it.
func (c *Client) user() cl4.User {
	i := c.s.info()
	return cl4.User{ID: c.s.ref.ID, Username: i.Username, Named: i.Named}
}

// SendStatus sends a status code. details and val are left out when they are empty; the listener comes from m, which
// may be nil.
func (p *CL4Protocol) SendStatus(c *Client, status cl4.Status, details string, m *cl4.Message, val any) error {
	packet := cl4.StatusPacket{Status: status}
	if details != "" {
		packet.Details = cl4.Text(details)
	}
	if m != nil {
		packet.Listener = m.Answerable()
	}
	var err error
	if packet.Val, err = cl4.EncodeValue(val); err != nil {
		return err
	}
	c.SendFrame(packet.Frame())
	return nil
}

// SendMessage sends an object and adds the listener of m, which it answers.
func (p *CL4Protocol) SendMessage(c *Client, payload any, m *cl4.Message) error {
	f, err := cl4.WithListener(payload, m)
	if err != nil {
		return err
	}
	c.SendFrame(f)
	return nil
}

// Valid checks a message against a schema. It answers E:101 itself when it returns false.
func (p *CL4Protocol) Valid(c *Client, m *cl4.Message, s cl4.Schema) bool {
	refused := s.Check(m)
	if refused != nil {
		c.SendFrame(refused.Packet.Frame())
	}
	return refused == nil
}

// RequireUsername tells whether the client has a name. It answers E:111 itself when it returns false.
func (p *CL4Protocol) RequireUsername(c *Client, m *cl4.Message) bool {
	_, named := c.Username()
	if !named {
		c.SendFrame(cl4.UsernameRequired(m).Packet.Frame())
	}
	return named
}

// GatherRooms returns the rooms that a message names, or all that the client is in. It answers E:102 or E:115 itself
// when ok is false.
func (p *CL4Protocol) GatherRooms(c *Client, m *cl4.Message) (rooms []string, ok bool) {
	rooms, refused := cl4.GatherRooms(joinedRooms(c.Rooms()), m)
	if refused != nil {
		c.SendFrame(refused.Frame())
		return nil, false
	}
	return rooms, true
}

// joinedRooms are the rooms of a client as GatherRooms looks them up.
type joinedRooms []string

func (r joinedRooms) Rooms() []string      { return r }
func (r joinedRooms) RoomBuffer() []string { return nil }
func (r joinedRooms) Joined(room string) (string, bool) {
	i := slices.Index(r, room)
	if i < 0 {
		return "", false
	}
	return strings.Clone(room), true
}
