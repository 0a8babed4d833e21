package actors

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// Client is what plugins hold of a connection. It is safe for use by many goroutines and stays valid after the
// connection has ended, when it does nothing any more.
//
// What a handler does through it takes effect, in order, when the handler returns and before the client's next
// message; what other goroutines do takes effect soon.
type Client struct{ s *session }

// ClientInfo is a snapshot of what a client has told of itself.
type ClientInfo struct {
	Username   string
	Named      bool
	Rooms      []string
	Protocol   Protocol
	Handshaken bool
}

// ID is the client's id: a ULID, unique over the life of the server and beyond.
func (c *Client) ID() string { return c.s.ref.ID.ULID() }

// UUID is the client's id in its other form.
func (c *Client) UUID() string { return c.s.ref.ID.UUID() }

// Info returns what the client has told of itself so far.
func (c *Client) Info() ClientInfo {
	i := c.s.info()
	i.Rooms = slices.Clone(i.Rooms)
	return i
}

// Username returns the client's name and whether it has one.
func (c *Client) Username() (string, bool) {
	i := c.s.info()
	return i.Username, i.Named
}

// Rooms returns the rooms that the client is in.
func (c *Client) Rooms() []string { return c.Info().Rooms }

// Protocol is what the client speaks, None before its first message.
func (c *Client) Protocol() Protocol { return c.s.info().Protocol }

// Handshaken tells whether the CL4 handshake was done.
func (c *Client) Handshaken() bool { return c.s.info().Handshaken }

// Connected is when the connection was opened.
func (c *Client) Connected() time.Time { return time.Unix(0, c.s.opened) }

// IP is the address that the client is told with client_ip.
func (c *Client) IP() string { return c.s.peer.ClientIP }

// Addr is the address that the connection came from, seen through trusted proxies where an address header is
// configured. It is invalid where there is none, as on unix sockets.
func (c *Client) Addr() netip.Addr { return c.s.peer.IP }

// Header returns the values of a header of the client's request.
func (c *Client) Header(name string) []string {
	if c.s.peer.Header == nil {
		return nil
	}
	return c.s.peer.Header(name)
}

// System is the server that the client is connected to.
func (c *Client) System() *System { return c.s.sys }

// String describes the client for logs.
func (c *Client) String() string {
	if name, ok := c.Username(); ok {
		return fmt.Sprintf("%s (%q)", c.ID(), name)
	}
	return c.ID()
}

// Send sends an object (a struct or map, encoded as JSON) or a text (a string, sent as it is). Anything else is an
// error. It does not wait for the network.
func (c *Client) Send(v any) error {
	f, err := cl4.Encode(v)
	if err != nil {
		return err
	}
	c.SendFrame(f)
	return nil
}

// SendFrame sends an encoded frame, which may be shared.
func (c *Client) SendFrame(f *codec.Frame) { c.s.do(func(s *session) { s.Reply(f) }) }

// Close ends the connection with a close code, 1000 being the usual one, and a reason, behind what was sent before.
func (c *Client) Close(code uint16, reason string) {
	c.s.do(func(s *session) { s.close("", code, reason) })
}

// SetUsername names a CL4 client as setid does.
func (c *Client) SetUsername(name string) error {
	if c.s.info().Named {
		return ErrClientUsernameAlreadySet
	}
	c.s.do(func(s *session) {
		if s.protocol == CL4 && !s.user.Named {
			s.SetUsername(name)
		}
	})
	return nil
}

// Join makes a CL4 client a member of a room as link does, without leaving the default room.
func (c *Client) Join(room string) error {
	if c.Protocol() != CL4 {
		return ErrRoomUnsupportedProtocol
	}
	c.s.do(func(s *session) { s.Join(room) })
	return nil
}

// Leave ends a membership of a CL4 client as unlink does, without joining the default room.
func (c *Client) Leave(room string) error {
	if c.Protocol() != CL4 {
		return ErrRoomUnsupportedProtocol
	}
	c.s.do(func(s *session) { s.Leave(room) })
	return nil
}
