//go:build unix

package transport

import "syscall"

// directIO tells that sockets are read and written without blocking through syscall.RawConn.
const directIO = true

// readSocket reads once without waiting. again means that nothing is there yet.
func readSocket(fd uintptr, buf []byte) (n int, again bool, err error) {
	for {
		n, err = sysRead(int(fd), buf)
		switch err {
		case nil:
			return n, false, nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, true, nil
		default:
			return 0, false, err
		}
	}
}

// writeBytes is writeSocket for a single piece.
func writeBytes(fd uintptr, b []byte) (n int, again bool, err error) {
	for {
		n, err = sysWrite(int(fd), b)
		switch err {
		case nil:
			return n, false, nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, true, nil
		default:
			return 0, false, err
		}
	}
}

// writeSocket writes once without waiting. again means that the socket takes nothing now.
func writeSocket(fd uintptr, pieces [][]byte) (n int, again bool, err error) {
	if len(pieces) == 1 {
		return writeBytes(fd, pieces[0])
	}
	for {
		n, err = writev(int(fd), pieces)
		switch err {
		case nil:
			return n, false, nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, true, nil
		default:
			return 0, false, err
		}
	}
}
