package actors

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	cmap "github.com/orcaman/concurrent-map"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/protocol/scratch"
)

// Options configures a System.
type Options struct {
	// Protocols are spoken, in the order in which a first message is tried. Empty means CL4, then Scratch.
	Protocols []Protocol
	CL4       cl4.Config
	// Scratch holds the rules of cloud variables. Its field Shared is set by NewSystem.
	Scratch scratch.Config
	// Rate bounds the messages of each connection. The zero value means no limit.
	Rate Rate
	// IdentifyTimeout bounds the time until the first message. Zero value means no limit.
	IdentifyTimeout time.Duration
	// Conflate gives members of Scratch rooms that read too slowly the latest values instead of closing them.
	Conflate bool
	// Storage keeps variables of rooms, as Journal says. Nil means that they live in memory.
	Storage Storage
	Journal JournalConfig
	// Broker configures the PyStrands broker. Nil means that there is none.
	Broker *BrokerConfig
	// Simple configures SimpleServer. Nil means that there is none.
	Simple *SimpleConfig
	// Moderator decides on bans and names. Nil means that there are none, and that UniqueNames has no effect.
	Moderator Moderator
	// UniqueNames says where names of CL4 clients have to be unique.
	UniqueNames UniqueNames
	// Logger receives what the actors have to say. Nil means slog.Default.
	Logger *slog.Logger
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
	// Shards is how many actors registry, directory and the parents of sessions are spread over. Zero value means
	// two per core.
	Shards int
}

// System is the actor tree of a server: a supervisor, and under it the parents of sessions and rooms, the registry
// and the directory. Its methods are safe for use by many goroutines unless they say otherwise.
type System struct {
	// Counters are what the actors count.
	Counters Counters
	// Broker is what the PyStrands broker counts.
	Broker BrokerCounters
	// Journal is what the journal counts.
	Journal JournalCounters
	// Simple is what SimpleServer counts.
	Simple SimpleCounters

	log             *slog.Logger
	now             func() time.Time
	protocols       []Protocol
	rules           *scratch.Rules
	rate            atomic.Pointer[Rate] // nil: no limit
	identifyTimeout time.Duration
	conflate        bool
	shards          int

	moderation moderation

	cl4     *CL4Protocol
	scratch *ScratchProtocol
	hooks   hooks
	watched watched

	workers    *workers
	engine     *actor.ActorSystem
	root       *actor.RootContext
	supervisor *actor.PID
	sessions   []*actor.PID
	plugins    pluginActors
	registry   registry
	directory  directory

	journal *journal // nil: nothing is kept

	broker             *broker    // nil: there is none
	backends           *actor.PID // the parent of the backends' actors
	backendConnections atomic.Int64

	simple *SimpleServer // nil: there is none

	done    chan struct{} // closed by Stop
	stopped chan struct{} // closed when the sweeper has ended
}

