//go:build unix && !linux

package transport

// writev writes the first piece only: small frames are gathered into one anyway.
func writev(fd int, pieces [][]byte) (int, error) { return sysWrite(fd, pieces[0]) }
