package durability

import (
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/tests/harness"
)

// TestGvarsSurvive: values of gvar are there after a restart where they are kept, and only there.
func TestGvarsSurvive(t *testing.T) {
	for _, kept := range []bool{true, false} {
		args := []string{"serve", "--listen", "127.0.0.1:0", "--data", t.TempDir()}
		if kept {
			args = append(args, "--cl4-keep-gvars")
		}
		s := harness.Start(t, args...)
		c := linked(t, s.URL)
		c.say(t, `{"cmd":"gvar","name":"score","val":{"ada":5},"rooms":"lobby","listener":"set"}`)
		c.until(t, `"listener":"set"`)
		s.Stop()
		s = harness.Start(t, args...)
		c = linked(t, s.URL)
		got := strings.Contains(c.heard, `{"cmd":"gvar","name":"score","val":{"ada":5},"rooms":"lobby"}`)
		if got != kept {
			t.Errorf("%q: whoever joins is sent %q", args, c.heard)
		}
		if list, value := strings.Index(c.heard, `"ulist"`), strings.Index(c.heard, `"gvar"`); kept && value < list {
			t.Errorf("the value comes before the list: %q", c.heard)
		}
		s.Stop()
	}
}

// cl4Client is a client of CloudLink 4.
type cl4Client struct {
	conn  *websocket.Conn
	heard string
}

// linked connects a client to the lobby.
func linked(t *testing.T, url string) *cl4Client {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c := &cl4Client{conn: conn}
	c.say(t, `{"cmd":"setid","val":"ada","listener":"setid"}`)
	c.until(t, `"listener":"setid"`)
	c.heard = ""
	c.say(t, `{"cmd":"link","val":"lobby","listener":"link"}`)
	c.until(t, `"listener":"link"`)
	return c
}

func (c *cl4Client) say(t *testing.T, text string) {
	t.Helper()
	if err := c.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// until reads up to a message that contains a text.
func (c *cl4Client) until(t *testing.T, text string) {
	t.Helper()
	for {
		_, frame, err := c.conn.ReadMessage()
		if err != nil {
			t.Fatalf("waiting for %s behind %q: %v", text, c.heard, err)
		}
		c.heard += string(frame)
		if strings.Contains(string(frame), text) {
			return
		}
	}
}
