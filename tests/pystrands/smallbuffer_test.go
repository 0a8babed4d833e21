package pystrands

import (
	"net"
	"syscall"
)

// A connection that nobody reads from is soon full when its buffer is small. The system doubles the size.
const (
	smallReceiveBuffer = 4 << 10
	smallSendBuffer    = 32 << 10
)

// smallDialer makes connections with a small receive buffer, which has to be set before the connection is there.
func smallDialer() *net.Dialer {
	return &net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		control := func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, smallReceiveBuffer)
		}
		if err := raw.Control(control); err != nil {
			return err
		}
		return err
	}}
}
