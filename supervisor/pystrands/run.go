package pystrands

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Connect opens all connections and has callbacks run from then on. When one cannot be opened none is, and the reason is
// returned. Connections that are lost later are opened again.
func (c *Client) Connect(ctx context.Context) error {
	conns, err := c.prepare()
	if err != nil {
		return err
	}
	for _, cn := range conns {
		if err := cn.dial(ctx); err != nil {
			c.abandon(conns)
			return err
		}
	}
	c.serve(conns)
	return nil
}

// Run connects, unless Connect has, and returns nil when ctx is done or after Disconnect. A broker that is not there, or
// goes, is waited for, unless Options.ReconnectDelay is negative: then its error is returned.
func (c *Client) Run(ctx context.Context) error {
	conns, err := c.prepare()
	switch {
	case err == nil:
		c.serve(conns)
	case errors.Is(err, ErrDisconnected):
		return nil
	}
	select {
	case <-ctx.Done():
	case <-c.done:
	case err = <-c.failed:
		c.Disconnect()
		c.loops.Wait()
		return err
	}
	c.Disconnect()
	c.loops.Wait()
	return nil
}

// Disconnect sends what waits, closes all connections, and has Run return. No callback begins after it, but one may
// still be running. It may be called by a callback, and more than once.
func (c *Client) Disconnect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	close(c.done)
	for _, conns := range c.conns {
		for _, cn := range conns {
			cn.finish()
		}
	}
}

// prepare makes the connections, which are not open yet.
func (c *Client) prepare() ([]*conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, ErrDisconnected
	case c.conns != nil:
		return nil, ErrConnected
	}
	var all []*conn
	for _, addr := range c.options.Addrs {
		var conns []*conn
		for range c.options.Connections {
			conns = append(conns, newConn(c, addr))
		}
		c.conns = append(c.conns, conns)
		all = append(all, conns...)
	}
	return all, nil
}

// abandon takes back what Connect has begun, so that it can be tried again.
func (c *Client) abandon(conns []*conn) {
	for _, cn := range conns {
		cn.finish()
	}
	c.mu.Lock()
	c.conns = nil
	c.mu.Unlock()
}

func (c *Client) serve(conns []*conn) {
	for _, cn := range conns {
		c.loops.Go(func() { c.loop(cn) })
	}
}

func (c *Client) disconnected() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// loop serves one connection and opens it again until the client is disconnected.
func (c *Client) loop(cn *conn) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-c.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	delay := c.options.ReconnectDelay
	for !c.disconnected() {
		var err error
		if !cn.open() {
			err = cn.dial(ctx)
		}
		if err == nil {
			delay = c.options.ReconnectDelay
			c.notify("OnConnected", func() {
				if f := c.callbacks.attached; f != nil {
					f(cn.addr)
				}
			})
			err = cn.serve()
			if c.disconnected() {
				return
			}
			c.notify("OnConnectionLost", func() {
				if f := c.callbacks.lost; f != nil {
					f(cn.addr, err)
				}
			})
		}
		switch {
		case c.disconnected():
			return
		case delay < 0:
			select {
			case c.failed <- err:
			default: // another connection was first
			}
			return
		}
		c.options.Logger.Warn("no connection to the broker; trying again", "broker", cn.addr, "err", err, "in", delay)
		t := time.NewTimer(delay + rand.N(delay/10+1))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
		}
		delay = min(2*delay, max(c.options.MaxReconnectDelay, c.options.ReconnectDelay))
	}
}
