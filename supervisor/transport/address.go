package transport

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"
)

// unixPrefix marks the address of a unix socket.
const unixPrefix = "unix:"

// listen opens HOST:PORT or unix:PATH. TCP's own keepalive is on only where pings are off: one of them is enough.
func listen(addr string, tcpKeepAlive bool) (net.Listener, error) {
	path, isUnix := strings.CutPrefix(addr, unixPrefix)
	if isUnix {
		if path == "" {
			return nil, errors.New("transport: unix: needs a path")
		}
		if err := removeStale(path); err != nil {
			return nil, fmt.Errorf("transport: %s: %w", addr, err)
		}
		ln, err := net.Listen("unix", path)
		if err != nil {
			return nil, fmt.Errorf("transport: %w", err)
		}
		return ln, nil
	}
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, fmt.Errorf("transport: listen address must be HOST:PORT or unix:PATH: %w", err)
	}
	lc := net.ListenConfig{Control: prepareListener}
	if !tcpKeepAlive {
		lc.KeepAlive = -1
	}
	ln, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	return ln, nil
}

var (
	errNotSocket = errors.New("exists and is not a socket")
	errInUse     = errors.New("another process listens on it")
)

// removeStale removes a socket that a process left behind, and nothing else.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return errNotSocket
	}
	if nc, err := net.DialTimeout("unix", path, time.Second); err == nil {
		nc.Close()
		return errInUse
	}
	return os.Remove(path)
}
