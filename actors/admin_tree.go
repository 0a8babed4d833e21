package actors

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
)

// Node is a line of the supervision tree: one actor, or all actors of a kind below a parent.
type Node struct {
	Name, Kind string
	// Count is how many actors the line stands for.
	Count int
	// Waiting is how many messages wait in the mailbox; of several actors, the most.
	Waiting int
	// Failures is how often it has panicked, which all but sessions and backends survive by a restart.
	Failures Failures
	Children []Node
}

// namedMailbox is the mailbox of an actor that is always there.
type namedMailbox struct {
	name string
	mb   *mailbox
}

// boxed gives an actor its mailbox, whose name the tree knows. It is used before the start has ended.
func (s *System) boxed(name string, mb *mailbox) actor.PropsOption {
	s.watched.mailboxes = append(s.watched.mailboxes, namedMailbox{name, mb})
	return func(p *actor.Props) {
		actor.WithMailbox(func() actor.Mailbox { return mb })(p)
		actor.WithDispatcher(s.workers)(p)
	}
}

// treeRooms bounds the rooms that a tree names.
const treeRooms = 50

// Tree returns the supervision tree. Of rooms it names those that have failed or have most to do.
func (s *System) Tree() Node {
	root := Node{Name: "supervisor", Kind: "supervisor", Count: 1}
	for _, m := range s.watched.mailboxes {
		n := Node{Name: m.name, Kind: "group", Count: 1, Waiting: m.mb.UserMessageCount()}
		switch {
		case m.name == "supervisor":
			root.Waiting = n.Waiting
			continue
		case strings.HasPrefix(m.name, "registry-"):
			n.Kind, n.Failures = "registry", s.failuresOfActor(registryFailed, m.name)
		case strings.HasPrefix(m.name, "directory-"):
			n.Kind, n.Failures = "directory", s.failuresOfActor(directoryFailed, m.name)
		case m.name == "broker":
			n.Kind, n.Failures = "broker", s.failuresOf(brokerFailed, m.name)
		case m.name == "journal":
			n.Kind, n.Failures = "journal", s.failuresOf(journalFailed, m.name)
		case m.name == "backends":
			n.Children = []Node{{Name: "backends", Kind: "backend", Count: int(s.backendConnections.Load())}}
		case m.name == "plugins":
			n.Children = s.pluginNodes()
		}
		root.Children = append(root.Children, n)
	}
	if len(root.Children) == 0 {
		return root // it has not been started
	}
	root.Children = append(root.Children, s.sessionsNode())
	for _, p := range s.protocols {
		root.Children = append(root.Children, s.roomsNode(p))
	}
	return root
}

// failuresOfActor is failuresOf for a name that the library has put the path in front of.
func (s *System) failuresOfActor(what, name string) Failures {
	s.watched.mu.Lock()
	defer s.watched.mu.Unlock()
	for key, f := range s.watched.failures {
		if key.what == what && (key.name == name || strings.HasSuffix(key.name, "/"+name)) {
			return f
		}
	}
	return Failures{}
}

func (s *System) sessionsNode() Node {
	n := Node{Name: "sessions", Kind: "session", Failures: s.failuresOf(sessionFailed, "")}
	for _, c := range s.Clients().All() {
		n.Count++
		n.Waiting = max(n.Waiting, c.waiting())
	}
	return n
}

func (s *System) roomsNode(p Protocol) Node {
	n := Node{Name: p.String() + " rooms", Kind: "room"}
	figures := s.Rooms(p).Figures()
	for _, r := range figures {
		n.Count++
		n.Waiting = max(n.Waiting, r.Waiting)
		f := s.failuresOf(roomFailed, r.Key.Name)
		n.Failures.Count += f.Count
		if f.Last.After(n.Failures.Last) {
			n.Failures.Last = f.Last
		}
		if f.Count > 0 || r.Waiting > 0 {
			n.Children = append(n.Children, Node{Name: r.Key.String(), Kind: "room", Count: 1, Waiting: r.Waiting, Failures: f})
		}
	}
	slices.SortFunc(n.Children, func(a, b Node) int {
		if a.Failures.Count != b.Failures.Count {
			return int(b.Failures.Count) - int(a.Failures.Count)
		}
		return b.Waiting - a.Waiting
	})
	n.Children = n.Children[:min(len(n.Children), treeRooms)]
	return n
}

func (s *System) pluginNodes() []Node {
	s.plugins.mu.RLock()
	names := slices.Sorted(maps.Keys(s.plugins.pids))
	s.plugins.mu.RUnlock()
	var out []Node
	for _, name := range names {
		out = append(out, Node{Name: name, Kind: "plugin", Count: 1, Failures: s.failuresOf(pluginFailed, name)})
	}
	return out
}

// Probe tells how long registry and directory take to answer, which is what most commands wait for. It returns false
// when they did not within a second, or are not there.
func (s *System) Probe() (time.Duration, bool) {
	id := codec.NewID()
	start := time.Now()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		_, _ = s.Clients().ByID(id.ULID()) // nobody has it
		s.Rooms(CL4).Exists(id.ULID())
	}()
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	select {
	case <-answered:
		return time.Since(start), len(s.registry.shards) > 0
	case <-patience.C:
		return time.Since(start), false
	}
}

// BackendFigures is one attached backend of the PyStrands broker.
type BackendFigures struct {
	Name                string
	Clients             int
	QueuedLines, Queued int // lines and bytes that wait for it
	Attached            time.Time
}

// backendsWanted: operator to broker.
type backendsWanted struct{ reply chan<- []BackendFigures }

func (b *backendsWanted) undelivered() { close(b.reply) }

// Backends returns the backends that are attached to the PyStrands broker. Without a broker there are none.
func (s *System) Backends() []BackendFigures {
	if s.broker == nil || s.broker.pid == nil {
		return nil
	}
	list, _ := ask(s, s.broker.pid, func(reply chan<- []BackendFigures) any { return &backendsWanted{reply: reply} })
	return list
}

func (b *broker) list() []BackendFigures {
	out := make([]BackendFigures, 0, len(b.backends))
	for _, be := range b.backends {
		be.prune()
		out = append(out, BackendFigures{
			Name: be.name, Clients: be.owned, QueuedLines: be.unsent.len(), Queued: be.out.Pending(), Attached: be.since,
		})
	}
	return out
}

// LongestMailbox is how many messages wait in the longest mailbox of the actors that are always there.
func (s *System) LongestMailbox() int {
	most := 0
	for _, m := range s.watched.mailboxes {
		most = max(most, m.mb.UserMessageCount())
	}
	return most
}
