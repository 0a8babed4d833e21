package actors

import (
	"slices"

	"github.com/skeinhq/skein/codec"
)

// Received is how many messages the client has sent.
func (c *Client) Received() uint64 { return c.s.received.Load() }

// Queued is how many bytes wait to be sent to the client.
func (c *Client) Queued() int { return c.s.ref.Out.Pending() }

// Listener is the address that the connection came in on.
func (c *Client) Listener() string { return c.s.peer.Listener }

// Overview is Info without the rooms, of which it is only told how many there are and, into a buffer of the caller's,
// the first of them. It is for lists of many clients.
func (c *Client) Overview(rooms []string) (info ClientInfo, first []string, count int) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	info = s.overview()
	first = append(rooms[:0], info.Rooms[:min(len(info.Rooms), cap(rooms))]...)
	for _, m := range s.rooms[:min(len(s.rooms), cap(first)-len(first))] {
		first = append(first, m.name)
	}
	count, info.Rooms = len(info.Rooms)+len(s.rooms), nil
	return info, first, count
}

// waiting is the number of messages in the client's mailbox.
func (c *Client) waiting() int { return c.s.ref.mb.UserMessageCount() }

// Key is the client's id as it is compared and sorted.
func (c *Client) Key() codec.ID { return c.s.ref.ID }

// In tells whether the client is in a room.
func (c *Client) In(room string) bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if x := c.s.extra; x != nil && slices.Contains(x.told.Rooms, room) {
		return true
	}
	return slices.ContainsFunc(c.s.rooms, func(m *membership) bool { return m.name == room })
}
