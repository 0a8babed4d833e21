package supervisor

import (
	"errors"
	"fmt"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/cl4admin"
)

// bindCL4Admin adds the commands of administrators to CL4 where they are wanted.
func (s *Server) bindCL4Admin() (err error) {
	if !s.options.Moderation.CL4Admin {
		return nil
	}
	s.cl4Admin, err = cl4admin.Bind(cl4admin.Options{
		System: s.System, Server: cl4Controls{s}, Users: s.users, Bans: s.policy.Bans, Logger: s.log,
	})
	return err
}

// cl4Controls is what administrators change of the server by CL4 commands.
type cl4Controls struct{ s *Server }

// SetMOTD implements cl4admin.Server.
func (c cl4Controls) SetMOTD(text string, enabled bool) error {
	c.s.CL4().SetMOTD(text, enabled)
	return nil
}

// SetMaxClients implements cl4admin.Server.
func (c cl4Controls) SetMaxClients(n int) error {
	_, perIP, reject := c.s.limits.get()
	c.s.limits.set(n, perIP, reject)
	return nil
}

// SetDisabled implements cl4admin.Server.
func (c cl4Controls) SetDisabled(protocol, command string, disabled bool) error {
	var p interface {
		DisableCommand(string) error
		EnableCommand(string) error
	} = c.s.CL4()
	switch protocol {
	case ProtocolCL4:
	case ProtocolScratch:
		p = c.s.Scratch()
	default:
		return fmt.Errorf("unknown protocol %q", protocol)
	}
	change, already := p.EnableCommand, actors.ErrCommandNotDisabled
	if disabled {
		change, already = p.DisableCommand, actors.ErrCommandAlreadyDisabled
	}
	if err := change(command); err != nil && !errors.Is(err, already) {
		return err
	}
	return nil
}

// Changed implements cl4admin.Server.
func (c cl4Controls) Changed(cl4admin.Change) {}
