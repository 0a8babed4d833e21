package actors

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// batchSize is how many messages an actor handles before it lets others run.
const batchSize = 300

// mailbox is the project's own mailbox: a mutex and two queues that hold no memory while the actor is idle.
//
// It may be filled before its actor exists, so that a connection can hand over what it reads while the actor is
// still being spawned. It ignores nil messages, on which the library's own mailboxes spin for ever, and what is left
// in it when the actor stops is handed back with undelivered instead of vanishing.
//
// An idle actor whose messages are quickly dealt with runs on the goroutine of whoever sends it one (see direct): a
// hand-over to another goroutine costs more than most messages do. Whoever comes while it runs finds a queue, and
// what the sender does not get done in a short turn goes to a worker, so that nobody is held up by the work of others.
type mailbox struct {
	mu        sync.Mutex
	user      *queue // what arrived since the last batch was taken; nil: nothing
	system    *queue
	started   bool
	running   bool
	suspended bool
	dead      atomic.Bool // the actor has stopped
	quick     bool        // an idle actor starts, and handles system messages, on the goroutine of whoever posts
	direct    atomic.Bool // it does so with user messages

	// Owned by the goroutine that runs the actor.
	batch *queue

	invoker  actor.MessageInvoker
	workers  *workers
	counters *Counters
}

var _ actor.Mailbox = (*mailbox)(nil)

// undeliverable is a message whose sender must not wait for it when it is lost.
type undeliverable interface {
	// undelivered tells the sender that its message will not be handled.
	undelivered()
}

func newMailbox(c *Counters) *mailbox { return &mailbox{counters: c} }

// queue is a list of messages that is recycled as a whole.
type queue struct {
	items []any
	next  int // of items, those before were taken
}

// queues recycles the queues of busy mailboxes.
var queues = sync.Pool{New: func() any { return &queue{items: make([]any, 0, 16)} }}

// maxRecycled is the longest queue that is kept.
const maxRecycled = 1024

func (q *queue) recycle() {
	if cap(q.items) > maxRecycled {
		return
	}
	clear(q.items)
	q.items, q.next = q.items[:0], 0
	queues.Put(q)
}

func (q *queue) len() int {
	if q == nil {
		return 0
	}
	return len(q.items) - q.next
}

// take returns the next message. There is one.
func (q *queue) take() any {
	msg := q.items[q.next]
	q.items[q.next] = nil
	q.next++
	return msg
}

// directTurn is how many messages of others an actor handles on the goroutine of a sender, which has its own to do.
const directTurn = 16

// newDirectMailbox returns the mailbox of an actor that never takes long.
func newDirectMailbox(c *Counters) *mailbox {
	m := newMailbox(c)
	m.quick = true
	m.direct.Store(true)
	return m
}

// PostUserMessage implements actor.Mailbox.
func (m *mailbox) PostUserMessage(message any) {
	if message == nil {
		m.counters.NilMessages.Add(1)
		return
	}
	if m.direct.Load() {
		m.deliver(message)
		return
	}
	m.post(message)
}

// deliver has an idle actor handle a message before it returns; a busy one gets it into its queue.
func (m *mailbox) deliver(message any) {
	m.mu.Lock()
	if !m.started || m.running || m.suspended || m.pending() {
		m.enqueue(message)
		return
	}
	m.running = true
	m.mu.Unlock()
	m.handle(message)
	m.processSome(directTurn)
}

// post queues a message.
func (m *mailbox) post(message any) {
	m.mu.Lock()
	m.enqueue(message)
}

// enqueue puts a message into the queue and unlocks mu.
func (m *mailbox) enqueue(message any) {
	if m.user == nil {
		m.user = queues.Get().(*queue)
	}
	m.user.items = append(m.user.items, message)
	m.wake(false)
}

// PostSystemMessage implements actor.Mailbox.
func (m *mailbox) PostSystemMessage(message any) {
	m.mu.Lock()
	if m.system == nil {
		m.system = queues.Get().(*queue)
	}
	m.system.items = append(m.system.items, message)
	m.wake(m.quick)
}

// wake starts the actor if there is something to do, here or on another goroutine, and unlocks mu.
func (m *mailbox) wake(here bool) {
	start := m.started && !m.running && m.pending()
	if start {
		m.running = true
	}
	m.mu.Unlock()
	switch {
	case !start:
	case here:
		m.processSome(directTurn)
	default:
		m.handOver()
	}
}

