// Package pystrands is for programs behind a PyStrands broker: it does in Go what the Python library of PyStrands does.
// End clients connect to the broker; a backend decides who is let in, hears what they send, and sends to one, to a room
// or to all.
//
//	c := pystrands.New(pystrands.Options{})
//	c.OnMessage(func(m pystrands.Message, ctx *pystrands.Context) {
//		ctx.ReplyToRoom(ctx.ClientID + ": " + m.Text)
//	})
//	err := c.Run(ctx)
//
// Any number of backends may be connected to a broker. All events of one end client go to the same one, in order.
package pystrands

import (
	"errors"
	"slices"
	"sync"
)

// Client is one backend program's side of its connections. Its methods are safe for use by many goroutines. Callbacks
// are set before Connect or Run.
type Client struct {
	options   Options
	callbacks callbacks

	mu     sync.Mutex
	conns  [][]*conn     // by broker; nil before Connect
	done   chan struct{} // closed by Disconnect
	closed bool
	loops  sync.WaitGroup
	failed chan error // what ends Run
}

// callbacks are what a program has set; nil ones are not called.
type callbacks struct {
	request    func(*ConnectionRequest)
	opened     func(*Context)
	message    func(Message, *Context)
	disconnect func(*Context)
	failed     func(error, *Context)
	attached   func(addr string)
	lost       func(addr string, err error)
}

// New prepares a Client.
func New(o Options) *Client {
	return &Client{options: o.withDefaults(), done: make(chan struct{}), failed: make(chan error, 1)}
}

// Callbacks of one connection run one at a time and in order, so that a slow one makes the broker wait for it with the
// clients of this connection. A callback that panics is reported to OnError, harms no other client, and refuses whoever
// wanted to be let in.

// OnConnectionRequest sets the callback for end clients that want to be let in. Without one, all are.
func (c *Client) OnConnectionRequest(f func(*ConnectionRequest)) { c.callbacks.request = f }

// OnNewConnection sets the callback for end clients that have been let in.
func (c *Client) OnNewConnection(f func(*Context)) { c.callbacks.opened = f }

// OnMessage sets the callback for messages of end clients.
func (c *Client) OnMessage(f func(Message, *Context)) { c.callbacks.message = f }

// OnDisconnect sets the callback for end clients that are gone.
func (c *Client) OnDisconnect(f func(*Context)) { c.callbacks.disconnect = f }

// OnError sets the callback for what went wrong: a *BrokerError, *PanicError or *LineError. The context is nil unless
// an end client is concerned. Without a callback errors are logged.
func (c *Client) OnError(f func(err error, ctx *Context)) { c.callbacks.failed = f }

// OnConnected sets the callback for connections to a broker, opened for the first time or again.
func (c *Client) OnConnected(f func(addr string)) { c.callbacks.attached = f }

// OnConnectionLost sets the callback for connections to a broker that have ended, other than by Disconnect.
func (c *Client) OnConnectionLost(f func(addr string, err error)) { c.callbacks.lost = f }

// BroadcastMessage sends a message to all end clients. What one goroutine sends arrives in its order.
func (c *Client) BroadcastMessage(message string) error {
	return c.act("broadcast", "", "", message)
}

// SendRoomMessage sends a message to all end clients in a room. Nothing happens when there is no such room.
func (c *Client) SendRoomMessage(roomID, message string) error {
	return c.act("message_to_room", "room_id", roomID, message)
}

// SendPrivateMessage sends a message to an end client. Nothing happens when there is no such client.
func (c *Client) SendPrivateMessage(clientID, message string) error {
	return c.act("message_to_connection", "conn_id", clientID, message)
}

// act sends an action to every broker, over the first connection that is open.
func (c *Client) act(action, key, target, message string) error {
	c.mu.Lock()
	brokers := c.conns
	c.mu.Unlock()
	if len(brokers) == 0 {
		return ErrNotConnected
	}
	var errs []error
	for _, conns := range brokers {
		i := slices.IndexFunc(conns, (*conn).open)
		if i < 0 {
			errs = append(errs, ErrNotConnected)
			continue
		}
		errs = append(errs, conns[i].act(action, key, target, message))
	}
	return errors.Join(errs...)
}
