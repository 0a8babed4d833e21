package transport

import (
	"strings"
	"testing"
)

func TestEcho(t *testing.T) {
	s, addr := start(t, Options{}, EchoHandler{})
	c := dial(t, addr)
	c.send(opText, "hello")
	c.expect(opText, "hello")
	c.send(opBin, "\x00\xff")
	c.expect(opBin, "\x00\xff")
	big := strings.Repeat("x", 1<<20)
	c.send(opText, big)
	c.expect(opText, big)
	c.send(opPing, "are you there")
	c.expect(opPong, "are you there")
	c.send(opEnd, closePayload(1000, "bye"))
	if r := c.expectClose(1000); r != "bye" {
		t.Errorf("reason %q", r)
	}
	if err := s.Wait(patient(t)); err == nil {
		st := s.Stats()
		if st.Disconnects[Disconnect{CausePeerClosed, 1000}] != 1 || st.Open != 0 || st.MessagesIn != 3 || st.OutboxBytes != 0 {
			t.Errorf("stats %+v", st)
		}
	} else {
		c.nc.Close()
		t.Fatal(err)
	}
}
