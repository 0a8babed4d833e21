// Package supervisor puts a server together: it builds the actor tree, opens the listeners, connects the two, and
// starts, drains and stops them in the right order. It is what a Go program imports to embed Skein.
package supervisor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/protocol/scratch"
	"github.com/skeinhq/skein/supervisor/admin/audit"
	"github.com/skeinhq/skein/supervisor/admin/token"
	"github.com/skeinhq/skein/supervisor/cl4admin"
	"github.com/skeinhq/skein/supervisor/moderation"
	"github.com/skeinhq/skein/supervisor/storage"
	"github.com/skeinhq/skein/supervisor/transport"
)

// Close code and reason of a server that is stopping (RFC 6455 section 7.4.1: going away).
const (
	closeGoingAway = 1001
	reasonStopping = "server is stopping"
)

// Server is a Skein server. New prepares it, Run serves until it is told to stop. Plugins bind handlers to it before
// or while it runs: the methods of actors.System are its own.
type Server struct {
	*actors.System

	options   Options
	log       *slog.Logger
	transport *transport.Server
	strands   *strandsServer // nil without a broker
	simple    *simpleServer  // nil without SimpleServer
	limits    *limits
	policy    *moderation.Policy
	users     *moderation.Users
	cl4Admin  *cl4admin.Admin // nil: there is no administration by CL4 commands
	data      *data           // nil: nothing is kept on disk
	records   storage.Records // nil before Start
	settings  *runtimeSettings
	burst     atomic.Int64 // messages at once from one connection; 0: one second's worth
	audit     *audit.Log
	tokens    *token.Store
	bindErr   error // what was wrong with the options, for Start

	draining  atomic.Bool
	rejecting atomic.Bool // nobody new is let in
	started   atomic.Bool
	since     time.Time          // of Start
	ending    chan time.Duration // somebody has asked for the end, which may take so long
	stop      sync.Once
	stopErr   error

	mu        sync.Mutex
	listeners []*transport.Listener
	admin     adminServer
}

// New prepares a server. What is wrong with the options is reported by Start or Run.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{options: o, log: o.Logger, users: moderation.NewUsers(nil)}
	var policyErr error
	s.policy, policyErr = newPolicy(o.Moderation)
	unique, _ := o.Moderation.unique() // newPolicy has looked at it
	s.data = newData(o.Data)
	s.System = actors.NewSystem(actors.Options{
		Protocols: protocols(o.Protocols),
		CL4: cl4.Config{
			MOTD:                o.MOTD,
			EnableMOTD:          o.EnableMOTD,
			DeliverToAllMatches: o.DeliverToAllMatches,
			MaxRooms:            limit(o.MaxRoomsPerClient),
		},
		Scratch:         o.Scratch.config(),
		Rate:            actors.Rate{PerSecond: o.MessageRate, Burst: o.MessageBurst},
		IdentifyTimeout: o.IdentifyTimeout,
		Conflate:        o.SlowConsumer == SlowConflate,
		Broker:          o.PyStrands.config(),
		Storage:         s.data.storage(),
		Journal:         o.Data.journal(),
		Moderator:       s.policy,
		UniqueNames:     unique,
		Simple:          o.SimpleServer.config(),
		Logger:          o.Logger,
	})
	s.ending = make(chan time.Duration, 1)
	s.burst.Store(int64(o.MessageBurst))
	s.limits = newLimits(o.MaxClients, o.MaxClientsPerIP)
	s.transport = transport.New(transport.Options{
		MaxMessage:       o.MaxMessage,
		OutboxBytes:      o.OutboxBytes,
		PingInterval:     o.PingInterval,
		PongTimeout:      o.PongTimeout,
		HandshakeTimeout: o.HandshakeTimeout,
		AllowedOrigins:   o.AllowedOrigins,
		RealIPHeader:     o.RealIPHeader,
		TrustedProxies:   o.TrustedProxies,
		KeepHeaders:      o.KeepHeaders || len(o.Plugins) > 0,
		Compression:      o.Compression,
		Logger:           o.Logger,
	}, &handler{s})
	if o.PyStrands.enabled() {
		s.strands = newStrandsServer(s, o.PyStrands)
	}
	if o.SimpleServer.enabled() {
		s.simple = newSimpleServer(s, o.SimpleServer)
	}
	s.bindErr = errors.Join(policyErr, s.bindCL4Admin(), o.SimpleServer.check(o.PyStrands.enabled()), s.disable(o.DisabledCommands), s.load(o.Plugins, o.Available))
	return s
}

