// Package moderation starts servers with bans, rules for names and administrators, and looks at them from outside.
package moderation

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	rules "github.com/skeinhq/skein/supervisor/moderation"
	"github.com/skeinhq/skein/supervisor/storage"
	"github.com/skeinhq/skein/tests/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

const (
	patience = 30 * time.Second
	password = "correct horse battery"
)

// dataWith makes a data directory with a user who may do everything.
func dataWith(t *testing.T, username string) string {
	t.Helper()
	dir := t.TempDir()
	f, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	users := rules.NewUsers(nil)
	if err := users.Load(f); err != nil {
		t.Fatal(err)
	}
	if _, err := users.Add(rules.User{Username: username, Permissions: rules.Permissions}, password); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// start starts a server whose clients can come from the address in a header.
func start(t *testing.T, args ...string) *harness.Server {
	t.Helper()
	return harness.Start(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--real-ip-header", "X-Real-Ip", "--trusted-proxies", "127.0.0.0/8"}, args...)...)
}

// client is a connection whose expectations fail the test.
type client struct {
	*websocket.Conn
	t *testing.T
}

func dial(t *testing.T, s *harness.Server, ip string) *client {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(s.URL, header(ip))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &client{conn, t}
}

func header(ip string) http.Header {
	h := http.Header{}
	if ip != "" {
		h.Set("X-Real-Ip", ip)
	}
	return h
}

// refused expects a client not to be let in, and returns what it is told.
func refused(t *testing.T, s *harness.Server, ip string, status int) string {
	t.Helper()
	conn, answer, err := websocket.DefaultDialer.Dial(s.URL, header(ip))
	if err == nil {
		conn.Close()
		t.Fatalf("%s was let in", ip)
	}
	if answer == nil || answer.StatusCode != status {
		t.Fatalf("%s: %v, %v", ip, answer, err)
	}
	body, _ := io.ReadAll(answer.Body) // the library keeps what it has read of it
	return strings.TrimSpace(string(body))
}

func (c *client) say(text string) {
	c.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// ask sends a command and returns the code and details of its answer.
func (c *client) ask(cmd string, val any) (code int, answer string) {
	c.t.Helper()
	encoded, err := json.Marshal(val)
	if err != nil {
		c.t.Fatal(err)
	}
	c.say(fmt.Sprintf(`{"cmd":%q,"val":%s,"listener":"l"}`, cmd, encoded))
	_ = c.SetReadDeadline(time.Now().Add(patience))
	for {
		_, text, err := c.ReadMessage()
		if err != nil {
			c.t.Fatalf("%s: %v", cmd, err)
		}
		var m struct {
			Cmd  string
			Code int `json:"code_id"`
		}
		if err := json.Unmarshal(text, &m); err != nil {
			c.t.Fatalf("%s: %v", text, err)
		}
		if m.Cmd == "statuscode" {
			return m.Code, string(text)
		}
	}
}

// does asks and expects a code.
func (c *client) does(cmd string, val any, want int) {
	c.t.Helper()
	if got, answer := c.ask(cmd, val); got != want {
		c.t.Fatalf("%s %v: %s, want %d", cmd, val, answer, want)
	}
}

// logIn expects a code for a log-in.
func (c *client) logIn(username, password string, want int) {
	c.t.Helper()
	c.does("admin_auth", map[string]string{"username": username, "password": password}, want)
}

// ends expects the connection to be closed like this, whatever comes before.
func (c *client) ends(code int, reason string) {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	for {
		_, _, err := c.ReadMessage()
		if err == nil {
			continue
		}
		if e, ok := err.(*websocket.CloseError); !ok || e.Code != code || e.Text != reason {
			c.t.Fatalf("ended with %v, want %d %s", err, code, reason)
		}
		return
	}
}
