package actors

import (
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/protocol/scratch"
)

// Message is what OnMessage handlers see: a message that reaches a command.
type Message struct {
	Protocol Protocol
	// Command is the CL4 command or the Scratch method.
	Command string
	// CL4 is the message of a CL4 client.
	CL4 cl4.Message
	// Scratch is the message of a Scratch client. What it changes is in its field Change.
	Scratch scratch.Message
}

// hooks are what plugins have bound to events. Reading them costs one load; binding copies them.
type hooks struct {
	sys *System
	mu  sync.Mutex // serialises binding
	// bound tells that plugins have bound something, so that sessions may take their time.
	bound atomic.Bool
	p     atomic.Pointer[hookLists]
}

type hookLists struct {
	connect, disconnect []func(*Client)
	message             []func(*Client, Message)
	failed              []func(*Client, string)
	identified          map[Protocol][]func(*Client)
	left                map[Protocol][]func(*Client)
	disabled            map[Protocol][]func(*Client, string)
	exceptions          map[exception][]func(*Client, string)
}

// exception is what OnException handlers are bound to.
type exception struct {
	protocol Protocol
	kind     cl4.Kind
}

var noHooks hookLists

func (h *hooks) lists() *hookLists {
	if l := h.p.Load(); l != nil {
		return l
	}
	return &noHooks
}

// bind changes a copy of the lists.
func (h *hooks) bind(change func(*hookLists)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := *h.lists()
	change(&l)
	h.p.Store(&l)
	h.bound.Store(true)
}

// with returns a copy of m with f behind what it had for key, so that readers of m are not disturbed.
func with[K comparable, F any](m map[K][]F, key K, f F) map[K][]F {
	c := make(map[K][]F, len(m)+1)
	for k, v := range m {
		c[k] = v
	}
	c[key] = append(slices.Clone(c[key]), f)
	return c
}

// OnConnect binds a handler to opened connections, of whatever protocol and before anything was received. Refused
// connections are not reported.
func (s *System) OnConnect(f func(*Client)) {
	s.hooks.bind(func(l *hookLists) { l.connect = append(slices.Clone(l.connect), f) })
}

// OnDisconnect binds a handler to ended connections. The client is no longer in the client list.
func (s *System) OnDisconnect(f func(*Client)) {
	s.hooks.bind(func(l *hookLists) { l.disconnect = append(slices.Clone(l.disconnect), f) })
}

// OnMessage binds a handler to every message, of whatever protocol, that reaches a command; refused ones do not. It
// runs before the command. All handlers of a message share its values, which must not be changed.
func (s *System) OnMessage(f func(*Client, Message)) {
	s.hooks.bind(func(l *hookLists) { l.message = append(slices.Clone(l.message), f) })
}

// OnError binds a handler to every refused message, of whatever protocol; it gets a sentence that says why.
func (s *System) OnError(f func(c *Client, what string)) {
	s.hooks.bind(func(l *hookLists) { l.failed = append(slices.Clone(l.failed), f) })
}

// OnProtocolIdentified binds a handler to clients that turn out to speak a protocol: once per client, before its
// first message is carried out.
func (s *System) OnProtocolIdentified(p Protocol, f func(*Client)) {
	s.hooks.bind(func(l *hookLists) { l.identified = with(l.identified, p, f) })
}

// OnProtocolDisconnect is OnDisconnect for clients of one protocol.
func (s *System) OnProtocolDisconnect(p Protocol, f func(*Client)) {
	s.hooks.bind(func(l *hookLists) { l.left = with(l.left, p, f) })
}

// guard runs a handler of a plugin. Its panic harms nobody else.
func (h *hooks) guard(s *session, what string, f func()) (ok bool) {
	defer func() {
		if reason := recover(); reason != nil {
			h.sys.Counters.HandlerPanics.Add(1)
			h.sys.log.Error("a handler failed", "handler", what, "session", s.ref.ID.ULID(), "panic", reason, "stack", string(debug.Stack()))
			ok = false
		}
	}()
	f()
	return true
}

func (h *hooks) each(s *session, what string, fs []func(*Client)) {
	for _, f := range fs {
		h.guard(s, what, func() { f(&s.ref.client) })
	}
}

func (h *hooks) connect(s *session) {
	if o := h.sys.observed(); o != nil {
		o.Connected(&s.ref.client)
	}
	h.each(s, "on_connect", h.lists().connect)
}

func (h *hooks) identified(s *session) {
	h.each(s, "on_protocol_identified", h.lists().identified[s.protocol])
}

func (h *hooks) disconnect(s *session, e End) {
	if o := h.sys.observed(); o != nil {
		o.Disconnected(&s.ref.client, e)
	}
	l := h.lists()
	h.each(s, "on_disconnect", l.disconnect)
	if s.protocol != None {
		h.each(s, "on_protocol_disconnect", l.left[s.protocol])
	}
}

func (h *hooks) message(s *session, m *cl4.Message) {
	fs := h.lists().message
	if len(fs) == 0 {
		return
	}
	h.report(s, Message{Protocol: CL4, Command: m.Cmd, CL4: m.Clone()})
}

func (h *hooks) report(s *session, m Message) {
	for _, f := range h.lists().message {
		h.guard(s, "on_message", func() { f(&s.ref.client, m) })
	}
}

func (h *hooks) onException(p Protocol, kind cl4.Kind, f func(*Client, string)) {
	h.bind(func(l *hookLists) { l.exceptions = with(l.exceptions, exception{p, kind}, f) })
}

// failed reports a message that was not understood or not carried out.
func (h *hooks) failed(s *session, what string) {
	for _, f := range h.lists().failed {
		h.guard(s, "on_error", func() { f(&s.ref.client, what) })
	}
}

// refused reports a refused message of an identified client.
func (h *hooks) refused(s *session, kind cl4.Kind, details string) {
	l := h.lists()
	if len(l.failed) > 0 {
		h.failed(s, kind.String()+": "+details)
	}
	for _, f := range l.exceptions[exception{s.protocol, kind}] {
		h.guard(s, "on_exception", func() { f(&s.ref.client, details) })
	}
}

// wantRefused tells whether anybody wants to hear of refused messages.
func (h *hooks) wantRefused() bool {
	l := h.lists()
	return len(l.failed) > 0 || len(l.exceptions) > 0
}

func (h *hooks) disabledCommand(s *session, name string) {
	for _, f := range h.lists().disabled[s.protocol] {
		h.guard(s, "on_disabled_command", func() { f(&s.ref.client, name) })
	}
}
