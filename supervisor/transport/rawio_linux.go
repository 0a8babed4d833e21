package transport

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// epollWaitNow is epoll_wait without waiting. As it never blocks, the Go scheduler need not hear of it.
func epollWaitNow(epoll int, events []unix.EpollEvent) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(&events[0])),
		uintptr(len(events)), 0, 0, 0)
	return int(n), errno
}
