// Package simpleserver tests SimpleServer from outside: vectors replayed on the demo, a Python program that treats its
// connection as the Python library does, and a server that many clients treat badly.
package simpleserver

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/skeinhq/skein/tests/harness"
)

func TestMain(m *testing.M) { harness.MainWithoutLeaks(m) }

// patience is how long to wait for what has to come: longer than any machine takes.
const patience = 20 * time.Second

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A demo is a running demo server.
type demo struct {
	*harness.Server
	addr string
}

var listensAt = regexp.MustCompile(`demo listening on (?:tcp://)?(\S+:\d+)`)

func startDemo(t testing.TB, flags ...string) *demo {
	t.Helper()
	d := &demo{Server: harness.Launch(t, harness.Config{
		Args: append([]string{"simpleserver-demo", "--port", "0"}, flags...), Stdout: true,
	})}
	d.WaitLog("demo listening on")
	found := listensAt.FindStringSubmatch(d.Stderr())
	if found == nil {
		t.Fatal(d.Stderr())
	}
	d.addr = found[1]
	return d
}

// A client is a connection whose bytes the test reads and writes.
type client struct{ *net.TCPConn }

func (d *demo) connect(t testing.TB) *client {
	t.Helper()
	c, err := dial(d.addr)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func dial(addr string) (*client, error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	return &client{c.(*net.TCPConn)}, nil
}

func (c *client) send(text string) error {
	_ = c.SetWriteDeadline(time.Now().Add(patience))
	_, err := io.WriteString(c, text)
	return err
}

// expect reads exactly these bytes, however they are cut.
func (c *client) expect(want string) error {
	_ = c.SetReadDeadline(time.Now().Add(patience))
	got := make([]byte, len(want))
	n, err := io.ReadFull(c, got)
	if err != nil || string(got) != want {
		return fmt.Errorf("received %s (%v), not %s", clip(string(got[:n])), err, clip(want))
	}
	return nil
}

// expectNothing checks that for so long there comes no byte and no end.
func (c *client) expectNothing(d time.Duration) error {
	_ = c.SetReadDeadline(time.Now().Add(d))
	got := make([]byte, 4096)
	n, err := c.Read(got)
	if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("received %q (%v)", got[:n], err)
	}
	return nil
}

// expectEOF checks that the server ends the connection and has nothing more to say.
func (c *client) expectEOF() error {
	_ = c.SetReadDeadline(time.Now().Add(patience))
	got := make([]byte, 4096)
	if n, err := c.Read(got); n > 0 || !errors.Is(err, io.EOF) {
		return fmt.Errorf("received %q (%v)", got[:n], err)
	}
	return nil
}

// abort cuts the connection with a reset.
func (c *client) abort() error { return errors.Join(c.SetLinger(0), c.Close()) }

func clip(s string) string {
	if len(s) > 300 {
		return fmt.Sprintf("%q... (%d bytes)", s[:300], len(s))
	}
	return fmt.Sprintf("%q", s)
}
