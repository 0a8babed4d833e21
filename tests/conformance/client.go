package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// closeAbnormal is the code of a connection that ended without a Close frame.
const closeAbnormal = 1006

// An event is what a client sees next: a message, or the end of the connection.
type event struct {
	frame  frame
	binary bool // the message came in a binary frame, which these protocols never send

	closed bool
	code   int
	reason string
}

// client is one connection with a queue of unread events.
type client struct {
	name  string
	conn  *websocket.Conn
	split bool // text frames hold several messages, one per line

	mu    sync.Mutex
	queue []event
	more  chan struct{} // gets a token when the queue grows
	done  chan struct{} // closed when the reader has ended
	gone  bool          // its end was expected or brought about by the scenario
}

func dial(ctx context.Context, name, url string, header http.Header, split bool) (*client, error) {
	conn, response, err := (&websocket.Dialer{}).DialContext(ctx, url, header)
	if err != nil {
		if response != nil {
			err = fmt.Errorf("%w: %s", err, response.Status)
		}
		return nil, err
	}
	c := &client{name: name, conn: conn, split: split, more: make(chan struct{}, 1), done: make(chan struct{})}
	go c.read()
	return c, nil
}

func (c *client) read() {
	defer close(c.done)
	for {
		kind, data, err := c.conn.ReadMessage()
		if err != nil {
			end := event{closed: true, code: closeAbnormal, reason: err.Error()}
			var ce *websocket.CloseError
			if errors.As(err, &ce) {
				end.code, end.reason = ce.Code, ce.Text
			}
			_ = c.conn.Close()
			c.push(end)
			return
		}
		if kind == websocket.BinaryMessage {
			c.push(event{frame: frame{text: string(data)}, binary: true})
			continue
		}
		for _, text := range c.messages(string(data)) {
			c.push(event{frame: newFrame(text)})
		}
	}
}

func (c *client) messages(text string) []string {
	if !c.split {
		return []string{text}
	}
	var list []string
	for piece := range strings.SplitSeq(text, "\n") {
		if piece != "" {
			list = append(list, piece)
		}
	}
	return list
}

func (c *client) push(e event) {
	c.mu.Lock()
	c.queue = append(c.queue, e)
	c.mu.Unlock()
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// next takes the next event, waiting for it if need be.
func (c *client) next(limit time.Duration) (event, bool) {
	deadline := time.After(limit)
	for {
		c.mu.Lock()
		if len(c.queue) > 0 {
			e := c.queue[0]
			c.queue = c.queue[1:]
			c.mu.Unlock()
			return e, true
		}
		c.mu.Unlock()
		select {
		case <-c.more:
		case <-deadline:
			return event{}, false
		}
	}
}

// unread returns the events nobody has asked for.
func (c *client) unread() []event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]event(nil), c.queue...)
}

func (c *client) send(kind int, data []byte, limit time.Duration) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	return c.conn.WriteMessage(kind, data)
}

// close performs the closing handshake and waits until the connection has ended.
func (c *client) close(limit time.Duration) {
	c.gone = true
	normal := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = c.conn.WriteControl(websocket.CloseMessage, normal, time.Now().Add(limit))
	_ = c.conn.SetReadDeadline(time.Now().Add(limit))
	<-c.done
}

// drop cuts the connection.
func (c *client) drop() {
	c.gone = true
	_ = c.conn.Close()
	<-c.done
}
