//go:build linux

package main

import (
	"bytes"
	"net"
	"testing"
)

func TestFramedSize(t *testing.T) {
	whole := simpleMessage("a", "b", []byte("body%|$"))
	if n := framedSize(append(bytes.Clone(whole), "$@len:"...)); n != len(whole) {
		t.Errorf("%d of %d", n, len(whole))
	}
	for i := range bytes.IndexByte(whole, '%') {
		if n := framedSize(whole[:i]); n != 0 {
			t.Errorf("%q: %d", whole[:i], n)
		}
	}
	for _, other := range []string{"", "$%hi", "$a:1|%x", "$@len:|%", "$@len:-1|%", "$@len:12345678901|%", "hello"} {
		if n := framedSize([]byte(other)); n != 0 {
			t.Errorf("%q: %d", other, n)
		}
	}
}

// Messages come in pieces, several in one piece, and before the first with a length some without.
func TestSimpleServerInPieces(t *testing.T) {
	for _, size := range []int{1, 7, 60, 100_000} {
		write := func(c net.Conn, msg []byte) error {
			for len(msg) > 0 {
				n := min(size, len(msg))
				if _, err := c.Write(msg[:n]); err != nil {
					return err
				}
				msg = msg[n:]
			}
			return nil
		}
		s := newFakeServer(t, speaking("simpleserver"), func(s *fakeServer) { s.write = write })
		cfg := inDialect(fanoutConfig(s.url), "simpleserver")
		cfg.Messages = 20
		if r := mustRun(t, cfg); !r.OK || r.Done != 120 {
			t.Errorf("pieces of %d: %d delivered, %+v %v", size, r.Done, r.Tally, r.Errors)
		}
	}
	s := newFakeServer(t, speaking("simpleserver"), func(s *fakeServer) {
		s.write = func(c net.Conn, msg []byte) error {
			if bytes.Contains(msg, []byte("handshake")) {
				msg = append([]byte("$news:1|%before$x:|%more"), msg...)
			}
			_, err := c.Write(msg)
			return err
		}
	})
	cfg := inDialect(fanoutConfig(s.url), "simpleserver")
	if r := mustRun(t, cfg); !r.OK {
		t.Errorf("%+v %v", r.Tally, r.Errors)
	}
}

// A server that says that it cannot answer fails the run with its words.
func TestSimpleServerError(t *testing.T) {
	s := newFakeServer(t, speaking("simpleserver"), func(s *fakeServer) {
		s.fault = func(n int, _ *fakeClient, msg []byte) [][]byte {
			if n == faultyDelivery {
				return [][]byte{[]byte("$@len:0|error:header_name|%")}
			}
			return [][]byte{msg}
		}
	})
	r := mustRun(t, inDialect(fanoutConfig(s.url), "simpleserver"))
	if r.OK || len(r.Errors) == 0 {
		t.Errorf("ok %v, %v", r.OK, r.Errors)
	}
}
