package supervisor

import (
	"errors"
	"fmt"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/admin"
	"github.com/skeinhq/skein/supervisor/admin/audit"
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
	_, err := c.s.settings.changeOne(settingMOTD, text)
	if err == nil && enabled != (text != "") {
		_, err = c.s.settings.changeOne(settingEnableMOTD, enabled)
	}
	return err
}

// SetMaxClients implements cl4admin.Server.
func (c cl4Controls) SetMaxClients(n int) error {
	_, err := c.s.settings.changeOne(settingMaxClients, n)
	return err
}

// SetDisabled implements cl4admin.Server.
func (c cl4Controls) SetDisabled(protocol, command string, disabled bool) error {
	_, err := c.s.settings.setCommandDisabled(protocol, command, disabled)
	if errors.Is(err, admin.ErrSetting) { // the only thing that can be wrong with it
		err = fmt.Errorf("%w: %s", actors.ErrCommandDoesNotExist, command)
	}
	return err
}

// Changed implements cl4admin.Server.
func (c cl4Controls) Changed(m cl4admin.Change) {
	address := "unix"
	if m.Address.IsValid() {
		address = m.Address.String()
	}
	c.s.audit.Add(audit.Entry{Who: m.Who, Address: address, Action: m.Action, Target: m.Target}, m.Before, m.After)
}
