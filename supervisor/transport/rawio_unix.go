//go:build unix

package transport

import "syscall"

// directIO tells that sockets are read and written without blocking through syscall.RawConn.
const directIO = true

// readSocket reads once without waiting. again means that nothing is there yet.
func readSocket(fd uintptr, buf []byte) (n int, again bool, err error) {
	for {
		if n, err = sysRead(int(fd), buf); err != syscall.EINTR {
			return outcome(n, err)
		}
	}
}

// writeBytes is writeSocket for a single piece.
func writeBytes(fd uintptr, b []byte) (n int, again bool, err error) {
	for {
		if n, err = sysWrite(int(fd), b); err != syscall.EINTR {
			return outcome(n, err)
		}
	}
}

// writeSocket writes once without waiting. again means that the socket takes nothing now.
func writeSocket(fd uintptr, pieces [][]byte) (n int, again bool, err error) {
	if len(pieces) == 1 {
		return writeBytes(fd, pieces[0])
	}
	for {
		if n, err = writev(int(fd), pieces); err != syscall.EINTR {
			return outcome(n, err)
		}
	}
}

// outcome tells a socket that is not ready from one that has failed.
func outcome(n int, errno error) (_ int, again bool, err error) {
	switch errno {
	case nil:
		return n, false, nil
	case syscall.EAGAIN:
		return 0, true, nil
	}
	return 0, false, errno
}
