//go:build unix && !linux

package transport

import "syscall"

// writev writes the first piece only: small frames are gathered into one anyway.
func writev(fd int, pieces [][]byte) (int, error) { return syscall.Write(fd, pieces[0]) }