// disable switches commands off, each given as PROTOCOL:COMMAND.
func (s *Server) disable(commands []string) (err error) {
	for _, c := range commands {
		protocol, name, ok := strings.Cut(c, ":")
		switch {
		case !ok:
			err = errors.Join(err, fmt.Errorf("disabled command %q is not PROTOCOL:COMMAND", c))
		case protocol == ProtocolCL4:
			err = errors.Join(err, s.CL4().DisableCommand(name))
		case protocol == ProtocolScratch:
			err = errors.Join(err, s.Scratch().DisableCommand(name))
		default:
			err = errors.Join(err, fmt.Errorf("disabled command %q: unknown protocol %q", c, protocol))
		}
	}
	return err
}

// Start opens the listeners and returns when clients can connect.
func (s *Server) Start() error {
	if s.bindErr != nil {
		return s.bindErr
	}
	var t transport.TLS
	if s.options.TLSCert != "" || s.options.TLSKey != "" {
		cert, err := transport.LoadCertificate(s.options.TLSCert, s.options.TLSKey, s.log)
		if err != nil {
			return err
		}
		t = transport.TLS{Certificate: cert, AlsoPlain: s.options.TLS == TLSBoth}
	} else if s.options.TLS != "" {
		return fmt.Errorf("TLS mode %q needs a certificate and a key", s.options.TLS)
	}
	if err := s.openData(); err != nil {
		return err
	}
	if err := s.loadModeration(); err != nil {
		return errors.Join(err, s.Stop())
	}
	if err := s.loadAdministration(); err != nil {
		return errors.Join(err, s.Stop())
	}
	if err := s.System.Start(); err != nil {
		return errors.Join(err, s.Stop())
	}
	s.started.Store(true)
	if s.strands != nil {
		if err := s.strands.listen(s); err != nil {
			return errors.Join(err, s.Stop())
		}
	}
	if s.simple != nil {
		if err := s.simple.listen(s); err != nil {
			return errors.Join(err, s.Stop())
		}
	}
	for _, addr := range s.options.Listen {
		l, err := s.transport.Listen(addr, t)
		if err != nil {
			return errors.Join(err, s.Stop())
		}
		s.mu.Lock()
		s.listeners = append(s.listeners, l)
		s.mu.Unlock()
	}
	if err := s.startAdmin(); err != nil {
		return errors.Join(err, s.Stop())
	}
	return nil
}

// Listeners returns the open listeners.
func (s *Server) Listeners() []*transport.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.listeners)
}

// Run serves until ctx is done, then drains, and returns nil after an orderly end.
func (s *Server) Run(ctx context.Context) error {
	if err := s.Start(); err != nil {
		return err
	}
	for _, l := range slices.Concat(s.Listeners(), s.PyStrandsListeners(), s.BackendListeners(), s.SimpleServerListeners()) {
		s.log.Info("listening on " + l.URL())
	}
	timeout := s.options.DrainTimeout
	select {
	case <-ctx.Done():
	case d := <-s.Ending():
		timeout = cmp.Or(d, timeout)
	}
	drain, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.Drain(drain)
}

// Ready tells whether the server takes new clients; if not, why.
func (s *Server) Ready() (bool, string) {
	switch {
	case s.draining.Load():
		return false, "draining"
	case !s.started.Load():
		return false, "starting"
	}
	if why, failing := s.Journal.Failing(); failing {
		return true, "degraded: data cannot be written: " + why // it serves all the same
	}
	return true, "ready"
}

