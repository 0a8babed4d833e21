package transport

import (
	"net"
	"time"
)

// past is a deadline that ends every wait.
var past = time.Unix(1, 0)

// setWriteDeadline moves the time until which the owner of the write side waits for the socket. The caller holds c.mu.
func (c *Conn) setWriteDeadline(t time.Time) {
	if c.sock != nil {
		c.sock.nc.SetWriteDeadline(t)
		return
	}
	c.writeUntil(t)
}

// setReadDeadline moves the time until which a closing connection waits for its peer. The caller holds c.mu.
func (c *Conn) setReadDeadline(t time.Time) {
	if c.sock != nil {
		c.sock.nc.SetReadDeadline(t)
		return
	}
	c.lingerUntil(t)
}

// halfClose tells the peer that nothing more comes. The caller owns the write side.
func (c *Conn) halfClose() {
	if c.sock != nil {
		closeWrite(c.sock.nc)
		return
	}
	shutdownWrite(c.fd)
}

// closeWriter is what TCP, unix and TLS connections have and net.Pipe has not.
type closeWriter interface{ CloseWrite() error }

func closeWrite(nc net.Conn) {
	if w, ok := nc.(closeWriter); ok {
		w.CloseWrite()
	}
	if t, ok := nc.(interface{ NetConn() net.Conn }); ok {
		closeWrite(t.NetConn()) // a TLS connection only says goodbye, the socket stays as it is
	}
}

// closeSocket closes what is below TLS: by now TLS has said goodbye, or cannot.
func closeSocket(nc net.Conn) { socketOf(nc).Close() }

// socketOf returns what is at the bottom of a connection.
func socketOf(nc net.Conn) net.Conn {
	for {
		t, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			return nc
		}
		nc = t.NetConn()
	}
}
