package transport

import (
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/codec"
)

// StreamHandler is what a Server serves whose clients do not speak WebSocket: they send bytes, and get the bytes of
// frames (codec.RawFrame). Its method is called from many goroutines.
type StreamHandler interface {
	// OpenStream is called once per connection, after the TLS handshake if there is one, before anything is read from
	// it. nil means that the connection shall be closed. It must not block.
	OpenStream(c *Conn) StreamReceiver
}

// StreamReceiver gets what one connection receives, from one goroutine at a time and in order. No method may block.
type StreamReceiver interface {
	// Data gets what one read brought. The bytes are valid, and may be changed, until it returns.
	Data(in []byte)
	// EOF is called when the peer has closed its side: no Data follows. The connection stays open, for what is still
	// to be said, until Close or Abort.
	EOF()
	// Closed is the last call, when nothing will be written any more: Conn.Written is final.
	Closed(end End)
}

// stream is what a Conn has that is a stream.
type stream struct {
	receiver StreamReceiver
	written  atomic.Uint64
}

// NewStream returns a Server for streams, ready for Listen. Of the options, those of the upgrade and of pings mean
// nothing to it; TCP's own keepalive watches idle connections.
func NewStream(o Options, h StreamHandler) *Server {
	o.PingInterval = -1
	s := New(o, nil)
	s.streams = h
	return s
}

// openStream makes a connection of an accepted socket. It runs on a goroutine of its own.
func (s *Server) openStream(socket net.Conn, l *Listener) {
	limitUnsent(socket)
	nc, early, err := s.secureStream(socket, l)
	if err != nil {
		s.leave(socket)
		return
	}
	req := &Request{Listener: l.name, TLS: nc != socket, Addr: peerAddress(socket)}
	req.IP = req.Addr.Addr().WithZone("")
	c := s.newConn(nc, req, false)
	c.stream = new(stream)
	if !s.promote(c, socket) {
		s.counters.refuse(refuseDraining.Cause)
		closeSocket(nc)
		s.leave(socket)
		return
	}
	s.takeOver(c)
	c.mu.Lock()
	c.releaseWrite()
	if c.stream.receiver = s.streams.OpenStream(c); c.stream.receiver == nil {
		c.end(End{codeNormal, reasonRefused, CauseServerClosed})
	}
	c.reader().start(c, early)
}

// secureStream does the TLS handshake where there is one to do. On an error the socket is closed.
func (s *Server) secureStream(socket net.Conn, l *Listener) (nc net.Conn, early []byte, err error) {
	if l.tls.Certificate == nil {
		return socket, nil, nil
	}
	socket.SetDeadline(time.Now().Add(s.opt.HandshakeTimeout))
	buf := make([]byte, smallBuffer)
	n, err := socket.Read(buf)
	if n == 0 {
		s.counters.refuse(refusedEOF)
		closeSocket(socket)
		return nil, nil, errors.Join(errAnswered, err)
	}
	if nc, n, err = s.secure(socket, l, buf, n); err != nil {
		return nil, nil, err
	}
	nc.SetDeadline(time.Time{})
	return nc, buf[:n], nil
}

func (s *stream) feed(in []byte) {
	if s.receiver != nil {
		s.receiver.Data(in)
	}
}

// streamOver tells the receiver that all is over.
func (c *Conn) streamOver() {
	c.mu.Lock()
	e := c.ending.End
	c.mu.Unlock()
	if r := c.stream.receiver; r != nil {
		r.Closed(e)
	}
}

// peerEOF is called when the peer has closed its side of the connection. Nothing more is read then, but a stream goes
// on until its end is decided.
func (c *Conn) peerEOF() {
	if c.stream == nil || c.stream.receiver == nil {
		c.gone()
		return
	}
	c.stream.receiver.EOF()
}

// Written is the number of frames of a stream whose last byte the operating system has taken. It is safe for use by
// many goroutines.
func (c *Conn) Written() uint64 { return c.stream.written.Load() }

// wrote counts frames that were written.
func (c *Conn) wrote(frames int) {
	c.shard.counts.framesOut.Add(uint64(frames))
	if c.stream != nil {
		c.stream.written.Add(uint64(frames))
	}
}

// Abort cuts the connection off for the cause given: what waits is not sent.
func (c *Conn) Abort(cause Cause) { c.abort(cause) }

// Lend counts m, which was made of a stream's bytes, against Options.MaxInFlightMessages and MaxInFlightBytes until it
// is released, as messages of a WebSocket are counted. Only StreamReceiver.Data may call it.
func (c *Conn) Lend(m *codec.Message) {
	c.messages++
	c.lentMessages.Add(1)
	c.lentBytes.Add(int64(len(m.Payload)))
	m.SetCredit((*credit)(c))
}

// Hold stops reading from the connection, after what has been read already, and begins again: back-pressure of whoever
// cannot take what the connection sends.
func (c *Conn) Hold(on bool) {
	c.held.Store(on)
	if !on && c.paused.Load() && c.caughtUp() {
		c.mu.Lock()
		c.unpause()
		c.mu.Unlock()
	}
}
