//go:build !linux

package transport

import "net"

// limitUnsent does nothing: the system has no such limit, or another one.
func limitUnsent(net.Conn) {}
