//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	wire "github.com/skeinhq/skein/codec/simpleserver"
)

// A fakeServer speaks enough of the dialects for the harness, and errs where it is told to.
type fakeServer struct {
	t       *testing.T
	url     string
	dialect string // of dialects, or "cloudlink" for Scratch as CloudLink serves it
	mu      sync.Mutex
	members []*fakeClient
	vars    map[string][]string // Scratch: messages that tell a newcomer of a room's variables
	wg      sync.WaitGroup
	fault   func(nth int, c *fakeClient, msg []byte) (instead [][]byte) // nth delivery of all, from 0
	count   int
	write   func(c net.Conn, msg []byte) error // how a message is written
	stall   time.Duration                      // pause before the 20th answer
	refuse  string                             // command that is refused
	hangup  int                                // close the sender's connection at this delivery, if not 0
}

type fakeClient struct {
	conn  net.Conn
	room  string
	nth   int // of all that have come
	held  []byte
	parse wire.Parser
	serve func(*fakeClient, []byte)
}

// newFakeServer starts a server; what adjust changes must be changed before its goroutines start.
func newFakeServer(t *testing.T, adjust ...func(*fakeServer)) *fakeServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeServer{t: t, dialect: "cl4", vars: map[string][]string{}}
	s.write = func(c net.Conn, msg []byte) error {
		if s.dialect == "simpleserver" {
			_, err := c.Write(msg)
			return err
		}
		return wsutil.WriteServerText(c, msg)
	}
	for _, f := range adjust {
		f(s)
	}
	s.url = "ws://" + ln.Addr().String() + "/x"
	if s.dialect == "simpleserver" {
		s.url = "tcp://" + ln.Addr().String()
	}
	s.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		s.mu.Lock()
		for _, c := range s.members {
			c.conn.Close()
		}
		s.mu.Unlock()
		s.wg.Wait()
	})
	return s
}

// speaking is an adjustment of newFakeServer.
func speaking(dialect string) func(*fakeServer) {
	return func(s *fakeServer) { s.dialect = dialect }
}

func (s *fakeServer) serve(conn net.Conn) {
	defer conn.Close()
	if s.dialect != "simpleserver" {
		if _, err := ws.Upgrade(conn); err != nil {
			return
		}
	}
	c := &fakeClient{conn: conn}
	s.mu.Lock()
	c.nth = len(s.members)
	s.members = append(s.members, c)
	s.mu.Unlock()
	defer s.gone(c)
	if s.dialect == "simpleserver" {
		c.parse.Init(&wire.Limits{})
		c.serve = s.simple
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil || c.parse.Feed(buf[:n], c) != nil {
				return
			}
		}
	}
	for {
		msg, op, err := wsutil.ReadClientData(conn)
		if err != nil {
			return
		}
		if op != ws.OpText {
			continue
		}
		s.mu.Lock()
		switch s.dialect {
		case "cl4":
			s.cl4(c, msg)
		case "scratch", "cloudlink":
			s.scratch(c, msg)
		case "echo":
			s.deliver(c, msg)
		}
		s.mu.Unlock()
	}
}

// gone takes a client out of its room; Cleanup closes the connections of those that are left.
func (s *fakeServer) gone(c *fakeClient) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.members, c); i >= 0 {
		s.members = slices.Delete(s.members, i, i+1)
	}
}

// OnMessage implements simpleserver.Events.
func (c *fakeClient) OnMessage(m *wire.Message) {
	text, err := m.AppendFramed(nil)
	if err != nil {
		panic(err)
	}
	c.serve(c, text)
}

func (s *fakeServer) simple(c *fakeClient, msg []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case bytes.Contains(msg, []byte("|handshake:|")):
		_ = s.write(c.conn, []byte("$@len:2|handshake:example|%hi"))
	case bytes.Contains(msg, []byte("|cmd:broadcast|")):
		for _, m := range s.members {
			s.deliver(m, bytes.Replace(msg, []byte("cmd:broadcast"), []byte("broadcast:all"), 1))
		}
	default:
		s.deliver(c, msg)
	}
}

