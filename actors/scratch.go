package actors

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/protocol/scratch"
)

// ScratchHandler carries a method of a plugin out, or does something beside a built-in one. It runs on the actor of
// the client that sent the message. Scratch has no answer for an error; it is logged, counted and reported as
// InternalError.
type ScratchHandler func(c *Client, m scratch.Message) error

// ScratchProtocol is the Scratch protocol as plugins see it: its methods and its events.
type ScratchProtocol struct {
	sys *System
	mu  sync.Mutex // serialises changes of the table
	p   atomic.Pointer[map[string]*scratchMethod]

	extended atomic.Bool // a plugin has brought a method of its own
}

// scratchMethod is a built-in method or one of a plugin.
type scratchMethod struct {
	builtin  bool
	disabled bool
	handlers []ScratchHandler
}

func newScratchProtocol(sys *System) *ScratchProtocol {
	p := &ScratchProtocol{sys: sys}
	table := make(map[string]*scratchMethod, len(ScratchMethodNames))
	for _, name := range ScratchMethodNames {
		table[name] = &scratchMethod{builtin: true}
	}
	p.p.Store(&table)
	return p
}

// Scratch returns the Scratch protocol of the server.
func (s *System) Scratch() *ScratchProtocol { return s.scratch }

func (p *ScratchProtocol) find(name string) *scratchMethod { return (*p.p.Load())[name] }

// change replaces one method by a changed copy; nil takes it out of the table.
func (p *ScratchProtocol) change(name string, f func(m *scratchMethod) (*scratchMethod, error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.find(name)
	if m != nil {
		m = &scratchMethod{m.builtin, m.disabled, slices.Clone(m.handlers)}
	}
	m, err := f(m)
	if err != nil {
		return err
	}
	table := maps.Clone(*p.p.Load())
	if m == nil {
		delete(table, name)
	} else {
		table[name] = m
	}
	p.p.Store(&table)
	return nil
}

// OnCommand binds a handler to a method. A method may have any number of handlers; those of handshake, set, create,
// rename and delete run beside what the method itself does. It can be called while clients are connected.
func (p *ScratchProtocol) OnCommand(method string, h ScratchHandler) {
	p.sys.hooks.bound.Store(true)
	_ = p.change(method, func(m *scratchMethod) (*scratchMethod, error) {
		if m == nil {
			m = &scratchMethod{}
			p.extended.Store(true)
		}
		m.handlers = append(m.handlers, h)
		return m, nil
	})
}

// UnbindCommand takes a method with all its handlers out of the table. A built-in one then does nothing any more.
func (p *ScratchProtocol) UnbindCommand(method string) error {
	return p.change(method, func(m *scratchMethod) (*scratchMethod, error) {
		if m == nil || method == "handshake" {
			return nil, fmt.Errorf("%w: %s", ErrCommandDoesNotExist, method)
		}
		return nil, nil
	})
}

// DisableCommand makes a method do nothing. The handshake, without which there would be no Scratch at all, counts as
// no method here.
func (p *ScratchProtocol) DisableCommand(method string) error {
	return p.setDisabled(method, true, ErrCommandAlreadyDisabled)
}

// EnableCommand ends DisableCommand.
func (p *ScratchProtocol) EnableCommand(method string) error {
	return p.setDisabled(method, false, ErrCommandNotDisabled)
}

func (p *ScratchProtocol) setDisabled(method string, to bool, already error) error {
	return p.change(method, func(m *scratchMethod) (*scratchMethod, error) {
		switch {
		case m == nil || method == "handshake":
			return nil, fmt.Errorf("%w: %s", ErrCommandDoesNotExist, method)
		case m.disabled == to:
			return nil, fmt.Errorf("%w: %s", already, method)
		}
		m.disabled = to
		return m, nil
	})
}

// OnException binds a handler to a kind of refused messages of Scratch clients.
func (p *ScratchProtocol) OnException(kind cl4.Kind, f func(c *Client, details string)) {
	p.sys.hooks.onException(Scratch, kind, f)
}

// OnDisabledCommand binds a handler to uses of disabled methods.
func (p *ScratchProtocol) OnDisabledCommand(f func(c *Client, method string)) {
	p.sys.hooks.bind(func(l *hookLists) { l.disabled = with(l.disabled, Scratch, f) })
}

// methodOf is the built-in method that a decision carries out.
func methodOf(d scratch.Decision) string {
	if d.Kind == scratch.Apply {
		return ScratchMethodNames[d.Change.Op]
	}
	return "handshake"
}

// foreign returns the method of a message that is a plugin's alone. It looks only where there are such methods.
func (p *ScratchProtocol) foreign(payload []byte, binary bool) (string, *scratchMethod) {
	if !p.extended.Load() {
		return "", nil
	}
	name, ok := p.sys.rules.Method(payload, binary)
	if m := p.find(name); ok && m != nil && !m.builtin {
		return name, m
	}
	return "", nil
}

var scratchKinds = map[scratch.Fault]cl4.Kind{
	scratch.FaultEmpty:   cl4.EmptyMessage,
	scratch.FaultJSON:    cl4.JSONError,
	scratch.FaultMethod:  cl4.InvalidCommand,
	scratch.FaultInvalid: cl4.ValidationError,
}
