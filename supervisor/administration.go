package supervisor

import (
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"time"

	"github.com/skeinhq/skein/supervisor/admin"
	"github.com/skeinhq/skein/supervisor/admin/audit"
	"github.com/skeinhq/skein/supervisor/admin/token"
	"github.com/skeinhq/skein/supervisor/transport"
)

// loadAdministration reads what administrators have left behind: settings, tokens, the audit log.
func (s *Server) loadAdministration() (err error) {
	s.since = time.Now()
	o := s.options.Administration
	if s.audit, err = audit.New(s.records, o.AuditEntries, s.log); err != nil {
		return err
	}
	if s.tokens, err = token.NewStore(s.records, nil); err != nil {
		return err
	}
	if o.Token != "" && !token.IsText(o.Token) { // one that was made has its scope with whoever has made it
		s.tokens.AddFixed(token.Token{Name: "configuration", Scope: token.Admin}, o.Token, false)
	}
	return s.loadSettings()
}

func (s *Server) newAPI() *admin.API {
	return admin.NewAPI(admin.APIOptions{
		System: s.System, Transport: s.allPorts, Server: controls{s},
		Bans: s.policy.Bans, Users: s.users, Tokens: s.tokens, Audit: s.audit,
		Data: s.file(), Version: s.options.Version, Commit: s.options.Commit, Logger: s.log,
	})
}

// allPorts adds up the figures of all ports.
func (s *Server) allPorts() transport.Stats {
	all := s.transport.Stats()
	if s.strands != nil {
		all = all.Plus(s.strands.clients.Stats()).Plus(s.strands.backends.Stats())
	}
	if s.simple != nil {
		all = all.Plus(s.simple.transport.Stats())
	}
	return all
}

// Ending is sent to when an administrator wants the server to end in an orderly way: how long that may take, 0 where
// it does not matter. Whoever runs the server then calls Drain; Run does.
func (s *Server) Ending() <-chan time.Duration { return s.ending }

// controls is what administrators do with the server.
type controls struct{ s *Server }

// Drain implements admin.Controls.
func (c controls) Drain(timeout time.Duration) {
	select {
	case c.s.ending <- timeout:
	default: // it was asked for already
	}
}

// Reload implements admin.Controls.
func (c controls) Reload() error { return c.s.Reload() }

// Settings implements admin.Controls.
func (c controls) Settings() []admin.Setting { return c.s.settings.list() }

// ChangeSettings implements admin.Controls.
func (c controls) ChangeSettings(changes map[string]json.RawMessage) ([]admin.Change, error) {
	return c.s.settings.change(changes)
}

// State implements admin.Controls.
func (c controls) State() admin.State {
	s := c.s
	ok, why := s.Ready()
	node, err := os.Hostname()
	if err != nil {
		node = "unknown"
	}
	state := admin.State{
		Node: node, Started: s.since, Ready: ok, State: why, Protocols: slices.Clone(s.options.Protocols), Data: DataNone,
		Limits: admin.Limits{
			MaxClients: s.limits.Max(), MaxClientsPerIP: s.limits.MaxPerIP(),
			MaxMessageBytes: cmp.Or(s.options.MaxMessage, DefaultMaxMessage),
			OutboxBytes:     cmp.Or(s.options.OutboxBytes, DefaultOutboxBytes),
		},
	}
	if s.options.Data.enabled() {
		state.Data = s.options.Data.Dir
	}
	if s.strands != nil {
		state.Protocols = append(state.Protocols, portPyStrands)
	}
	if s.simple != nil {
		state.Protocols = append(state.Protocols, portSimple)
	}
	for _, port := range []struct {
		name      string
		listeners []*transport.Listener
	}{
		{portWebSocket, s.Listeners()}, {portPyStrands, s.PyStrandsListeners()},
		{portBackends, s.BackendListeners()}, {portSimple, s.SimpleServerListeners()},
	} {
		for _, l := range port.listeners {
			state.Listeners = append(state.Listeners, admin.Listener{Port: port.name, URL: l.URL()})
		}
	}
	for _, url := range s.adminURLs() {
		state.Listeners = append(state.Listeners, admin.Listener{Port: "admin", URL: url})
	}
	return state
}

func (s *Server) adminURLs() []string {
	s.mu.Lock()
	server := s.admin.server
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	return server.URLs()
}