func (s *fakeServer) scratch(c *fakeClient, msg []byte) {
	var m struct {
		Method  string
		Project string `json:"project_id"`
		Name    string
	}
	if err := json.Unmarshal(msg, &m); err != nil {
		s.t.Errorf("%s: %v", msg, err)
		return
	}
	if m.Method == "handshake" {
		c.room = m.Project
		if state := s.vars[c.room]; len(state) > 0 {
			_ = s.write(c.conn, []byte(strings.Join(state, "\n")))
		}
		return
	}
	if m.Name == scratchReady {
		s.vars[c.room] = append(s.vars[c.room], string(msg))
	}
	for _, other := range s.members {
		if other.room == c.room && (other != c || s.dialect == "cloudlink") {
			s.deliver(other, msg)
		}
	}
}

func (s *fakeServer) cl4(c *fakeClient, msg []byte) {
	switch {
	case s.refuse != "" && bytes.HasPrefix(msg, []byte(`{"cmd":"`+s.refuse)):
		_ = s.write(c.conn, []byte(`{"cmd":"statuscode","code":"E:108 | Refused","code_id":108}`))
	case bytes.HasPrefix(msg, []byte(`{"cmd":"gmsg"`)):
		_, room, _ := strings.Cut(string(msg), `"rooms":"`)
		for _, m := range s.members {
			if m.room == strings.TrimSuffix(room, `"}`) {
				s.deliver(m, msg)
			}
		}
	default:
		if s.stall > 0 && s.count == 20 {
			time.Sleep(s.stall)
		}
		if rest, ok := bytes.CutPrefix(msg, []byte(`{"cmd":"link","val":["`)); ok {
			c.room, _, _ = strings.Cut(string(rest), `"`)
		}
		answer := `{"cmd":"statuscode","code":"I:100 | OK","code_id":100`
		if _, l, ok := strings.Cut(string(msg), `"listener":`); ok {
			answer += fmt.Sprintf(`,"listener":%s`, strings.TrimSuffix(l, "}"))
		}
		if bytes.HasPrefix(msg, []byte(`{"cmd":"ping"`)) {
			s.deliver(c, []byte(answer+"}"))
		} else {
			_ = s.write(c.conn, []byte(`{"cmd":"ulist","mode":"add","val":{"username":"x"},"rooms":"default"}`))
			_ = s.write(c.conn, []byte(answer+"}"))
		}
	}
}

func (s *fakeServer) deliver(c *fakeClient, msg []byte) {
	out := [][]byte{msg}
	if s.fault != nil {
		out = s.fault(s.count, c, msg)
	}
	s.count++
	if s.hangup != 0 && s.count == s.hangup {
		c.conn.Close()
	}
	for _, m := range out {
		_ = s.write(c.conn, m)
	}
}

// Faults, each at one delivery.
const faultyDelivery = 23

func lose(n int, _ *fakeClient, msg []byte) [][]byte {
	if n == faultyDelivery {
		return nil
	}
	return [][]byte{msg}
}

func double(n int, _ *fakeClient, msg []byte) [][]byte {
	if n == faultyDelivery {
		return [][]byte{msg, msg}
	}
	return [][]byte{msg}
}

func garble(n int, _ *fakeClient, msg []byte) [][]byte {
	if n == faultyDelivery {
		return [][]byte{bytes.Replace(bytes.Replace(msg, []byte("xxxx"), []byte("xxyx"), 1), []byte("7777"), []byte("7787"), 1)}
	}
	return [][]byte{msg}
}

// swap holds one delivery back until the client's next.
func swap(n int, c *fakeClient, msg []byte) [][]byte {
	if n == faultyDelivery {
		c.held = bytes.Clone(msg)
		return nil
	}
	if held := c.held; held != nil {
		c.held = nil
		return [][]byte{msg, held}
	}
	return [][]byte{msg}
}
