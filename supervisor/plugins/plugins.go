// Package plugins lists the plugins that are compiled into skein. Configuration loads them by name.
package plugins

import (
	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/plugins/echo"
	"github.com/skeinhq/skein/supervisor/plugins/lobby"
)

// All returns the compiled-in plugins. To add one, add it here.
func All() []supervisor.Plugin {
	return []supervisor.Plugin{
		{Name: "echo", Load: echo.Load},
		{Name: "lobby", Load: lobby.Load},
	}
}
