package simpleserver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor"
)

// stopTimeout is how long clients are given to take what they were sent last.
const stopTimeout = 5 * time.Second

// ConnectionClient is a client of a Server: actors.SimpleClient, whose methods are Send, SendRaw, Close, Address, ID,
// Connected, Framed, and Set and Get for a value of the program's own.
type ConnectionClient = actors.SimpleClient

// ServerOptions configures a Server. The zero value listens on localhost, on a port that the system chooses.
type ServerOptions struct {
	// Host is the name or address to listen on. Empty means localhost, that is 127.0.0.1 and ::1.
	Host string
	// Port is the port to listen on. Zero means one that the system chooses; Addr tells which.
	Port int
	// VerboseLogging logs connections, disconnections and, at the level of debugging, messages; else only warnings and
	// errors are logged.
	VerboseLogging bool
	// TickRate is how many ticks there are per second. Zero means 120.
	TickRate float64
	// ManualUpdate leaves the ticks to the program, which calls Update.
	ManualUpdate bool

	// MaxClients bounds the clients. Zero means no limit.
	MaxClients int
	// Limits holds what is set rarely: times, limits, TLS. Its fields Listen, Relay, TickRate and ManualUpdate are
	// ignored.
	Limits supervisor.SimpleServerOptions
	// Logger receives what the server has to say. Nil means text on standard error.
	Logger *slog.Logger
}

// Server is a SimpleServer of one's own: clients connect over TCP and send messages with headers and a body. Listeners
// are bound with OnConnection, OnMessage, OnDisconnect and OnUpdate, before or while it runs; they run in ticks, never
// two at a time. Its methods, those of actors.SimpleServer among them, are safe for use by many goroutines.
type Server struct {
	*actors.SimpleServer

	server *supervisor.Server
	manual bool

	stop    chan struct{} // closed by Stop
	once    sync.Once
	stopped chan struct{} // closed when nothing runs any more
	err     error         // set before stopped is closed

	mu      sync.Mutex
	started bool
}

// NewServer prepares a server. What is wrong with the options is reported by Start or StartAsync.
func NewServer(o ServerOptions) *Server {
	if o.Host == "" {
		o.Host = "localhost"
	}
	level := slog.LevelWarn
	if o.VerboseLogging {
		level = slog.LevelDebug
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	}
	simple := o.Limits
	simple.Listen = []string{net.JoinHostPort(o.Host, strconv.Itoa(o.Port))}
	simple.Relay = false
	simple.TickRate, simple.ManualUpdate = o.TickRate, o.ManualUpdate
	srv := supervisor.New(supervisor.Options{
		NoListen:     true,
		MaxClients:   o.MaxClients,
		SimpleServer: simple,
		DrainTimeout: stopTimeout,
		Logger:       o.Logger,
	})
	s := &Server{
		SimpleServer: srv.System.SimpleServer(), server: srv, manual: o.ManualUpdate,
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	if o.VerboseLogging {
		s.logEvents(o.Logger)
	}
	return s
}

// logEvents is what VerboseLogging adds.
func (s *Server) logEvents(log *slog.Logger) {
	s.OnConnection(func(c *ConnectionClient) { log.Info("client connected", "address", c.Address()) })
	s.OnMessage(func(c *ConnectionClient, m *Message) {
		log.Debug("message received", "address", c.Address(), "headers", len(m.Headers), "bytes", len(m.Body))
	})
	s.OnDisconnect(func(c *ConnectionClient) { log.Info("client disconnected", "address", c.Address()) })
}

// ErrStarted is returned by Start and StartAsync of a server that has been started before.
var ErrStarted = errors.New("the server has been started before")

// Start serves until Stop is called and everything has come to an end. With ManualUpdate it returns as soon as clients
// can connect, as StartAsync does.
func (s *Server) Start() error {
	if err := s.StartAsync(); err != nil || s.manual {
		return err
	}
	return s.Wait()
}

// StartAsync returns as soon as clients can connect.
func (s *Server) StartAsync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return ErrStarted
	}
	s.started = true
	if err := s.server.Start(); err != nil {
		s.err = err
		s.once.Do(func() { close(s.stop) })
		close(s.stopped)
		return err
	}
	go func() {
		defer close(s.stopped)
		<-s.stop
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		s.err = s.server.Drain(ctx)
	}()
	return nil
}

// Stop has the server close its clients, tell the listeners of their end, and stop. It does not wait for that, so that
// listeners may call it; Wait does.
func (s *Server) Stop() { s.once.Do(func() { close(s.stop) }) }

// Wait returns when a server that was started has stopped: nil after an orderly end. Listeners must not call it.
func (s *Server) Wait() error {
	<-s.stopped
	return s.err
}

// Addr is the address that the server listens on; nil before it was started.
func (s *Server) Addr() net.Addr {
	if l := s.server.SimpleServerListeners(); len(l) > 0 {
		return l[0].Addr()
	}
	return nil
}
