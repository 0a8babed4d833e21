// Package echo is the smallest useful plugin: {"cmd":"echo","val":...} is answered by the status code "I:1 | Echo" with
// the same val. It tells a client that its messages arrive and in which order.
package echo

import (
	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor"
)

// Load binds the command.
func Load(s *supervisor.Server) error {
	p := s.CL4()
	p.OnCommandWith("echo", actors.CommandOptions{Schema: cl4.Schema{Required: cl4.KeyVal}},
		func(c *actors.Client, m cl4.Message) error {
			return p.SendStatus(c, cl4.StatusEcho, "", &m, m.Val)
		})
	return nil
}
