package transport

import (
	"os"
	"os/exec"
	"testing"
)

// All tests of this package run once more with the reader that other systems have.
func TestPortableReader(t *testing.T) {
	if portableReader {
		t.Skip("this is that run")
	}
	cmd := exec.Command(os.Args[0], "-test.count=1")
	cmd.Env = append(os.Environ(), envPortable+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A connection that a poller reads has given its socket away.
func TestPolled(t *testing.T) {
	h := newTestHandler()
	_, addr := start(t, Options{}, h)
	dial(t, addr)
	if c := h.conn(t); portableReader != (c.sock != nil) {
		t.Errorf("portable reader %v, socket %v", portableReader, c.sock)
	}
}
