package actors

import (
	"math"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/codec/simpleserver"
)

// simplePerTick is how many messages of one client a tick handles.
const simplePerTick = 64

// simpleLoop runs the ticks. Sessions put in what has happened; a tick takes it out.
type simpleLoop struct {
	server *SimpleServer
	turn   atomic.Bool   // somebody runs a tick
	bits   atomic.Uint64 // of the rate
	faster chan struct{} // the rate has changed
	over   chan struct{} // closed when the ticking has ended; nil where nobody ticks

	// A tick takes all that is there at once, and nothing that is put in has to wake anybody: that is less than a
	// mailbox does. The lock is held for a few instructions.
	mu      sync.Mutex
	arrived []*SimpleClient
	ready   []*SimpleClient // those with messages, and those that have left

	membersMu sync.Mutex
	clients   []*SimpleClient
	shared    []*SimpleClient // a copy that nobody changes; nil when it is out of date

	left []*SimpleClient // owned by the turn
}

func (l *simpleLoop) init(p *SimpleServer) {
	l.server = p
	l.faster = make(chan struct{}, 1)
	l.setRate(p.cfg.TickRate)
}

func (l *simpleLoop) rate() float64 { return math.Float64frombits(l.bits.Load()) }

func (l *simpleLoop) setRate(perSecond float64) {
	l.bits.Store(math.Float64bits(perSecond))
	select {
	case l.faster <- struct{}{}:
	default:
	}
}

func (l *simpleLoop) interval() time.Duration {
	return max(time.Duration(float64(time.Second)/l.rate()), 1)
}

// start begins the ticking, unless that is somebody else's.
func (l *simpleLoop) start() {
	if cfg := &l.server.cfg; cfg.Manual || cfg.Relay {
		return
	}
	l.over = make(chan struct{})
	go l.run()
}

// run ticks until the system stops. A tick that is due while another runs is left out.
func (l *simpleLoop) run() {
	defer close(l.over)
	ticker := time.NewTicker(l.interval())
	defer ticker.Stop()
	next := time.Now()
	for {
		select {
		case <-l.server.sys.done:
			return
		case <-l.faster:
			ticker.Reset(l.interval())
			next = time.Now()
		case now := <-ticker.C:
			every := l.interval()
			next = next.Add(every)
			if missed := now.Sub(next) / every; missed > 0 {
				l.server.sys.Simple.TicksLate.Add(uint64(missed))
				next = next.Add(missed * every)
			}
			if !l.tick() {
				l.server.sys.Simple.TicksLate.Add(1)
			}
		}
	}
}

// finish tells of those who left when everything else has ended.
func (l *simpleLoop) finish() {
	if l.over != nil {
		<-l.over
	}
	for !l.empty() && l.tick() {
	}
}

func (l *simpleLoop) empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.arrived)+len(l.ready) == 0
}

// tick handles what there is. It returns false when another tick is running.
func (l *simpleLoop) tick() bool {
	if !l.turn.CompareAndSwap(false, true) {
		return false
	}
	defer l.turn.Store(false)
	start := time.Now()
	counts := &l.server.sys.Simple

	l.mu.Lock()
	arrived, ready := l.arrived, l.ready
	l.arrived, l.ready = nil, nil
	l.mu.Unlock()

	to := l.server.listeners.Load()
	for _, c := range arrived {
		l.add(c)
		for _, f := range to.connection {
			l.guard("on_connection", c, func() { f.call(c) })
		}
	}
	for _, c := range ready {
		l.deliver(c)
	}
	to = l.server.listeners.Load()
	for i, c := range l.left {
		l.left[i] = nil
		for _, f := range to.disconnect {
			l.guard("on_disconnect", c, func() { f.call(c) })
		}
		l.remove(c)
		c.Close()
	}
	l.left = l.left[:0]
	counts.Ticks.Add(1)
	for _, f := range l.server.listeners.Load().update {
		l.guard("on_update", nil, f.call)
	}
	counts.TickMax.observe(uint64(time.Since(start)))
	return true
}

