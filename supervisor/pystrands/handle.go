package pystrands

import (
	"encoding/json"
	"fmt"
	"runtime/debug"

	"github.com/skeinhq/skein/codec"
	codecstrands "github.com/skeinhq/skein/codec/pystrands"
)

// handle carries out one line of the broker. What it does not know, such as heartbeats, it ignores.
func (c *conn) handle(line []byte) {
	cb := &c.client.callbacks
	var e codecstrands.Event
	if err := e.UnmarshalJSON(line); err != nil {
		c.client.report(&LineError{err}, nil)
		return
	}
	switch e.Action {
	case "connection_request":
		c.decide(&e)
	case "new_connection":
		c.about("OnNewConnection", &e, cb.opened)
	case "new_message":
		if cb.message != nil {
			ctx := c.context(&e.Params.Context)
			m := Message{Text: e.Params.Message, Binary: e.Params.Binary, base64: e.Params.Base64}
			c.client.guard("OnMessage", ctx, func() { cb.message(m, ctx) })
		}
	case "disconnected":
		c.about("OnDisconnect", &e, cb.disconnect)
	case "error":
		about := e.Params.Context
		c.client.report(&BrokerError{e.Params.Error, about.URL, about.RemoteAddr}, nil)
	}
}

// about runs a callback that gets a context and nothing else.
func (c *conn) about(name string, e *codecstrands.Event, f func(*Context)) {
	if f != nil {
		ctx := c.context(&e.Params.Context)
		c.client.guard(name, ctx, func() { f(ctx) })
	}
}

// decide answers a connection request over the connection that it came in on.
func (c *conn) decide(e *codecstrands.Event) {
	p := &e.Params
	r := &ConnectionRequest{
		Headers: p.Headers, URL: p.URL, Query: p.Query, Host: p.Host, RemoteAddr: p.RemoteAddr,
		ClientID: codec.NewID().UUID(), RoomID: p.URL, Accepted: true,
	}
	if f := c.client.callbacks.request; f != nil && !c.client.guard("OnConnectionRequest", nil, func() { f(r) }) {
		r.Accepted = false
	}
	metadata := []byte("{}")
	if r.Accepted && r.Metadata != nil {
		var err error
		if metadata, err = json.Marshal(r.Metadata); err != nil {
			c.client.report(fmt.Errorf("pystrands: metadata of a connection request: %w", err), nil)
			r.Accepted = false
		}
	}
	if err := c.send(func(b []byte) []byte { return r.append(b, e.RequestID, metadata) }, len(metadata)); err != nil {
		c.client.report(fmt.Errorf("pystrands: answering a connection request: %w", err), nil)
	}
}

// append writes the answer to a connection request.
func (r *ConnectionRequest) append(b []byte, id string, metadata []byte) []byte {
	b = codec.AppendString(append(b, `{"action":"response","request_id":`...), id)
	if !r.Accepted {
		return append(b, `,"params":{"accepted":false}}`+"\n"...)
	}
	b = codec.AppendString(append(b, `,"params":{"accepted":true,"client_id":`...), r.ClientID)
	b = codec.AppendString(append(b, `,"room_id":`...), r.RoomID)
	if r.Subprotocol != "" {
		b = codec.AppendString(append(b, `,"subprotocol":`...), r.Subprotocol)
	}
	b = append(append(b, `,"metadata":`...), metadata...)
	return append(b, "}}\n"...)
}

// guard runs a callback and tells whether it came to its end.
func (c *Client) guard(name string, ctx *Context, f func()) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			ok = false
			c.report(&PanicError{name, v, string(debug.Stack())}, ctx)
		}
	}()
	f()
	return true
}

// notify runs a callback that no end client is concerned with.
func (c *Client) notify(name string, f func()) { c.guard(name, nil, f) }

// report tells the program of an error, or the log.
func (c *Client) report(err error, ctx *Context) {
	f := c.callbacks.failed
	if f == nil {
		c.logError(err)
		return
	}
	defer func() {
		if v := recover(); v != nil {
			c.logError(err)
			c.logError(&PanicError{"OnError", v, string(debug.Stack())})
		}
	}()
	f(err, ctx)
}

func (c *Client) logError(err error) {
	if p, ok := err.(*PanicError); ok {
		c.options.Logger.Error("a callback failed", "callback", p.Callback, "panic", p.Value, "stack", p.Stack)
		return
	}
	c.options.Logger.Error("something went wrong", "err", err)
}
