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
}

// startAdmin opens the admin address if there is one.
func (s *Server) startAdmin() error {
	if s.options.Admin == "" {
		return nil
	}
	registry := admin.NewRegistry(s.options.Version, s.options.Commit)
	registry.MustRegister(admin.TransportCollector(s.Transport), admin.ActorsCollector(&s.Counters))
	server := admin.New(admin.Options{
		Addr: s.options.Admin, Ready: s.Ready, Registry: registry, Logger: s.log,
	})
	addr, err := server.Start()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.admin = adminServer{server, addr}
	s.mu.Unlock()
	return nil
}

// stopAdmin closes the admin address, the last thing that goes: it tells how the end is coming along.
func (s *Server) stopAdmin() error {
	s.mu.Lock()
	server := s.admin.server
	s.mu.Unlock()
	if server == nil {
		return nil
	}
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
