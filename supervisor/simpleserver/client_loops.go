package simpleserver

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	codec "github.com/skeinhq/skein/codec/simpleserver"
)

const (
	readSize = 32 << 10
	// keepBuffer is up to what size a buffer is used again: a burst shall not hold its memory for ever.
	keepBuffer = 64 << 10
)

// end begins the end of the connection, for which there is CloseTimeout. Callers hold mu and have set err.
func (c *Client) end() {
	if c.deadline.IsZero() {
		c.deadline = time.Now().Add(c.options.CloseTimeout)
		_ = c.nc.SetDeadline(c.deadline)
	}
	c.filled.Signal()
	c.emptied.Broadcast()
}

// fail ends the connection for this reason, unless there was another one before.
func (c *Client) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	c.end()
}

// write writes what waits until the connection ends. Then the server gets to know that nothing more will come.
func (c *Client) write() {
	defer c.loops.Done()
	var spare []byte
	for {
		c.mu.Lock()
		for len(c.out) == 0 && c.err == nil {
			c.filled.Wait()
		}
		out := c.out
		if len(out) == 0 || c.err != nil && !errors.Is(c.err, ErrClosed) {
			c.out = nil
			c.mu.Unlock()
			break
		}
		c.out = spare[:0]
		if c.deadline.IsZero() {
			_ = c.nc.SetWriteDeadline(time.Now().Add(c.options.WriteTimeout))
		}
		c.emptied.Broadcast()
		c.mu.Unlock()
		if err := c.writeAll(out); err != nil {
			c.mu.Lock()
			c.unsent = err
			c.mu.Unlock()
			c.fail(err)
			break
		}
		if spare = out; cap(spare) > keepBuffer {
			spare = nil
		}
	}
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// writeAll goes on as long as the server takes something within WriteTimeout.
func (c *Client) writeAll(out []byte) error {
	for {
		n, err := c.nc.Write(out)
		switch {
		case errors.Is(err, net.ErrClosed): // read had no time left either
			return ErrNotTaken
		case err == nil || !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		}
		c.mu.Lock()
		over := n == 0 || !c.deadline.IsZero()
		if !over {
			_ = c.nc.SetWriteDeadline(time.Now().Add(c.options.WriteTimeout))
		}
		c.mu.Unlock()
		if over {
			return ErrNotTaken
		}
		out = out[n:]
	}
}

// read reads until the connection ends.
func (c *Client) read() {
	defer c.loops.Done()
	err := c.readAll()
	c.parts.flush((*arrivals)(c).deliver)
	if err == nil {
		err = io.EOF
	}
	c.fail(err)
	_ = c.nc.Close() // write notices
	c.parser.Release()
	close(c.messages)
}

func (c *Client) readAll() error {
	buf := make([]byte, readSize)
	events := (*arrivals)(c)
	limited := false
	for {
		wait := c.parser.Waiting()
		if wait != codec.WaitNothing || limited {
			limited = wait != codec.WaitNothing
			if !c.setTimer(wait) {
				wait = codec.WaitNothing
			}
		}
		n, err := c.nc.Read(buf)
		if n > 0 {
			if err := c.parser.Feed(buf[:n], events); err != nil {
				return err
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return c.parser.End(events)
		case !errors.Is(err, os.ErrDeadlineExceeded) || c.over():
			return err
		case wait == codec.WaitStall:
			return c.parser.Stall()
		default:
			c.parser.Idle(events)
		}
	}
}

// setTimer bounds the next read as the parser wants it. It returns false when the end has begun, which has its own
// limit.
func (c *Client) setTimer(wait codec.Wait) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.deadline.IsZero() {
		return false
	}
	var t time.Time
	switch wait {
	case codec.WaitIdle:
		t = time.Now().Add(c.options.Idle)
	case codec.WaitIdleLarge:
		t = time.Now().Add(c.options.IdleLarge)
	case codec.WaitStall:
		t = time.Now().Add(c.options.Stall)
	}
	_ = c.nc.SetReadDeadline(t)
	return true
}

// over tells whether there is no time left for the end. An expired deadline of a read may be another one.
func (c *Client) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.deadline.IsZero() && !time.Now().Before(c.deadline)
}

// arrivals is the Client as the parser sees it.
type arrivals Client

// OnMessage puts together what came in parts.
func (a *arrivals) OnMessage(m *Message) { a.parts.add(m, a.deliver) }

// deliver waits until there is room for the message.
func (a *arrivals) deliver(m *Message) {
	size := size(m)
	for before := a.unread.Load(); before > 0 && before+size > int64(a.options.ReadBytes); before = a.unread.Load() {
		select {
		case <-a.room:
		case <-a.life.Done():
			return
		}
	}
	a.unread.Add(size)
	select {
	case a.messages <- m:
	case <-a.life.Done():
	}
}

// taken makes room for other messages.
func (c *Client) taken(m *Message) {
	c.unread.Add(-size(m))
	select {
	case c.room <- struct{}{}:
	default:
	}
}

// size is about how many bytes a message holds.
func size(m *Message) int64 {
	n := len(m.Body)
	for _, h := range m.Headers {
		n += len(h.Name) + len(h.Value)
	}
	return int64(n)
}
