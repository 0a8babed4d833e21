//go:build !linux

package transport

import "time"

// poller reads many connections on one goroutine. Here there is none: every connection is read by a goroutine.
type poller struct{}

type (
	pollers []*poller
	polled  struct{}
)

func (*poller) start(*Conn, []byte) {}
func (*poller) wake(*Conn)          {}
func (*poller) resume(*Conn)        {}
func (*poller) post(*Conn)          {}
func (*poller) awaitRoom(*Conn)     {}

func (pollers) stop() {}

func (s *Server) startPollers() {}

func shutdownWrite(int32) {}

// takeOver readies a connection for its reader.
func (s *Server) takeOver(c *Conn) { c.sock.nc.SetDeadline(time.Time{}) }
