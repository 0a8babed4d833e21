package supervisor

import (
	"errors"
	"fmt"
)

// Plugin is a compiled-in extension that configuration can switch on by its name.
type Plugin struct {
	// Name is what --plugins calls it.
	Name string
	// Load binds the plugin to a server that has not been started yet.
	Load func(s *Server) error
}

// load loads the named plugins, in this order.
func (s *Server) load(names []string, available []Plugin) (err error) {
	for _, name := range names {
		found := false
		for _, p := range available {
			if p.Name == name {
				found = true
				if e := p.Load(s); e != nil {
					err = errors.Join(err, fmt.Errorf("plugin %s: %w", name, e))
				}
			}
		}
		if !found {
			err = errors.Join(err, fmt.Errorf("there is no plugin %q", name))
		}
	}
	return err
}