// handOver runs the actor, which is marked as running, on another goroutine.
func (m *mailbox) handOver() {
	if m.workers != nil {
		m.workers.process(m)
		return
	}
	go m.process()
}

// pending tells whether there is something to do. mu is held.
func (m *mailbox) pending() bool {
	return m.system != nil || !m.suspended && (m.user.len() > 0 || m.batch.len() > 0)
}

// RegisterHandlers implements actor.Mailbox. Of the dispatchers only workers are used; otherwise a woken actor gets a
// goroutine of its own.
func (m *mailbox) RegisterHandlers(invoker actor.MessageInvoker, d actor.Dispatcher) {
	m.invoker = invoker
	m.workers, _ = d.(*workers)
}

// Start implements actor.Mailbox.
func (m *mailbox) Start() {
	m.mu.Lock()
	m.started = true
	m.wake(m.quick)
}

// UserMessageCount implements actor.Mailbox.
func (m *mailbox) UserMessageCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.user.len()
}

// process runs the actor until there is nothing left to do.
func (m *mailbox) process() {
	for !m.rest() {
		m.run(math.MaxInt)
	}
}

// processSome is process for a goroutine that has other things to do: after a number of messages a worker goes on.
func (m *mailbox) processSome(limit int) {
	if m.rest() {
		return
	}
	m.run(limit)
	if !m.rest() {
		m.handOver()
	}
}

// rest marks the actor as idle if there is nothing to do.
func (m *mailbox) rest() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pending() {
		return false
	}
	m.running = false
	if m.batch != nil && m.batch.len() == 0 {
		m.batch.recycle()
		m.batch = nil
	}
	return true
}

// run handles messages until the queues are empty, a number is reached, the actor is suspended, or it fails.
func (m *mailbox) run(limit int) {
	var current any
	defer func() {
		if reason := recover(); reason != nil {
			m.invoker.EscalateFailure(reason, current)
		}
	}()
	for handled := 1; handled <= limit; handled++ {
		if handled%batchSize == 0 {
			runtime.Gosched()
		}
		msg, system, ok := m.take()
		if !ok {
			return
		}
		current = msg
		if system {
			m.runSystem(msg)
			continue
		}
		m.invoke(msg)
	}
}

// handle is run for a message that was not queued.
func (m *mailbox) handle(msg any) {
	defer func() {
		if reason := recover(); reason != nil {
			m.invoker.EscalateFailure(reason, msg)
		}
	}()
	m.invoke(msg)
}

func (m *mailbox) invoke(msg any) {
	if m.dead.Load() {
		m.drop(msg)
		return
	}
	m.invoker.InvokeUserMessage(msg)
}

// take returns the next message. System messages come first.
func (m *mailbox) take() (msg any, system, ok bool) {
	if m.batch.len() > 0 && !m.urgent() {
		return m.batch.take(), false, true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.system != nil {
		msg = m.system.take()
		if m.system.len() == 0 {
			m.system.recycle()
			m.system = nil
		}
		return msg, true, true
	}
	if m.suspended {
		return nil, false, false
	}
	if m.batch.len() == 0 {
		if m.user.len() == 0 {
			return nil, false, false
		}
		if m.batch != nil {
			m.batch.recycle()
		}
		m.batch, m.user = m.user, nil
		m.counters.MailboxDepthMax.observe(uint64(m.batch.len()))
	}
	return m.batch.take(), false, true
}

// more tells whether another message waits. It is called by the actor while it handles one.
func (m *mailbox) more() bool {
	if m.batch.len() > 0 {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.user.len() > 0
}

// urgent tells whether a system message waits or the actor is suspended, so that the batch has to.
func (m *mailbox) urgent() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.system != nil || m.suspended
}

func (m *mailbox) runSystem(msg any) {
	switch msg.(type) {
	case *actor.SuspendMailbox:
		m.setSuspended(true)
	case *actor.ResumeMailbox:
		m.setSuspended(false)
	default:
		m.invoker.InvokeSystemMessage(msg)
	}
}

func (m *mailbox) setSuspended(on bool) {
	m.mu.Lock()
	m.suspended = on
	m.mu.Unlock()
}

// kill is called by the actor when it has stopped: whatever is or will be in the mailbox is undelivered.
func (m *mailbox) kill() { m.dead.Store(true) }

func (m *mailbox) drop(msg any) {
	if u, ok := msg.(undeliverable); ok {
		u.undelivered()
	}
	m.counters.DeadLetters.Add(1)
}
