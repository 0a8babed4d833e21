package actors

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/codec/simpleserver"
)

// SimpleConfig configures SimpleServer. Every limit is positive unless its comment gives another meaning.
type SimpleConfig struct {
	// TickRate is how many ticks there are per second.
	TickRate float64
	// Manual leaves the ticks to whoever calls SimpleServer.Update.
	Manual bool
	// Relay makes the clients clients of the PyStrands broker. There are no ticks then and no listeners are called.
	Relay bool
	// Idle is the silence after which a message without a length is complete, IdleLarge the same after a large read,
	// Stall that after which a framed message is given up.
	Idle, IdleLarge, Stall time.Duration
	// LegacyGap lies between two messages to a legacy client. Zero: none.
	LegacyGap time.Duration
	// LegacyPercent is what becomes of percent signs in bodies to legacy clients.
	LegacyPercent simpleserver.PercentPolicy
	// QueueMessages and QueueBytes bound what waits for a legacy client.
	QueueMessages, QueueBytes int
	// Limits are those of the parser. They must not change.
	Limits *simpleserver.Limits
}

// SimpleServer is the server of SimpleServer's clients as programs see it. Its methods are safe for use by many
// goroutines.
//
// Listeners run in ticks, never two at a time: first those of new connections, then those of messages, then those of
// disconnections, then those of the update (section 7 of the specification).
type SimpleServer struct {
	sys  *System
	cfg  SimpleConfig
	loop simpleLoop

	mu        sync.Mutex // serialises changes of the listeners
	listeners atomic.Pointer[simpleListeners]
}

// simpleListeners are what is called, in order. They are copied when one is added or removed.
type simpleListeners struct {
	connection, disconnect []listener[func(*SimpleClient)]
	message                []listener[func(*SimpleClient, *simpleserver.Message)]
	update                 []listener[func()]
}

// listener is a function with an identity, which functions lack.
type listener[F any] struct {
	call F
	id   *byte
}

// SimpleServer returns the server of SimpleServer's clients, or nil when there is none.
func (s *System) SimpleServer() *SimpleServer { return s.simple }

func newSimpleServer(sys *System, cfg SimpleConfig) *SimpleServer {
	p := &SimpleServer{sys: sys, cfg: cfg}
	p.listeners.Store(new(simpleListeners))
	p.loop.init(p)
	return p
}

// OnConnection adds a listener to new clients. The function that is returned removes it; it may be called from a
// listener, and more than once.
func (p *SimpleServer) OnConnection(f func(*SimpleClient)) (remove func()) {
	return listen(p, f, func(l *simpleListeners) *[]listener[func(*SimpleClient)] { return &l.connection })
}

// OnMessage is OnConnection for messages. The message belongs to the listeners together; it may be kept.
func (p *SimpleServer) OnMessage(f func(*SimpleClient, *simpleserver.Message)) (remove func()) {
	return listen(p, f, func(l *simpleListeners) *[]listener[func(*SimpleClient, *simpleserver.Message)] { return &l.message })
}

// OnDisconnect is OnConnection for clients that have gone, behind all of their messages.
func (p *SimpleServer) OnDisconnect(f func(*SimpleClient)) (remove func()) {
	return listen(p, f, func(l *simpleListeners) *[]listener[func(*SimpleClient)] { return &l.disconnect })
}

// OnUpdate is OnConnection for the end of each tick.
func (p *SimpleServer) OnUpdate(f func()) (remove func()) {
	return listen(p, f, func(l *simpleListeners) *[]listener[func()] { return &l.update })
}

// listen adds f to one of the lists.
func listen[F any](p *SimpleServer, f F, list func(*simpleListeners) *[]listener[F]) (remove func()) {
	own := listener[F]{f, new(byte)}
	p.change(func(l *simpleListeners) {
		at := list(l)
		*at = append(slices.Clone(*at), own)
	})
	return func() {
		p.change(func(l *simpleListeners) {
			at := list(l)
			*at = slices.DeleteFunc(slices.Clone(*at), func(o listener[F]) bool { return o.id == own.id })
		})
	}
}

func (p *SimpleServer) change(f func(*simpleListeners)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := *p.listeners.Load()
	f(&l)
	p.listeners.Store(&l)
}

// Update runs a tick on the caller's goroutine, whether ticks are manual or not. It returns ErrUpdating when one is
// running, so also when it is called from a listener.
func (p *SimpleServer) Update() error {
	if !p.loop.tick() {
		return ErrUpdating
	}
	return nil
}

// TickRate is how many ticks there are per second.
func (p *SimpleServer) TickRate() float64 { return p.loop.rate() }

// SetTickRate changes the rate, from the next tick on. A rate that is not positive is ignored.
func (p *SimpleServer) SetTickRate(perSecond float64) {
	if perSecond > 0 {
		p.loop.setRate(perSecond)
	}
}

// Clients returns the clients whose connection listeners have been told of and whose end they have not. The slice
// belongs to the caller.
func (p *SimpleServer) Clients() []*SimpleClient { return slices.Clone(p.loop.members()) }

// MessageClients sends a message to each of the clients and returns who does not get it, and why: nil when all do. It
// is encoded once for all.
func (p *SimpleServer) MessageClients(clients []*SimpleClient, m *simpleserver.Message) map[*SimpleClient]error {
	return p.sendAll(clients, &simpleOutgoing{message: m}, nil)
}

// Broadcast sends a message to all clients but the exclusions and returns who does not get it, and why: nil when all
// do. It is encoded once for all.
func (p *SimpleServer) Broadcast(m *simpleserver.Message, exclusions ...*SimpleClient) map[*SimpleClient]error {
	return p.sendAll(p.loop.members(), &simpleOutgoing{message: m}, exclusions)
}

func (p *SimpleServer) sendAll(clients []*SimpleClient, o *simpleOutgoing, except []*SimpleClient) (failed map[*SimpleClient]error) {
	for _, c := range clients {
		if slices.Contains(except, c) {
			continue
		}
		if err := c.send(o); err != nil {
			if failed == nil {
				failed = make(map[*SimpleClient]error)
			}
			failed[c] = err
		}
	}
	return failed
}