// deliver hands over the messages of one client that this tick handles.
func (l *simpleLoop) deliver(c *SimpleClient) {
	l.mu.Lock()
	n := min(len(c.queue), simplePerTick)
	batch := c.queue[:n:n]
	c.queue = c.queue[n:]
	l.mu.Unlock()

	bytes := 0
	counts := &l.server.sys.Simple
	for i, m := range batch {
		bytes += simpleSize(m)
		counts.Messages.Add(1)
		for _, f := range l.server.listeners.Load().message {
			l.guard("on_message", c, func() { f.call(c, m) })
		}
		batch[i] = nil
	}
	counts.Waiting.Add(-int64(n))

	l.mu.Lock()
	c.queueBytes -= bytes
	if len(c.queue) == 0 {
		c.queue = nil
	}
	switch {
	case c.queue != nil:
		l.ready = append(l.ready, c)
	case c.leaving:
		l.left = append(l.left, c) // it stays listed: there is nothing more to come
	default:
		c.listed = false
	}
	wake := c.crowded && len(c.queue) <= simpleAhead/2 && c.queueBytes <= simpleAheadBytes/2
	if wake {
		c.crowded = false
	}
	l.mu.Unlock()
	if wake {
		c.ref.post(simpleGo{})
	}
}

// guard runs a listener. Its panic harms nobody else.
func (l *simpleLoop) guard(what string, c *SimpleClient, f func()) {
	defer func() {
		if reason := recover(); reason != nil {
			sys := l.server.sys
			sys.Counters.HandlerPanics.Add(1)
			client := ""
			if c != nil {
				client = c.Address()
			}
			sys.log.Error("a listener failed", "listener", what, "client", client, "panic", reason, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// enter says that a client has connected.
func (l *simpleLoop) enter(c *SimpleClient) {
	l.mu.Lock()
	l.arrived = append(l.arrived, c)
	l.mu.Unlock()
}

// put queues messages of a client. It returns false when the client is to be read from again only after simpleGo.
func (l *simpleLoop) put(c *SimpleClient, batch []*simpleserver.Message) bool {
	bytes := 0
	for _, m := range batch {
		bytes += simpleSize(m)
	}
	l.server.sys.Simple.Waiting.Add(int64(len(batch)))
	l.mu.Lock()
	defer l.mu.Unlock()
	c.queue = append(c.queue, batch...)
	c.queueBytes += bytes
	l.list(c)
	c.crowded = len(c.queue) >= simpleAhead || c.queueBytes >= simpleAheadBytes
	return !c.crowded
}

// leave says that nothing more will come from a client.
func (l *simpleLoop) leave(c *SimpleClient) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !c.leaving {
		c.leaving = true
		l.list(c)
	}
}

// list is called with mu held.
func (l *simpleLoop) list(c *SimpleClient) {
	if !c.listed {
		c.listed = true
		l.ready = append(l.ready, c)
	}
}

// A client whose messages wait in these numbers is not read from until half of them have been handled.
const (
	simpleAhead      = 1024
	simpleAheadBytes = 1 << 20
)

// simpleSize is what a waiting message counts for, in bytes.
func simpleSize(m *simpleserver.Message) int {
	n := len(m.Body)
	for _, h := range m.Headers {
		n += len(h.Name) + len(h.Value)
	}
	return n
}

func (l *simpleLoop) add(c *SimpleClient) {
	l.membersMu.Lock()
	defer l.membersMu.Unlock()
	c.place = len(l.clients)
	l.clients = append(l.clients, c)
	l.shared = nil
}

func (l *simpleLoop) remove(c *SimpleClient) {
	l.membersMu.Lock()
	defer l.membersMu.Unlock()
	last := len(l.clients) - 1
	moved := l.clients[last]
	l.clients[c.place], moved.place = moved, c.place
	l.clients[last] = nil
	l.clients = l.clients[:last]
	l.shared = nil
}

// members returns the clients. The slice must not be changed.
func (l *simpleLoop) members() []*SimpleClient {
	l.membersMu.Lock()
	defer l.membersMu.Unlock()
	if l.shared == nil && len(l.clients) > 0 {
		l.shared = append([]*SimpleClient(nil), l.clients...)
	}
	return l.shared
}