// NewSystem prepares a tree. Plugins may be bound before Start.
func NewSystem(o Options) *System {
	if len(o.Protocols) == 0 {
		o.Protocols = []Protocol{CL4, Scratch}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Shards <= 0 {
		o.Shards = 2 * runtime.GOMAXPROCS(0)
	}
	s := &System{
		log:             o.Logger,
		now:             o.Now,
		protocols:       o.Protocols,
		identifyTimeout: o.IdentifyTimeout,
		conflate:        o.Conflate,
		shards:          o.Shards,
		workers:         newWorkers(),
		done:            make(chan struct{}),
		stopped:         make(chan struct{}),
	}
	s.SetRate(o.Rate)
	o.Scratch.Shared = s.speaks(CL4)
	s.rules = scratch.NewRules(o.Scratch)
	s.moderation.init(s, o.Moderator, o.UniqueNames)
	s.cl4 = newCL4Protocol(s, o.CL4)
	s.scratch = newScratchProtocol(s)
	s.hooks.sys = s
	if o.Storage != nil {
		s.journal = newJournal(s, o.Storage, o.Journal)
	}
	if o.Broker != nil {
		s.broker = newBroker(s, *o.Broker)
	}
	if o.Simple != nil {
		s.simple = newSimpleServer(s, *o.Simple)
	}
	return s
}

// speaks tells whether a protocol is served.
func (s *System) speaks(p Protocol) bool {
	for _, q := range s.protocols {
		if p == q {
			return true
		}
	}
	return false
}

// only tells whether a protocol is the only one served.
func (s *System) only(p Protocol) bool { return len(s.protocols) == 1 && s.protocols[0] == p }

// pidMaps is how many concurrent maps hold the addresses of actors. Each consists of 32.
const pidMaps = 16

// Start spawns the tree.
func (s *System) Start() error {
	quiet := slog.New(aboveInfo{s.log.Handler()})
	s.engine = actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return quiet }),
		// Dead letters are counted, not logged. The library's timer for its log would outlive the tree.
		actor.WithDeadLetterThrottleInterval(time.Millisecond),
	)
	// The library spreads its actors over 32,768 maps, each of which is a quarter of a kilobyte with one actor in it.
	pids := &actor.SliceMap{LocalPIDs: make([]cmap.ConcurrentMap, pidMaps)}
	for i := range pids.LocalPIDs {
		pids.LocalPIDs[i] = cmap.New()
	}
	s.engine.ProcessRegistry.LocalPIDs = pids
	s.root = s.engine.Root
	s.engine.EventStream.Subscribe(s.onEvent)

	restart := actor.WithSupervisor(restartAlways{&s.Counters})
	box := func(name string) actor.PropsOption { return s.boxed(name, newDirectMailbox(&s.Counters)) }
	parent := func() actor.Actor { return newGroup(s) }
	s.supervisor = s.root.Spawn(actor.PropsFromProducer(parent, restart, box("supervisor")))

	var err error
	spawn := func(under *actor.PID, name string, props *actor.Props) *actor.PID {
		if err != nil {
			return nil
		}
		var pid *actor.PID
		pid, err = s.spawnUnder(under, name, props)
		return pid
	}
	group := func(name string, strategy actor.SupervisorStrategy) *actor.PID {
		return spawn(s.supervisor, name, actor.PropsFromProducer(parent, actor.WithSupervisor(strategy), box(name)))
	}
	for i := range s.shards {
		s.sessions = append(s.sessions, group(fmt.Sprintf("sessions-%d", i), stopOnFailure{}))
	}
	if j := s.journal; j != nil {
		spawn(s.supervisor, "journal", actor.PropsFromProducer(func() actor.Actor { return journalActor{j} }, s.boxed("journal", j.mb)))
	}
	if b := s.broker; b != nil {
		props := actor.PropsFromProducer(func() actor.Actor { return brokerActor{b} }, s.boxed("broker", b.mb))
		b.pid = spawn(s.supervisor, "broker", props)
		s.backends = group("backends", stopOnFailure{})
	}
	plugins := group("plugins", restartAlways{&s.Counters})

	s.registry = registry{sys: s, seed: maphash.MakeSeed()}
	for i := range s.shards {
		shard := &registryShard{sys: s, clients: make(map[codec.ID]*Ref), names: newNameIndex()}
		name := fmt.Sprintf("registry-%d", i)
		props := actor.PropsFromProducer(func() actor.Actor { return registryActor{shard} }, box(name))
		s.registry.shards = append(s.registry.shards, spawn(s.supervisor, name, props))
	}
	s.directory = directory{sys: s, seed: maphash.MakeSeed()}
	for i := range s.shards {
		shard := &directoryShard{sys: s, rooms: make(map[RoomKey]*entry)}
		shard.group = group(fmt.Sprintf("rooms-%d", i), restartAlways{&s.Counters})
		name := fmt.Sprintf("directory-%d", i)
		props := actor.PropsFromProducer(func() actor.Actor { return directoryActor{shard} }, box(name))
		s.directory.shards = append(s.directory.shards, spawn(s.supervisor, name, props))
	}
	if err != nil {
		return fmt.Errorf("spawning the actor tree: %w", err)
	}
	go s.sweep()
	if s.simple != nil {
		s.simple.loop.start()
	}
	return s.startPlugins(plugins)
}

