package chaos

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/supervisor"
)

// scratchClient is a client of Scratch cloud variables.
type scratchClient struct {
	witness
	pieces []string // of a frame that holds several messages
}

// dialScratch connects a client to the one project of the tests.
func dialScratch(ctx context.Context, t *testing.T, srv *supervisor.Server) *scratchClient {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(ctx, srv.Listeners()[0].URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	deadline, _ := ctx.Deadline()
	_ = conn.SetReadDeadline(deadline)
	c := &scratchClient{witness: witness{conn: conn}}
	c.send(map[string]any{"method": "handshake", "user": "player", "project_id": "1"})
	return c
}

// value returns the next value that was set.
func (c *scratchClient) value() string {
	for len(c.pieces) == 0 {
		_, b, err := c.conn.ReadMessage()
		if err != nil {
			c.err = err
			return ""
		}
		c.pieces = strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	var m struct {
		Value string `json:"value"`
	}
	if err := json.Unmarshal([]byte(c.pieces[0]), &m); err != nil {
		c.err = err
	}
	c.pieces = c.pieces[1:]
	return m.Value
}
