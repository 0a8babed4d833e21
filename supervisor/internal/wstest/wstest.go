// Package wstest is a WebSocket client for tests and examples of this program: it speaks text, reads with a deadline
// and says how connections end.
package wstest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// patience is how long a client waits for anything.
const patience = 15 * time.Second

// Client is one connection. It belongs to one goroutine.
type Client struct {
	conn *websocket.Conn
	tail []string // the rest of a frame that holds several messages, one per line
}

// Dial connects, with the headers of h beside those that a handshake needs.
func Dial(url string, h http.Header) (*Client, error) {
	conn, _, err := (&websocket.Dialer{HandshakeTimeout: patience}).Dial(url, h)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", url, err)
	}
	return &Client{conn: conn}, nil
}

// Send sends texts, each as a message.
func (c *Client) Send(texts ...string) error {
	for _, text := range texts {
		if err := c.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// Read returns the next message. Where there is none any more it returns the code and the reason of the close, or what
// else was wrong.
func (c *Client) Read() string {
	if len(c.tail) == 0 {
		_ = c.conn.SetReadDeadline(time.Now().Add(patience))
		_, text, err := c.conn.ReadMessage()
		var end *websocket.CloseError
		switch {
		case errors.As(err, &end):
			return strings.TrimSpace(fmt.Sprintf("closed: %d %s", end.Code, end.Text))
		case err != nil:
			return "failed: " + err.Error()
		}
		c.tail = strings.Split(string(text), "\n")
	}
	next := c.tail[0]
	c.tail = c.tail[1:]
	return next
}

// Close ends the connection with 1000 and waits until the server has agreed.
func (c *Client) Close() {
	defer c.conn.Close()
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	deadline := time.Now().Add(patience)
	if c.conn.WriteControl(websocket.CloseMessage, bye, deadline) != nil {
		return
	}
	_ = c.conn.SetReadDeadline(deadline)
	for {
		if _, _, err := c.conn.ReadMessage(); err != nil {
			return
		}
	}
}
