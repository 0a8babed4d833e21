package supervisor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/codec/simpleserver"
	"github.com/skeinhq/skein/supervisor/transport"
)

// simpleInFlight is how many reads of a client may wait to be looked at. Beyond that, and beyond what may wait for a
// tick, the client is not read from.
const simpleInFlight = 16

// simpleServer is SimpleServer's part of a Server.
type simpleServer struct {
	options   SimpleServerOptions
	transport *transport.Server
	listeners []*transport.Listener
}

// enabled tells whether there is a SimpleServer.
func (o SimpleServerOptions) enabled() bool { return len(o.Listen) > 0 }

func (o SimpleServerOptions) withDefaults() SimpleServerOptions {
	o.TickRate = cmp.Or(o.TickRate, DefaultSimpleServerTickRate)
	o.Idle = cmp.Or(o.Idle, DefaultSimpleServerIdle)
	o.IdleLarge = cmp.Or(o.IdleLarge, DefaultSimpleServerIdleLarge)
	o.Stall = cmp.Or(o.Stall, DefaultSimpleServerStall)
	o.LegacyGap = cmp.Or(o.LegacyGap, DefaultSimpleServerLegacyGap)
	o.LegacyPercent = cmp.Or(o.LegacyPercent, DefaultSimpleServerLegacyPercent)
	o.MaxMessage = cmp.Or(o.MaxMessage, DefaultSimpleServerMaxMessage)
	o.MaxHead = cmp.Or(o.MaxHead, DefaultSimpleServerMaxHead)
	o.MaxHeaders = cmp.Or(o.MaxHeaders, DefaultSimpleServerMaxHeaders)
	o.Queue = cmp.Or(o.Queue, DefaultSimpleServerQueue)
	o.QueueBytes = cmp.Or(o.QueueBytes, DefaultSimpleServerQueueBytes)
	o.PacedQueue = cmp.Or(o.PacedQueue, DefaultSimpleServerPacedQueue)
	o.PacedBytes = cmp.Or(o.PacedBytes, DefaultSimpleServerPacedBytes)
	return o
}

// config is what the actors need to know.
func (o SimpleServerOptions) config() *actors.SimpleConfig {
	if !o.enabled() {
		return nil
	}
	o = o.withDefaults()
	c := &actors.SimpleConfig{
		TickRate:      o.TickRate,
		Manual:        o.ManualUpdate,
		Relay:         o.Relay,
		Idle:          o.Idle,
		IdleLarge:     o.IdleLarge,
		Stall:         o.Stall,
		LegacyGap:     max(o.LegacyGap, 0),
		QueueMessages: o.PacedQueue,
		QueueBytes:    o.PacedBytes,
		Limits:        &simpleserver.Limits{MaxMessage: o.MaxMessage, MaxHead: o.MaxHead, MaxHeaders: o.MaxHeaders},
	}
	if o.LegacyPercent == PercentFullWidth {
		c.LegacyPercent = simpleserver.PercentFullWidth
	}
	return c
}

// check tells what is wrong with the options.
func (o SimpleServerOptions) check(broker bool) error {
	switch {
	case !o.enabled():
		return nil
	case o.TickRate < 0 || o.TickRate > 1e6:
		return fmt.Errorf("SimpleServer: a tick rate of %v is not possible", o.TickRate)
	case o.LegacyPercent != "" && o.LegacyPercent != PercentKeep && o.LegacyPercent != PercentFullWidth:
		return fmt.Errorf("SimpleServer: percent signs: %q is neither %s nor %s", o.LegacyPercent, PercentKeep, PercentFullWidth)
	case o.Relay && !broker:
		return errors.New("SimpleServer: there is no PyStrands broker to relay to")
	}
	return nil
}

func newSimpleServer(s *Server, o SimpleServerOptions) *simpleServer {
	o = o.withDefaults()
	return &simpleServer{options: o, transport: transport.NewStream(transport.Options{
		MaxMessage:          o.MaxMessage,
		OutboxBytes:         o.QueueBytes,
		OutboxFrames:        o.Queue,
		MaxInFlightMessages: simpleInFlight,
		Logger:              s.log,
	}, &simpleHandler{s})}
}

func (b *simpleServer) listen(s *Server) error {
	t, err := loadTLS(b.options.TLSCert, b.options.TLSKey, s)
	if err != nil {
		return fmt.Errorf("SimpleServer: %w", err)
	}
	for _, addr := range b.options.Listen {
		open, err := listenLocal(b.transport, addr, t)
		if err != nil {
			return fmt.Errorf("SimpleServer: %w", err)
		}
		s.mu.Lock()
		b.listeners = append(b.listeners, open...)
		s.mu.Unlock()
	}
	return nil
}

// drain closes the clients.
func (b *simpleServer) drain(ctx context.Context, spread time.Duration) error {
	b.transport.StopAccepting()
	return errors.Join(b.transport.CloseAll(ctx, closeGoingAway, reasonStopping, spread), b.transport.Wait(ctx))
}

// SimpleServerListeners returns the open listeners of SimpleServer.
func (s *Server) SimpleServerListeners() []*transport.Listener {
	if s.simple == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*transport.Listener(nil), s.simple.listeners...)
}

// simpleHandler connects SimpleServer's port with the actors.
type simpleHandler struct{ s *Server }

// OpenStream implements transport.StreamHandler.
func (h *simpleHandler) OpenStream(c *transport.Conn) transport.StreamReceiver {
	r := c.Request()
	if _, refused := h.s.policy.Banned(r.IP, ""); refused {
		return nil
	}
	if !h.s.hasRoom(r.IP) {
		return nil
	}
	address := r.Listener
	if r.Addr.IsValid() {
		address = r.Addr.String()
	}
	peer := actors.Peer{Out: c, IP: r.IP, ClientIP: r.IP.String(), Listener: r.Listener}
	return &simpleReceiver{h.s.ConnectSimple(peer, address), h.s, c}
}

// simpleReceiver hands what a client of SimpleServer sends to its session.
type simpleReceiver struct {
	session *actors.SimpleSession
	s       *Server
	conn    *transport.Conn
}

// Data implements transport.StreamReceiver.
func (r *simpleReceiver) Data(in []byte) {
	m := codec.NewMessage(in, true)
	r.conn.Lend(m)
	r.session.Data(m)
}

// EOF implements transport.StreamReceiver.
func (r *simpleReceiver) EOF() { r.session.EOF() }

// Closed implements transport.StreamReceiver.
func (r *simpleReceiver) Closed(e transport.End) {
	r.s.limits.release(r.conn.Request().IP)
	r.session.Closed(endOf(e))
}
