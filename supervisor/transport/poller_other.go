//go:build !linux

package transport

import (
	"syscall"
	"time"
)

// poller reads many connections on one goroutine. Here there is none: every connection is read by a goroutine.
type poller struct{}

type (
	pollers []*poller
	polled  struct{ gone bool }
	pace    struct{}
)

func (*poller) start(*Conn, []byte) {}
func (*poller) wake(*Conn)          {}
func (*poller) resume(*Conn)        {}
func (*poller) post(*Conn)          {}
func (*poller) awaitRoom(*Conn)     {}
func (*poller) interrupt()          {}

func (pollers) stop()       {}
func (pollers) dismissAll() {}

// acceptor returns what accepts connections straight into a poller.
func (*Listener) acceptor() func() error { return nil }

// prepareListener sets what accepted sockets inherit.
var prepareListener func(network, address string, raw syscall.RawConn) error

func (s *Server) startPollers() {}

func shutdownWrite(int32) {}

// takeOver readies a connection for its reader.
func (s *Server) takeOver(c *Conn) { c.sock.nc.SetDeadline(time.Time{}) }
