//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// A fakeServer speaks enough CL4 for the harness, and errs where it is told to.
type fakeServer struct {
	t       *testing.T
	url     string
	mu      sync.Mutex
	members []*fakeClient
	wg      sync.WaitGroup
	fault   func(nth int, c *fakeClient, msg []byte) (instead [][]byte) // nth delivery of all, from 0
	count   int
	write   func(c net.Conn, msg []byte) error // how a message is written
	stall   time.Duration                      // pause before the 20th answer
	refuse  string                             // command that is refused
	hangup  int                                // close the sender's connection at this delivery, if not 0
}

type fakeClient struct {
	conn net.Conn
	held []byte
}

// newFakeServer starts a server; what adjust changes must be changed before its goroutines start.
func newFakeServer(t *testing.T, adjust ...func(*fakeServer)) *fakeServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeServer{t: t, url: "ws://" + ln.Addr().String() + "/x", write: func(c net.Conn, msg []byte) error { return wsutil.WriteServerText(c, msg) }}
	for _, f := range adjust {
		f(s)
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

func (s *fakeServer) serve(conn net.Conn) {
	defer conn.Close()
	if _, err := ws.Upgrade(conn); err != nil {
		return
	}
	c := &fakeClient{conn: conn}
	s.mu.Lock()
	s.members = append(s.members, c)
	s.mu.Unlock()
	for {
		msg, _, err := wsutil.ReadClientData(conn)
		if err != nil {
			return
		}
		s.mu.Lock()
		switch {
		case s.refuse != "" && bytes.HasPrefix(msg, []byte(`{"cmd":"`+s.refuse)):
			_ = s.write(conn, []byte(`{"cmd":"statuscode","code":"E:108 | Refused","code_id":108}`))
		case bytes.HasPrefix(msg, []byte(`{"cmd":"gmsg"`)):
			for _, m := range s.members {
				s.deliver(m, msg)
			}
		default:
			if s.stall > 0 && s.count == 20 {
				time.Sleep(s.stall)
			}
			answer := `{"cmd":"statuscode","code":"I:100 | OK","code_id":100`
			if _, l, ok := strings.Cut(string(msg), `"listener":`); ok {
				answer += fmt.Sprintf(`,"listener":%s`, strings.TrimSuffix(l, "}"))
			}
			if bytes.HasPrefix(msg, []byte(`{"cmd":"ping"`)) {
				s.deliver(c, []byte(answer+"}"))
			} else {
				_ = s.write(conn, []byte(`{"cmd":"ulist","mode":"add","val":{"username":"x"},"rooms":"default"}`))
				_ = s.write(conn, []byte(answer+"}"))
			}
		}
		s.mu.Unlock()
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
		return [][]byte{bytes.Replace(msg, []byte("xxxx"), []byte("xxyx"), 1)}
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
