//go:build !unix

package transport

import "errors"

// directIO tells that sockets are read and written without blocking through syscall.RawConn.
const directIO = false

func readSocket(uintptr, []byte) (n int, again bool, err error) {
	return 0, false, errors.ErrUnsupported
}

func writeBytes(uintptr, []byte) (n int, again bool, err error) {
	return 0, false, errors.ErrUnsupported
}

func writeSocket(uintptr, [][]byte) (n int, again bool, err error) {
	return 0, false, errors.ErrUnsupported
}
