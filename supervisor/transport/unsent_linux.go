package transport

import (
	"net"

	"golang.org/x/sys/unix"
)

// maxUnsent is how many bytes of a stream the operating system may hold that it has not begun to send. Without it a
// socket takes up to some megabytes for a peer that has stopped reading, and when that peer dies they are lost instead
// of going elsewhere.
const maxUnsent = 64 << 10

// limitUnsent applies maxUnsent to a socket. That is a matter of TCP: other sockets refuse it, and do without.
func limitUnsent(socket net.Conn) {
	tcp, ok := socket.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent)
	})
}
