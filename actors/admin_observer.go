package actors

import (
	"sync"
	"sync/atomic"
	"time"
)

// Observer is told what happens to connections and actors, for an operator who is watching. Its methods are called by
// the actors that they are about: they return at once and keep nothing that they are given but the client.
type Observer interface {
	// Connected is told of an opened connection, before anything was received.
	Connected(c *Client)
	// Disconnected is told of an ended connection.
	Disconnected(c *Client, e End)
	// Failed is told of an actor that has panicked: what it is, in a sentence, and its name.
	Failed(what, name string)
}

// watched is what operators want to know of the actors.
type watched struct {
	observer atomic.Pointer[Observer]

	mu       sync.Mutex
	failures map[failed]Failures

	mailboxes []namedMailbox // of the actors that are always there; written before the start only
}

// failed names an actor that has failed.
type failed struct{ what, name string }

// Failures is how often an actor has failed.
type Failures struct {
	Count uint64
	Last  time.Time
}

// maxFailureNames bounds the actors whose failures are counted one by one. Rooms can have any name.
const maxFailureNames = 1_000

// Observe has o told what happens from now on; nil ends it. Nobody is told otherwise, which costs nothing.
func (s *System) Observe(o Observer) {
	if o == nil {
		s.watched.observer.Store(nil)
		return
	}
	s.watched.observer.Store(&o)
}

// observed is whom to tell. Nil means nobody.
func (s *System) observed() Observer {
	if o := s.watched.observer.Load(); o != nil {
		return *o
	}
	return nil
}

// noteFailure remembers that an actor has panicked. Sessions, which are not restarted, are counted together.
func (s *System) noteFailure(what, name string) {
	key := failed{what, name}
	if what == sessionFailed {
		key.name = ""
	}
	w := &s.watched
	w.mu.Lock()
	f, known := w.failures[key]
	if known || len(w.failures) < maxFailureNames {
		if w.failures == nil {
			w.failures = make(map[failed]Failures)
		}
		w.failures[key] = Failures{Count: f.Count + 1, Last: s.now()}
	}
	w.mu.Unlock()
	if o := s.observed(); o != nil {
		o.Failed(what, name)
	}
}

// failuresOf is how often an actor has failed.
func (s *System) failuresOf(what, name string) Failures {
	s.watched.mu.Lock()
	defer s.watched.mu.Unlock()
	return s.watched.failures[failed{what, name}]
}
