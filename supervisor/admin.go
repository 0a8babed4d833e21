package supervisor

import (
	"context"
	"net"
	"time"

	"github.com/skeinhq/skein/supervisor/admin"
)

// adminServer is the HTTP server of Options.Admin, and where it listens.
type adminServer struct {
	server *admin.Server
	addr   net.Addr
	api    *admin.API
}

// Ports, as metrics call them.
const (
	portWebSocket = "websocket"
	portPyStrands = "pystrands"
	portBackends  = "backends"
	portSimple    = "simpleserver"
)

// healthy says whether a server that is a PyStrands broker alone can serve: it needs a backend for that. Any other
// server is healthy as long as it answers.
func (s *Server) healthy() func() (bool, string) {
	if !s.options.NoListen || s.strands == nil {
		return nil
	}
	return func() (bool, string) {
		if ok, why := s.Ready(); !ok {
			return false, why
		}
		if s.Broker.Backends.Load() == 0 {
			return false, "no backend is attached"
		}
		return true, "ok"
	}
}

// startAdmin opens the admin address if there is one.
func (s *Server) startAdmin() error {
	if s.options.Admin == "" && s.options.Administration.Socket == "" {
		return nil
	}
	registry := admin.NewRegistry(s.options.Version, s.options.Commit)
	registry.MustRegister(admin.TransportCollector(portWebSocket, s.Transport), admin.ActorsCollector(&s.Counters))
	if s.strands != nil {
		registry.MustRegister(
			admin.TransportCollector(portPyStrands, s.strands.clients.Stats),
			admin.TransportCollector(portBackends, s.strands.backends.Stats),
			admin.BrokerCollector(&s.Broker),
		)
	}
	if s.simple != nil {
		registry.MustRegister(
			admin.TransportCollector(portSimple, s.simple.transport.Stats),
			admin.SimpleServerCollector(&s.Simple),
		)
	}
	api := s.newAPI()
	if s.data != nil {
		registry.MustRegister(admin.DataCollector(s.dataStats))
	}
	registry.MustRegister(admin.APICollector(api), admin.ModerationCollector(s.policy))
	if s.cl4Admin != nil {
		registry.MustRegister(admin.CL4AdminCollector(s.cl4Admin))
	}
	server := admin.New(admin.Options{
		Addr: s.options.Admin, Socket: s.options.Administration.Socket,
		Ready: s.Ready, Healthy: s.healthy(), Registry: registry, API: api, Logger: s.log,
	})
	addr, err := server.Start()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.admin = adminServer{server, addr, api}
	s.mu.Unlock()
	return s.writeAccess(addr)
}

// stopAdmin closes the admin address, the last thing that goes: it tells how the end is coming along.
func (s *Server) stopAdmin() error {
	s.mu.Lock()
	server, api := s.admin.server, s.admin.api
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	s.removeAccess()
	api.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		s.log.Debug("requests to the admin address were cut off", "error", err)
	}
	return nil
}

// AdminAddr is where health, readiness and metrics are served. Nil means nowhere.
func (s *Server) AdminAddr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.admin.addr
}
