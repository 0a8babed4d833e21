package transport

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// Asker is a Handler that may take its time to let a client in, because somebody else decides. Compression is not
// offered by a Server whose Handler is an Asker.
type Asker interface {
	Handler
	// Ask is called instead of Open, for a handshake that Admit let in, before it is answered. decide is to be called,
	// from any goroutine; only its first call counts. There is no time limit but the asker's own.
	//
	// c takes frames from now on and keeps them until the upgrade is done. The receiver is told with Opened that it is;
	// when it is not, because the client hung up, was refused or the server stops, Closed is all that it is told.
	Ask(c *Conn, decide func(Verdict)) AskedReceiver
}

// AskedReceiver is the Receiver of a connection that had to be asked for.
type AskedReceiver interface {
	Receiver
	// Opened is called once when the client has been sent the 101, before the first Message. It must not block.
	Opened()
}

// Verdict is the answer to Asker.Ask.
type Verdict struct {
	// Refusal is the answer to a client that is not let in, nil for one that is.
	Refusal *Refusal
	// Subprotocol is agreed on if the client has offered it (RFC 6455 section 4.2.2). Empty means none.
	Subprotocol string
}

// errGone says that a client hung up while somebody decided whether to let it in.
var errGone = errors.New("client is gone")

// decision is a Verdict that has not come yet.
type decision struct {
	once    sync.Once
	verdict chan Verdict
	nc      net.Conn
}

// decide wakes await.
func (d *decision) decide(v Verdict) {
	d.once.Do(func() {
		d.verdict <- v
		d.nc.SetReadDeadline(past)
	})
}

// ask waits for the answer of an Asker and watches the client meanwhile. A Conn that is returned with an error is
// over, and its receiver knows.
func (s *Server) ask(asker Asker, nc net.Conn, req *Request, hb *headBuffer, n int) (*Conn, Verdict, int, error) {
	nc.SetDeadline(time.Time{})
	c := s.newConn(nc, req, false)
	d := &decision{verdict: make(chan Verdict, 1), nc: nc}
	c.receiver = asker.Ask(c, d.decide)
	v, n, err := d.await(hb, n)
	switch {
	case err != nil:
		c.notOpened(End{codeAbnormal, "", CausePeerGone})
	case v.Refusal != nil:
		c.notOpened(End{codeAbnormal, v.Refusal.Reason, CauseServerClosed})
	}
	return c, v, n, err
}

// await returns the verdict, or an error when the client hangs up first. What comes in is kept behind hb.buf[:n].
func (d *decision) await(hb *headBuffer, n int) (Verdict, int, error) {
	for n < len(hb.buf) {
		m, err := d.nc.Read(hb.buf[n:])
		n += m
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return <-d.verdict, n, nil
		default:
			return Verdict{}, n, errGone
		}
	}
	return <-d.verdict, n, nil // it sends a lot before it is let in; the rest stays in the socket
}

// notOpened ends a connection whose upgrade did not come about, and tells its receiver.
func (c *Conn) notOpened(e End) {
	c.mu.Lock()
	c.writing, c.broken = false, true
	frames, bytes := c.out.drop(c.deflate)
	c.pending -= bytes
	c.mu.Unlock()
	c.srv.counters.drop(e.Cause, frames)
	c.end(End{codeAbnormal, e.Reason, e.Cause}) // unless the receiver has ended it already
	c.parser.Release()
	c.receiver.(AskedReceiver).Closed(e)
	c.receiver = nil
}

// opened begins the life of a connection that was asked for: what was sent so far is written.
func (c *Conn) opened() {
	c.receiver.(AskedReceiver).Opened()
	c.mu.Lock()
	c.releaseWrite()
}
