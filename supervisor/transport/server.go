package transport

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/codec"
)

// Server accepts WebSocket connections on any number of listeners and hands them to a Handler. All methods are safe
// for use by many goroutines.
//
// A Server that was used must be stopped. An orderly end is StopAccepting, CloseAll, Wait, Stop; Stop alone cuts
// everything off.
type Server struct {
	opt      Options
	handler  Handler
	streams  StreamHandler // instead of handler
	log      *slog.Logger
	counters *Counters
	pollers  pollers
	shards   []*shard
	keeping  keeping
	heads    sync.Pool // *headBuffer

	plainParser, packedParser codec.ParserOptions

	next atomic.Uint32 // the shard of the next connection, modulo their number
	tick atomic.Uint32 // the clock of the keepalive stamps

	started    sync.Once
	polling    sync.Once
	quit       chan struct{}  // closed by Stop
	background sync.WaitGroup // flushers, keeper, certificate watch
	accepting  sync.WaitGroup // accept loops

	logTLSOnPlain, logPlainOnTLS, logTLSFailed, logWatch logLimit

	mu           sync.Mutex // guards what follows; of the other locks only shard.mu is taken under it
	listeners    []*Listener
	certificates []*Certificate
	handshakes   map[net.Conn]struct{}
	active       int           // handshakes and connections
	gone         chan struct{} // closed when active becomes 0, nil when nobody waits
	quiet        bool          // no new listeners
	draining     bool          // no new connections
	stopped      bool
}

// ErrStopped is returned by Listen when the server is stopping.
var ErrStopped = errors.New("transport: server is stopping")

// New returns a Server that is ready for Listen.
func New(o Options, h Handler) *Server {
	o = o.withDefaults()
	if _, ok := h.(Asker); ok {
		o.Compression = false
	}
	s := &Server{
		opt:          o,
		handler:      h,
		log:          o.Logger,
		counters:     o.Counters,
		keeping:      newKeeping(&o),
		quit:         make(chan struct{}),
		handshakes:   make(map[net.Conn]struct{}),
		plainParser:  codec.ParserOptions{MaxMessage: o.MaxMessage},
		packedParser: codec.ParserOptions{MaxMessage: o.MaxMessage, Compression: true},
	}
	s.heads.New = func() any { return newHeadBuffer(o.MaxHead) }
	for i := range min(runtime.GOMAXPROCS(0), len(s.counters.cells)) {
		counts := &s.counters.cells[i]
		s.shards = append(s.shards, &shard{counts: counts, flusher: newFlusher(counts)})
	}
	pending := s.pending
	s.counters.outboxBytes.Store(&pending)
	return s
}

// Counters returns the server's figures.
func (s *Server) Counters() *Counters { return s.counters }

// Stats is Counters().Read().
func (s *Server) Stats() Stats { return s.counters.Read() }

// start starts what runs in the background, with the first listener.
func (s *Server) start() {
	s.started.Do(func() {
		for _, sh := range s.shards {
			if sh.flusher.poller == nil {
				s.background.Go(sh.flusher.run)
			}
		}
		if s.keeping.tick > 0 {
			s.background.Go(s.keep)
		}
		s.background.Go(s.watchCertificates)
	})
}

// pending is the number of bytes that wait in all outboxes.
func (s *Server) pending() (total int64) {
	for _, sh := range s.shards {
		sh.mu.Lock()
		for _, c := range sh.conns {
			c.mu.Lock()
			total += int64(c.pending)
			c.mu.Unlock()
		}
		sh.mu.Unlock()
	}
	return total
}

// enter counts a socket that is about to be upgraded; nc is nil for one that a poller has. It returns false when there is
// no room for it any more.
func (s *Server) enter(nc net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return false
	}
	s.active++
	if nc != nil {
		s.handshakes[nc] = struct{}{}
	}
	s.counters.handshaking.Add(1)
	return true
}

