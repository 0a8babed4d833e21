package simpleserver

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/simpleserver"
)

const (
	chaosClients = 2000
	chaosEach    = chaosClients / 100 // 1 % of each kind that does wrong
	tickRate     = 120
	floodPause   = 25 * time.Millisecond
	dripped      = 150 // bytes, one after the other
)

// chaos is a server and what has become of its clients.
type chaos struct {
	t      *testing.T
	server *simpleserver.Server
	ticks  atomic.Int64
	done   chan struct{} // closed when those who do right are done

	// By address; owned by the listeners, which run one at a time.
	connected, gone map[string]bool
	next            map[string]int
}

// TestChaos lets most clients talk while some are silent, some read nothing of what they ask for, and some send a
// message byte by byte. Ticks go on at their rate, and nobody else loses a message or gets one twice or too early.
func TestChaos(t *testing.T) {
	c := &chaos{t: t, done: make(chan struct{}), connected: map[string]bool{}, gone: map[string]bool{}, next: map[string]int{}}
	c.server = simpleserver.NewServer(simpleserver.ServerOptions{
		Host: "127.0.0.1", TickRate: tickRate, Logger: slog.New(slog.DiscardHandler),
		Limits: supervisor.SimpleServerOptions{QueueBytes: 256 << 10}, // those who do not read shall not take long
	})
	c.server.OnConnection(func(who *simpleserver.ConnectionClient) { c.connected[who.Address()] = true })
	c.server.OnMessage(c.onMessage)
	c.server.OnDisconnect(func(who *simpleserver.ConnectionClient) {
		if c.gone[who.Address()] || !c.connected[who.Address()] {
			t.Errorf("%s has gone twice, or never came", who)
		}
		c.gone[who.Address()] = true
	})
	c.server.OnUpdate(func() { c.ticks.Add(1) })
	must(t, c.server.StartAsync())

	var right, wrong sync.WaitGroup
	kept := make([]*client, chaosEach)
	for i := range chaosEach {
		silent, err := dial(c.server.Addr().String())
		must(t, err)
		kept[i] = silent
		wrong.Go(func() { c.fill(i) })
		right.Go(func() { c.drip(i) })
	}
	var connected sync.WaitGroup
	start := make(chan struct{})
	for i := range chaosClients - 3*chaosEach {
		connected.Add(1)
		right.Go(func() { c.talk(i, &connected, start) })
	}
	connected.Wait()
	// What the machine lets pass is seen by a clock of the same rate that has nothing else to do.
	reference := startTicker()
	before := c.ticks.Load()
	close(start)
	right.Wait()
	after := c.ticks.Load()
	possible, elapsed := reference.stop()
	close(c.done)
	wrong.Wait()

	got, due := float64(after-before), elapsed.Seconds()*tickRate
	t.Logf("%.0f ticks in %v: %.1f %% of the rate; a clock made %.1f %%", got, elapsed, 100*got/due, 100*float64(possible)/due)
	// Of what the machine takes away from a clock it may take as much from the ticks' work too.
	lost := max(due-float64(possible), 0)
	if got < 0.98*due-2*lost || got > 1.02*due+1 {
		t.Errorf("%.0f ticks in %v; a clock made %d", got, elapsed, possible)
	}
	for i, silent := range kept {
		if err := silent.send("$@len:1|%x"); err != nil {
			t.Errorf("silent client %d: %v", i, err)
		}
		if err := silent.expect("$@len:1|%x"); err != nil {
			t.Errorf("silent client %d: %v", i, err)
		}
		_ = silent.Close()
	}
	c.server.Stop()
	must(t, c.server.Wait())
	if len(c.connected) != chaosClients || len(c.gone) != chaosClients {
		t.Errorf("%d clients have come and %d have gone", len(c.connected), len(c.gone))
	}
}

