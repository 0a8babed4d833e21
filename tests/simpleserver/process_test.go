package simpleserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	codec "github.com/skeinhq/skein/codec/simpleserver"
	"github.com/skeinhq/skein/supervisor/simpleserver"
	"github.com/skeinhq/skein/tests/harness"
)

// stats is what the demo tells of itself.
type stats struct {
	Connections, Disconnections, Messages, Ticks, Clients int
}

// ask asks the demo for its figures, with the package's own client.
func (d *demo) ask(t testing.TB, c *simpleserver.Client) (s stats) {
	t.Helper()
	m := simpleserver.NewMessage("")
	m.Add("cmd", "stats")
	must(t, c.Send(m))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := c.ReadContext(ctx)
	must(t, err)
	if !answer.Has("stats") {
		t.Fatalf("%v instead of figures", answer)
	}
	must(t, json.Unmarshal(answer.Body, &s))
	return s
}

func (d *demo) client(t testing.TB) *simpleserver.Client {
	t.Helper()
	_, port, err := net.SplitHostPort(d.addr)
	must(t, err)
	n, err := strconv.Atoi(port)
	must(t, err)
	c := simpleserver.NewClient(simpleserver.ClientOptions{})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if ok, text := c.Connect("127.0.0.1", n); !ok {
		t.Fatal(text)
	}
	return c
}

// TestRestart ends a server that has clients and starts another one at the same address at once.
func TestRestart(t *testing.T) {
	port := strconv.Itoa(harness.FreePort(t))
	for range 3 {
		d := startDemo(t, "--port", port)
		for range 5 {
			c := d.connect(t)
			must(t, c.send("$@len:2|%hi"))
			must(t, c.expect("$@len:2|%hi"))
		}
		d.Stop() // it closes its clients first, whose connections linger on its side
	}
}

// TestSilentFirstClient is what stopped the server of the Python library: clients that say nothing.
func TestSilentFirstClient(t *testing.T) {
	d := startDemo(t)
	for range 3 {
		d.connect(t)
	}
	me := d.client(t)
	first := d.ask(t, me)
	if first.Connections != 4 || first.Clients != 4 {
		t.Errorf("%+v", first)
	}
	for s := first; s.Ticks < first.Ticks+20; s = d.ask(t, me) { // ends with the test's patience if they stand still
	}
}

// TestNothingIsLostAtTheEnd lets clients send and leave at once, in every way that is not a reset.
func TestNothingIsLostAtTheEnd(t *testing.T) {
	d := startDemo(t, "--idle-ms", "5")
	me := d.client(t)
	const clients = 100
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			c, err := dial(d.addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			// The answers to the last two are not waited for. An open message ends with the connection.
			text := []string{
				"$@len:1|a:1|%x$@len:1|a:2|%y$@len:1|a:3|%z", "$a:1|%x$a:2|%y$a:3|%z", "$a:1|%x$@len:1|%y$a:3|%z",
			}[i%3]
			if err := c.send(text); err != nil {
				t.Error(err)
			}
			// Without this the answers to a closed connection would reset it, and what the server has not read is lost.
			if err := c.CloseWrite(); err != nil {
				t.Error(err)
			}
			_ = c.SetReadDeadline(time.Now().Add(patience))
			if _, err := io.Copy(io.Discard, c); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var got stats
	for asked := 1; ; asked++ {
		got = d.ask(t, me)
		if got.Clients == 1 {
			got.Messages -= asked
			break
		}
	}
	if got.Messages != 3*clients || got.Connections != clients+1 || got.Disconnections != clients {
		t.Errorf("%+v", got)
	}
}

// TestResets cuts connections at any moment; others do not notice.
func TestResets(t *testing.T) {
	d := startDemo(t)
	me := d.client(t)
	const clients = 200
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 5))
			c, err := dial(d.addr)
			if err != nil {
				t.Error(err)
				return
			}
			text := "$@len:0|%$@len:3|cmd:burst|%300$@len:6|cmd:big|%500000$@len:9|%half"
			_ = c.send(text[:r.IntN(len(text)+1)])
			if r.IntN(2) == 0 {
				_ = c.SetReadDeadline(time.Now().Add(time.Duration(r.IntN(10)) * time.Millisecond))
				_, _ = io.CopyN(io.Discard, c, int64(r.IntN(10_000)))
			}
			if err := c.abort(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for d.ask(t, me).Clients != 1 { // until the last reset is noticed
	}
	if s := d.ask(t, me); s.Connections < s.Disconnections || s.Connections != s.Disconnections+1 {
		t.Errorf("%+v", s)
	}
}

// TestBecomesFramed has an old client become one that frames: answers are in the form that it had when they were sent.
func TestBecomesFramed(t *testing.T) {
	d := startDemo(t)
	c := d.connect(t)
	must(t, c.send("$a:1|%one"))
	must(t, c.expect("$a:1|%one"))
	must(t, c.send("$@len:5|a:2|%two %"))
	must(t, c.expect("$@len:5|a:2|%two %"))
	must(t, c.send("$a:3|%three")) // it remains framed
	must(t, c.expect("$@len:5|a:3|%three"))
	must(t, c.send("$cmd:kick|%"))
	must(t, c.expectEOF())
}

// TestFramedTraffic lets clients send random messages in random pieces; each comes back as it was, in order.
func TestFramedTraffic(t *testing.T) {
	d := startDemo(t)
	const clients, each = 30, 150
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			if err := d.traffic(rand.New(rand.NewPCG(uint64(i), 6)), each); err != nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	all.Wait()
}

func (d *demo) traffic(r *rand.Rand, messages int) error {
	c, err := dial(d.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	var stream []byte
	for n := range messages {
		m := &codec.Message{Body: make([]byte, r.IntN(300))}
		if r.IntN(20) == 0 {
			m.Body = make([]byte, r.IntN(100_000))
		}
		for i := range m.Body {
			m.Body[i] = "$%|:@len:a\x00\xff"[r.IntN(12)]
		}
		m.Add("n", strconv.Itoa(n))
		for range r.IntN(4) {
			m.Add(fmt.Sprint("h", r.IntN(3)), strings.Repeat("$:é", r.IntN(5)))
		}
		if stream, err = m.AppendFramed(stream); err != nil {
			return err
		}
	}
	sent := make(chan error, 1)
	go func() {
		rest := string(stream)
		for rest != "" {
			n := min(1+r.IntN(5000), len(rest))
			if err := c.send(rest[:n]); err != nil {
				sent <- err
				return
			}
			rest = rest[n:]
		}
		sent <- nil
	}()
	return errors.Join(c.expect(string(stream)), <-sent)
}

// TestDemoRefusesToStart checks what is said when it cannot listen.
func TestDemoRefusesToStart(t *testing.T) {
	d := startDemo(t)
	_, port, err := net.SplitHostPort(d.addr)
	must(t, err)
	second := harness.Launch(t, harness.Config{Args: []string{"simpleserver-demo", "--port", port}, Stdout: true})
	if status := second.Wait(patience); status == 0 || !strings.Contains(second.Stderr(), "address already in use") {
		t.Errorf("status %d: %s", status, second.Stderr())
	}
	d.Signal(os.Interrupt)
	if status := d.Wait(patience); status != 0 {
		t.Errorf("status %d after an interrupt", status)
	}
}
