//go:build linux

package main

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// States of a connection.
const (
	stateIdle       = iota // not opened yet
	stateConnecting        // TCP handshake under way
	stateUpgrading         // upgrade request sent
	stateJoining           // open, join steps under way
	stateJoined            // takes part
	stateLeaving           // has said good-bye and waits for the end
	stateClosed
)

// A conn is one client. It holds a buffer only while a frame is incomplete or the socket is full.
type conn struct {
	fd      int
	index   int // place in the pool
	room    int
	visitor bool
	state   int
	began   int64 // when the connection was opened
	steps   []joinStep
	answers int    // still missing for the step
	rest    []byte // start of a frame whose end has not come
	message []byte // fragments so far
	out     []byte // not written yet
	dirty   bool   // waits in the pool's flush list
	simple  *simpleReader
}

// errServerClosed is the end of a connection that was still wanted.
var errServerClosed = errors.New("the server closed the connection")

// rawRead and rawWrite skip the scheduler's bookkeeping: the descriptors never block.
func rawRead(fd int, b []byte) (int, unix.Errno) {
	n, _, e := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), unix.Errno(e)
}

func rawWrite(fd int, b []byte) (int, unix.Errno) {
	n, _, e := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), unix.Errno(e)
}

// flush writes what is pending; the poller calls it again when the socket has room.
func (c *conn) flush() error {
	for len(c.out) > 0 {
		n, e := rawWrite(c.fd, c.out)
		switch {
		case e == unix.EAGAIN:
			return nil
		case e == unix.EINTR:
		case e != 0:
			return fmt.Errorf("write: %w", e)
		default:
			c.out = c.out[:copy(c.out, c.out[n:])]
		}
	}
	return nil
}