// onMessage sends a message back. Those that carry a number have to come in order.
func (c *chaos) onMessage(who *simpleserver.ConnectionClient, m *simpleserver.Message) {
	err := who.Send(m)
	if m.Has("flood") {
		return // it is closed when it does not read
	}
	if err != nil {
		c.t.Errorf("%s: %v", who, err)
	}
	if text, ok := m.Get("n"); ok {
		if want := fmt.Sprint(c.next[who.Address()]); text != want {
			c.t.Errorf("%s: message %s instead of %s", who, text, want)
		}
		c.next[who.Address()]++
	}
}

// talk does right: it sends a message every now and then and gets it back. Every fourth client is of the old kind.
func (c *chaos) talk(i int, connected *sync.WaitGroup, start chan struct{}) {
	me, err := dial(c.server.Addr().String())
	connected.Done()
	if err != nil {
		c.t.Error(err)
		return
	}
	defer me.Close()
	<-start
	time.Sleep(rand.N(chaosPause)) // not all at once: this is the load, not a wait
	pace := time.NewTicker(chaosPause)
	defer pace.Stop()
	for n := range chaosMessages {
		body := strings.Repeat("x", n)
		text := fmt.Sprintf("$@len:%d|n:%d|%%%s", n, n, body)
		if i%4 == 0 {
			text = fmt.Sprintf("$n:%d|%%%s", n, body)
		}
		if err := errors.Join(me.send(text), me.expect(text)); err != nil {
			c.t.Errorf("client %d, message %d: %v", i, n, err)
			return
		}
		<-pace.C
	}
}

// drip sends one message byte by byte and gets it back.
func (c *chaos) drip(i int) {
	me, err := dial(c.server.Addr().String())
	if err != nil {
		c.t.Error(err)
		return
	}
	defer me.Close()
	const begin = "$@len:" // with this it is plain that a length comes; less could be a message of the old kind
	text := fmt.Sprintf("%s%d|drip:|%%%s", begin, dripped, strings.Repeat("$", dripped))
	if err := me.send(begin); err != nil {
		c.t.Errorf("dripping client %d: %v", i, err)
		return
	}
	pace := time.NewTicker(floodPause)
	defer pace.Stop()
	for at := len(begin); at < len(text); at++ {
		if err := me.send(text[at : at+1]); err != nil {
			c.t.Errorf("dripping client %d, byte %d: %v", i, at, err)
			return
		}
		<-pace.C
	}
	if err := me.expect(text); err != nil {
		c.t.Errorf("dripping client %d: %v", i, err)
	}
}

// fill asks for more than it reads until the server closes it.
func (c *chaos) fill(i int) {
	me, err := dial(c.server.Addr().String())
	if err != nil {
		c.t.Error(err)
		return
	}
	defer me.Close()
	must(c.t, me.SetReadBuffer(4096))
	text := fmt.Sprintf("$@len:%d|flood:|%%%s", 64<<10, strings.Repeat("f", 64<<10))
	pace := time.NewTicker(floodPause)
	defer pace.Stop()
	for {
		_ = me.SetWriteDeadline(time.Now().Add(20 * floodPause))
		_, err := io.WriteString(me, text)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			// The server has stopped reading, which is as good; the message is not whole now, so that was it.
			<-c.done
			return
		case err != nil:
			return
		}
		select {
		case <-pace.C:
		case <-c.done:
			c.t.Errorf("client %d that does not read was not closed", i)
			return
		}
	}
}

// A ticker counts how often something could have happened.
type ticker struct {
	started time.Time
	count   int
	quit    chan struct{}
	ended   chan struct{}
}

func startTicker() *ticker {
	r := &ticker{started: time.Now(), quit: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		t := time.NewTicker(time.Second / tickRate)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				r.count++
			case <-r.quit:
				return
			}
		}
	}()
	return r
}

func (r *ticker) stop() (count int, elapsed time.Duration) {
	close(r.quit)
	<-r.ended
	return r.count, time.Since(r.started)
}
