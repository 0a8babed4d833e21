//go:build !race

package transport

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls of this file return at once whatever the socket is like: its descriptor does not block. So the Go scheduler
// need not be told, which would cost a good part of what the call itself does, and might give the processor away. The
// race detector wants to see them, see syscall_unix.go.

func sysRead(fd int, b []byte) (int, error) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func sysWrite(fd int, b []byte) (int, error) {
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
