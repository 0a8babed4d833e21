package pystrands

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/skeinhq/skein/codec"
	codecstrands "github.com/skeinhq/skein/codec/pystrands"
)

// conn is one connection to a broker, which may be opened many times. dial and serve are called by one goroutine.
type conn struct {
	client *Client
	addr   string

	// owned by the goroutine that dials and serves
	in *bufio.Reader

	mu      sync.Mutex
	nc      net.Conn // nil: not open
	queue   []byte   // lines that wait to be written
	spare   []byte   // what queue will be next
	writing bool     // a goroutine writes
	ending  bool     // nothing more is queued; closed when what waits is written
}

func newConn(c *Client, addr string) *conn { return &conn{client: c, addr: addr} }

func (c *conn) open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nc != nil && !c.ending
}

// dial opens the connection and says the token where there is one.
func (c *conn) dial(ctx context.Context) error {
	o := &c.client.options
	ctx, cancel := context.WithTimeout(ctx, o.ConnectTimeout)
	defer cancel()
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return fmt.Errorf("pystrands: connecting to the broker: %w", err)
	}
	if o.TLS != nil {
		conf := o.TLS.Clone()
		if host, _, err := net.SplitHostPort(c.addr); err == nil && conf.ServerName == "" {
			conf.ServerName = host
		}
		tc := tls.Client(nc, conf)
		if err := tc.HandshakeContext(ctx); err != nil {
			nc.Close()
			return fmt.Errorf("pystrands: connecting to the broker: %w", err)
		}
		nc = tc
	}
	in := bufio.NewReaderSize(nc, 64<<10)
	if err := c.greet(ctx, nc, in); err != nil {
		nc.Close()
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending {
		nc.Close()
		return ErrDisconnected
	}
	c.nc, c.in = nc, in
	return nil
}

// hello is a line that the broker ignores: the first line is what makes a connection a backend.
var hello = []byte(`{"action":"heartbeat","request_id":"hello","params":{}}` + "\n")

func (c *conn) greet(ctx context.Context, nc net.Conn, in *bufio.Reader) error {
	deadline, _ := ctx.Deadline()
	nc.SetDeadline(deadline)
	defer nc.SetDeadline(time.Time{})
	token := c.client.options.Token
	if token == "" {
		if _, err := nc.Write(hello); err != nil {
			return fmt.Errorf("pystrands: greeting the broker: %w", err)
		}
		return nil
	}
	line := codec.AppendString([]byte(`{"action":"auth","request_id":"auth","params":{"token":`), token)
	if _, err := nc.Write(append(line, "}}\n"...)); err != nil {
		return fmt.Errorf("pystrands: saying the token to the broker: %w", err)
	}
	answer, err := in.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTokenRefused, err)
	}
	var e codecstrands.Event
	if e.UnmarshalJSON(answer) != nil || e.Action != "auth_ok" {
		return ErrTokenRefused
	}
	return nil
}

// serve reads until the connection is lost.
func (c *conn) serve() error {
	err := c.read()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending && c.writing {
		return err // it is closed when what waits has been written
	}
	c.nc.Close()
	c.nc, c.in, c.queue = nil, nil, nil
	return err
}

func (c *conn) read() error {
	o := &c.client.options
	var long []byte // a line that is longer than the reader's buffer
	for {
		if o.SilenceTimeout > 0 {
			c.nc.SetReadDeadline(time.Now().Add(o.SilenceTimeout))
		}
		part, err := c.in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if len(long)+len(part) > o.MaxLine {
				return errors.New("pystrands: a line of the broker is too long")
			}
			long = append(long, part...)
			continue
		case errors.Is(err, io.EOF):
			return errors.New("pystrands: the broker has closed the connection")
		case err != nil:
			return fmt.Errorf("pystrands: reading from the broker: %w", err)
		}
		line := part
		if len(long) > 0 {
			line = append(long, part...)
			long = nil
		}
		if c.client.disconnected() {
			return ErrDisconnected
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			c.handle(line)
		}
	}
}

// act sends a line that makes end clients get a message.
func (c *conn) act(action, key, target, message string) error {
	return c.send(func(b []byte) []byte {
		b = append(append(b, `{"action":"`...), action...)
		b = append(b, `","params":{`...)
		if key != "" {
			b = append(append(append(b, '"'), key...), `":`...)
			b = append(codec.AppendString(b, target), ',')
		}
		b = codec.AppendString(append(b, `"message":`...), message)
		return append(b, "}}\n"...)
	}, len(message))
}

// maxSpare is the largest buffer that is kept for the next lines.
const maxSpare = 64 << 10

// send queues what write appends. Lines are written by a goroutine that lives only while there are any.
func (c *conn) send(write func([]byte) []byte, size int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.nc == nil || c.ending:
		return ErrNotConnected
	case len(c.queue) > 0 && len(c.queue)+size > c.client.options.QueueBytes:
		return ErrQueueFull
	}
	if c.queue == nil {
		c.queue, c.spare = c.spare, nil
	}
	c.queue = write(c.queue)
	if !c.writing {
		c.startWriting()
	}
	return nil
}

// startWriting is called with mu held.
func (c *conn) startWriting() {
	c.writing = true
	nc := c.nc
	c.client.loops.Go(func() { c.write(nc) })
}

// write writes what waits until nothing does.
func (c *conn) write(nc net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.nc == nc && len(c.queue) > 0 {
		lines := c.queue
		c.queue, c.spare = c.spare, nil
		c.mu.Unlock()
		err := writeAll(nc, lines, c.client.options.WriteTimeout)
		c.mu.Lock()
		if err != nil {
			nc.Close() // the reader notices
			break
		}
		if cap(lines) <= maxSpare {
			c.spare = lines[:0]
		}
	}
	c.writing = false
	switch {
	case c.ending:
		nc.Close()
	case c.nc != nil && c.nc != nc && len(c.queue) > 0: // opened again meanwhile
		c.startWriting()
	}
}

// writePiece is what the time limit applies to.
const writePiece = 64 << 10

func writeAll(nc net.Conn, b []byte, timeout time.Duration) error {
	for len(b) > 0 {
		nc.SetWriteDeadline(time.Now().Add(timeout))
		n, err := nc.Write(b[:min(len(b), writePiece)])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// finish closes the connection for good, when what waits has been written.
func (c *conn) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending = true
	if c.nc != nil && !c.writing {
		c.nc.Close()
	}
}