// Drain stops accepting, closes the clients with 1001 in batches with jitter so that they do not all come back at
// once, and stops everything when they are gone or ctx is done.
func (s *Server) Drain(ctx context.Context) error {
	s.draining.Store(true)
	s.transport.StopAccepting()
	strands, simple := make(chan error, 1), make(chan error, 1)
	go func() { strands <- s.drainStrands(ctx) }()
	go func() { simple <- s.drainSimple(ctx) }()
	err := s.transport.CloseAll(ctx, closeGoingAway, reasonStopping, s.spread())
	if err == nil {
		err = s.transport.Wait(ctx)
	}
	err = errors.Join(err, <-strands, <-simple)
	if err != nil {
		s.log.Warn("the drain deadline has passed, the remaining connections are cut off", "err", err)
	}
	return s.Stop()
}

// drainStrands lets the broker come to an end.
func (s *Server) drainStrands(ctx context.Context) error {
	if s.strands == nil {
		return nil
	}
	return s.strands.drain(ctx, s, s.spread())
}

// drainSimple closes the clients of SimpleServer.
func (s *Server) drainSimple(ctx context.Context) error {
	if s.simple == nil {
		return nil
	}
	return s.simple.drain(ctx, s.spread())
}

// spread is over how long the clients are closed, so that they do not all come back at once.
func (s *Server) spread() time.Duration {
	return min(s.options.DrainTimeout/2, time.Duration(s.Clients().Len())*time.Millisecond)
}

// Stop cuts off whatever is left and returns when nothing of the server runs any more. It may be called at any time
// and more than once.
func (s *Server) Stop() error {
	s.stop.Do(func() {
		s.draining.Store(true)
		s.transport.Stop()
		if s.strands != nil {
			s.strands.stop()
		}
		if s.simple != nil {
			s.simple.transport.Stop()
		}
		if s.started.Load() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			s.awaitSessions(ctx)
			s.stopErr = s.System.Stop(ctx)
		}
		s.stopErr = errors.Join(s.stopErr, s.stopAdmin(), s.closeData())
	})
	return s.stopErr
}

// sessionsLinger is how long sessions are given to carry out what they have received, once nothing more can come.
const sessionsLinger = 2 * time.Second

// awaitSessions returns when no session is left: what a client has sent counts, even if it was the last thing.
func (s *Server) awaitSessions(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sessionsLinger)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for s.Counters.Sessions.Load() > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Reload reads the certificates and the filter of names again.
func (s *Server) Reload() error {
	err := errors.Join(s.transport.Reload(), s.policy.Names.Reload())
	if s.strands != nil {
		err = errors.Join(err, s.strands.clients.Reload(), s.strands.backends.Reload())
	}
	if s.simple != nil {
		err = errors.Join(err, s.simple.transport.Reload())
	}
	return err
}

// Transport returns the figures of the transport.
func (s *Server) Transport() transport.Stats { return s.transport.Stats() }

func protocols(names []string) []actors.Protocol {
	var out []actors.Protocol
	for _, n := range names {
		switch n {
		case ProtocolCL4:
			out = append(out, actors.CL4)
		case ProtocolScratch:
			out = append(out, actors.Scratch)
		}
	}
	return out
}

// limit turns Unlimited into the zero that means the same to packages below.
func limit(n int) int { return max(n, 0) }

// config translates the settings of Scratch.
func (o ScratchOptions) config() scratch.Config {
	c := scratch.Config{
		ValueLength:   o.ValueLength,
		Variables:     o.Variables,
		Clients:       o.Clients,
		Rooms:         o.Rooms,
		NameLength:    o.NameLength,
		Rename:        o.Rename,
		Delete:        o.Delete,
		RefusedNames:  o.RefusedNames,
		FlushInterval: o.FlushInterval,
		RoomTTL:       o.RoomTTL,
	}
	if o.Dialect == DialectCloudLink {
		c.Dialect = scratch.CloudLink
	}
	switch o.Values {
	case ValuesNumeric:
		c.Values = scratch.ValuesNumeric
	case ValuesAny:
		c.Values = scratch.ValuesAny
	}
	return c
}