// adopt is called when a socket that a poller had gets a net.Conn before it became a connection.
func (s *Server) adopt(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handshakes[nc] = struct{}{}
	if s.stopped {
		nc.Close() // whoever uses it next notices
	}
}

// leave is called when a socket is closed before it became a connection.
func (s *Server) leave(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.handshakes, nc)
	s.counters.handshaking.Add(-1)
	s.left()
}

// left is called with s.mu held.
func (s *Server) left() {
	s.active--
	if s.active == 0 && s.gone != nil {
		close(s.gone)
		s.gone = nil
	}
}

// promote makes a connection of an upgraded socket. It returns false when the server is draining. key is what enter
// was given.
func (s *Server) promote(c *Conn, key net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || s.stopped {
		return false
	}
	delete(s.handshakes, key)
	s.counters.handshaking.Add(-1)
	s.counters.open.Add(1)
	c.shard.add(c)
	return true
}

// remove is called when the socket of a connection is closed.
func (s *Server) remove(c *Conn) {
	c.shard.remove(c)
	s.counters.open.Add(-1)
	s.mu.Lock()
	s.left()
	s.mu.Unlock()
}

func (s *Server) refusing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining || s.stopped
}

// StopAccepting closes the listeners. Connections go on, and so do upgrades that have begun.
func (s *Server) StopAccepting() {
	s.mu.Lock()
	s.quiet = true
	ls := s.listeners
	s.listeners = nil
	s.mu.Unlock()
	for _, l := range ls {
		l.close()
	}
	s.accepting.Wait()
}

// closeBatches is in how many steps CloseAll spreads its work.
const closeBatches = 50

// CloseAll closes every connection with a code and a reason, evenly over the time spread with some jitter, so that
// the clients do not all come back in the same moment. From its call on, upgrades are refused with 503. It returns
// when all have been told, or when ctx is done, whose error it returns; Wait tells when they are gone.
func (s *Server) CloseAll(ctx context.Context, code uint16, reason string, spread time.Duration) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	var conns []*Conn
	for _, sh := range s.shards {
		conns = sh.all(conns)
	}
	rand.Shuffle(len(conns), func(i, j int) { conns[i], conns[j] = conns[j], conns[i] })

	batches := closeBatches
	if spread <= 0 {
		batches = 1
	}
	for i := range batches {
		from, to := i*len(conns)/batches, (i+1)*len(conns)/batches
		if from == to {
			continue
		}
		for _, c := range conns[from:to] {
			c.end(End{code, reason, CauseDrain})
		}
		if to == len(conns) {
			break
		}
		step := spread / time.Duration(batches)
		pause := time.NewTimer(step/2 + rand.N(step+1))
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-s.quit:
			pause.Stop()
			return ErrStopped
		case <-pause.C:
		}
	}
	return nil
}

// Wait returns when no connection and no upgrade is left, or with ctx's error.
func (s *Server) Wait(ctx context.Context) error {
	s.mu.Lock()
	if s.active == 0 {
		s.mu.Unlock()
		return nil
	}
	if s.gone == nil {
		s.gone = make(chan struct{})
	}
	gone := s.gone
	s.mu.Unlock()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stop cuts off everything that is left and returns when nothing of the server runs any more. Receivers are told
// that their connection is closed before that.
func (s *Server) Stop() {
	s.StopAccepting()
	s.mu.Lock()
	again := s.stopped
	s.draining, s.stopped = true, true
	for nc := range s.handshakes {
		nc.Close()
	}
	s.mu.Unlock()
	s.pollers.dismissAll()
	for _, sh := range s.shards {
		for _, c := range sh.all(nil) {
			c.abort(CauseDrain)
		}
	}
	s.Wait(context.Background())
	if !again {
		close(s.quit)
		for _, sh := range s.shards {
			sh.flusher.stop()
		}
		s.pollers.stop()
	}
	s.background.Wait()
}
