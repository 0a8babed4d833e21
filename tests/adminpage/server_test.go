package adminpage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/tests/harness"
)

// adminToken is let in with the scope admin.
const adminToken = "the-administrator-of-the-tests"

// server is a running server with its administration.
type server struct {
	*harness.Server
	t     *testing.T
	admin string // URL
}

var adminURL = regexp.MustCompile(`admin on (http://[^/\s]+/)`)

// serve starts a server.
func serve(t *testing.T, flags ...string) *server {
	t.Helper()
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--admin-token", adminToken}, flags...)
	s := &server{Server: harness.Start(t, args...), t: t}
	found := adminURL.FindStringSubmatch(s.Stderr())
	if found == nil {
		t.Fatalf("the log does not say where the administration is:\n%s", s.Stderr())
	}
	s.admin = found[1]
	return s
}

// ask calls the API as the administrator and reads the answer into out.
func (s *server) ask(method, path string, in, out any) {
	s.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.admin+"api/v1"+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %s", method, path, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(out); err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
}

// token makes a token.
func (s *server) token(name, scope string) string {
	s.t.Helper()
	var made struct{ Token string }
	s.ask("POST", "/tokens", map[string]string{"name": name, "scope": scope}, &made)
	return made.Token
}

// peer is a client of the server.
type peer struct {
	t    *testing.T
	conn *websocket.Conn
}

// dial connects a client that says nothing.
func (s *server) dial(header http.Header) *peer {
	s.t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(s.URL, header)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return &peer{s.t, conn}
}

// cl4 connects a CL4 client with a name, in a room.
func (s *server) cl4(name, room string) *peer {
	s.t.Helper()
	p := s.dial(nil)
	p.say(map[string]any{"cmd": "handshake", "val": map[string]string{"language": "Go"}, "listener": "hands"})
	p.hear(`"listener":"hands"`)
	p.say(map[string]any{"cmd": "setid", "val": name, "listener": "name"})
	p.hear(`"listener":"name"`)
	if room != "" {
		p.say(map[string]any{"cmd": "link", "val": []string{room}, "listener": "room"})
		p.hear(`"listener":"room"`)
	}
	return p
}

// scratch connects a client of cloud variables.
func (s *server) scratch(user, project string) *peer {
	s.t.Helper()
	p := s.dial(nil)
	p.say(map[string]any{"method": "handshake", "user": user, "project_id": project})
	return p
}

// set changes a cloud variable.
func (p *peer) set(name, value string) {
	p.t.Helper()
	p.say(map[string]any{"method": "set", "name": name, "value": value})
}

func (p *peer) say(message any) {
	p.t.Helper()
	text := new(bytes.Buffer)
	encode := json.NewEncoder(text)
	encode.SetEscapeHTML(false)
	if err := encode.Encode(message); err != nil {
		p.t.Fatal(err)
	}
	if err := p.conn.WriteMessage(websocket.TextMessage, text.Bytes()); err != nil {
		p.t.Fatal(err)
	}
}

// hear reads until a message has a text, and returns it.
func (p *peer) hear(text string) string {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		_, message, err := p.conn.ReadMessage()
		if err != nil {
			p.t.Fatalf("waiting for %s: %v", text, err)
		}
		if strings.Contains(string(message), text) {
			return string(message)
		}
	}
}

// ending reads until the server closes the connection and returns code and reason.
func (p *peer) ending() string {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		_, _, err := p.conn.ReadMessage()
		if end, ok := err.(*websocket.CloseError); ok {
			return fmt.Sprintf("%d %s", end.Code, end.Text)
		}
		if err != nil {
			p.t.Fatalf("waiting for the end: %v", err)
		}
	}
}
