package pystrands

import (
	"net"
	"syscall"
)

// A connection that nobody reads from is soon full when its buffer is small. The system doubles the size.
const (
	smallReceiveBuffer = 4 << 10
	smallSendBuffer    = 32 << 10
	smallSegment       = 536 // the other side's send buffer grows with the size of segments
)

// smallDialer makes connections for which systems on both sides keep little. That has to be set before the connection
// is there.
func smallDialer() *net.Dialer {
	return &net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		control := func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, smallReceiveBuffer)
			if err == nil {
				err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, smallSegment)
			}
		}
		if err := raw.Control(control); err != nil {
			return err
		}
		return err
	}}
}