// spawnUnder lets a group spawn an actor and waits for it. It must not be called from an actor that the group waits
// for; groups wait for nobody.
func (s *System) spawnUnder(group *actor.PID, name string, props *actor.Props) (*actor.PID, error) {
	reply := make(chan spawned, 1)
	s.sendTo(group, &openActor{name: name, props: props, reply: reply})
	select {
	case r := <-reply:
		return r.pid, r.err
	case <-s.done:
		return nil, ErrStopped
	}
}

// sweep lets the directory stop rooms that have been empty for long enough.
func (s *System) sweep() {
	defer close(s.stopped)
	tick := time.NewTicker(roomGrace)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
			for _, shard := range s.directory.shards {
				s.sendTo(shard, sweep{})
			}
		}
	}
}

// onEvent hands messages to actors that are gone back to their senders.
func (s *System) onEvent(event any) {
	if dead, ok := event.(*actor.DeadLetterEvent); ok {
		if dead.Message == (forget{}) {
			return
		}
		s.Counters.DeadLetters.Add(1)
		if u, ok := dead.Message.(undeliverable); ok {
			u.undelivered()
		}
	}
}

// Session is the receiving side of one connection. Its methods are called by the transport.
type Session struct{ s *session }

// Connect spawns the actor of a new connection. Nothing of it is received before Connect returns.
func (s *System) Connect(p Peer) *Session {
	a := newSession(s, p)
	s.spawnSession(a)
	return &Session{a}
}

func (s *System) spawnSession(a *session) {
	i := maphash.Bytes(s.registry.seed, a.ref.ID[:]) % uint64(len(s.sessions))
	s.sendTo(s.sessions[i], &openSession{a})
}

// Message hands over a message with its buffer. What it leads to has usually been done when it returns; only where
// plugins are bound, which may take their time, it is left to another goroutine.
func (r *Session) Message(m *codec.Message) { r.s.receive(m) }

// Closed tells the session that nothing more will be received.
func (r *Session) Closed(e End) { r.s.receive(end{e}) }

// ID is the id of the connection.
func (r *Session) ID() codec.ID { return r.s.ref.ID }

// Stop ends the tree from the top and waits for it until ctx is done. Connections should have been closed before.
func (s *System) Stop(ctx context.Context) error {
	close(s.done)
	defer s.workers.stop()
	<-s.stopped
	lost := s.save(ctx)
	gone := make(chan error, 1)
	go func() { gone <- s.root.StopFuture(s.supervisor).Wait() }()
	select {
	case err := <-gone:
		s.engine.Shutdown()
		if s.simple != nil {
			s.simple.loop.finish()
		}
		return errors.Join(lost, err)
	case <-ctx.Done():
		return errors.Join(lost, fmt.Errorf("stopping the actor tree: %w", ctx.Err()))
	}
}

// newRoom makes the state of a room.
func (s *System) newRoom(key RoomKey, dir *actor.PID) room {
	if key.Protocol == Scratch {
		return newScratchRoom(s, key, dir)
	}
	return newCL4Room(s, key, dir)
}

// admitRoom says whether there may be another room.
func (s *System) admitRoom(p Protocol) (scratch.Ending, bool) {
	if p != Scratch {
		return scratch.Ending{}, true
	}
	return s.rules.AdmitRoom(int(s.Counters.ScratchRooms.Load()))
}

// aboveInfo keeps the library's own chatter out of the log: what matters of it is logged here, with more detail.
type aboveInfo struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h aboveInfo) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}
