package pystrands

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestKilledBackends kills one of three backend processes under load, 20 times; every fourth has been stopped before, so
// that much waits for it. End clients stay connected, the order of each client holds, and what nobody has seen was sent
// when a backend was killed and is no more than fits into the buffers between broker and backend.
func TestKilledBackends(t *testing.T) {
	requireSkein(t)
	t.Parallel()
	const (
		kills   = 20
		talkers = 30
		pace    = 20 * time.Millisecond
		burst   = 50          // messages of each client while a process is stopped
		buffers = 50          // events that are in the buffers of a connection, at most
		around  = time.Second // between sending a message and the death of the process that had it in its buffers
	)
	broker := startBroker(t, "--queue-size", "1000000")
	var moments [][2]time.Time // when a process was killed and when it was gone
	crowd := newCrowd(t, broker, talkers, pace)
	var running []*process
	for i := range 3 {
		running = append(running, startProcess(t, fmt.Sprintf("b%d", i), broker.tcp, crowd.seen))
		running[i].waitUntilUp(t)
	}
	crowd.arrive()
	for i := range kills {
		crowd.waitForMore(talkers * 4)
		n := rand.IntN(len(running))
		start := time.Now()
		if others := crowd.ledger.served(running, running[n]); i%4 == 3 && others > 0 {
			must(t, running[n].cmd.Process.Signal(syscall.SIGSTOP))
			crowd.burst(burst)
			crowd.waitForMore(others * burst)
		}
		running[n].kill()
		moments = append(moments, [2]time.Time{start, time.Now()})
		running[n] = startProcess(t, fmt.Sprintf("b%d", i+3), broker.tcp, crowd.seen)
		running[n].waitUntilUp(t)
	}
	crowd.waitForMore(talkers * 4)
	crowd.leave()
	lost := 0
	for _, c := range crowd.talkers {
		gaps, err := crowd.ledgerOf(c).audit(c.name)
		if err != nil {
			t.Error(err)
		}
		if len(gaps) > kills {
			t.Errorf("%s: nobody saw %v", c.name, gaps)
		}
		for _, g := range gaps {
			lost += g.to - g.from + 1
			for position := max(g.from, 1); position <= min(g.to, len(c.sent)); position++ {
				sent := c.sent[position-1]
				if !slices.ContainsFunc(moments, func(m [2]time.Time) bool {
					return sent.After(m[0].Add(-around)) && sent.Before(m[1].Add(around/2))
				}) {
					t.Errorf("%s: message %d was lost, and no backend was killed when it was sent", c.name, position)
				}
			}
			if g.to == len(c.sent)+1 {
				t.Errorf("%s: nobody saw its end", c.name)
			}
		}
	}
	sent := crowd.total()
	t.Logf("%d messages, %d events lost in the buffers of %d killed processes", sent, lost, kills)
	if lost > kills*buffers {
		t.Errorf("%d of %d events were lost", lost, sent)
	}
}

// A crowd is end clients that send numbers at their pace until they are told to leave.
type crowd struct {
	t       *testing.T
	broker  *broker
	pace    time.Duration
	talkers []*talker
	talking sync.WaitGroup
	stop    chan struct{}
	ledger  *ledger // whatever the clients send, so its end is not known before
}

type talker struct {
	name   string
	client *client
	sent   []time.Time
	burst  chan int // messages to send at once
}

// talkerPad makes messages so long that few of them fit into a connection's buffers.
const talkerPad = 2000

// endPosition stands for the disconnected of a client while it is not known how many messages it will send.
const endPosition = -1

func newCrowd(t *testing.T, b *broker, n int, pace time.Duration) *crowd {
	c := &crowd{t: t, broker: b, pace: pace, stop: make(chan struct{}), ledger: newLedger(endPosition - 1)}
	for i := range n {
		c.talkers = append(c.talkers, &talker{name: fmt.Sprintf("c%d", i), burst: make(chan int)})
	}
	return c
}

// seen notes what a process has seen.
func (c *crowd) seen(p *process, action, client, message string) {
	switch action {
	case "new_connection":
		c.ledger.note(p.name, client, 0)
	case "new_message":
		n, err := strconv.Atoi(message)
		if err != nil {
			c.t.Error(err)
		}
		c.ledger.note(p.name, client, n+1)
	case "disconnected":
		c.ledger.note(p.name, client, endPosition)
	case "connection_request", "heartbeat":
	default:
		c.t.Errorf("%s saw %s %s %s", p.name, action, client, message)
	}
}

// arrive lets everybody in and start to talk.
func (c *crowd) arrive() {
	c.t.Helper()
	for _, w := range c.talkers {
		var err error
		w.client, err = c.broker.enter(&net.Dialer{}, "/ws/"+w.name)
		must(c.t, err)
		c.t.Cleanup(w.client.cut)
	}
	for _, w := range c.talkers {
		c.talking.Go(func() { c.talk(w) })
	}
}

func (c *crowd) talk(w *talker) {
	tick := time.NewTicker(c.pace)
	defer tick.Stop()
	pad := " " + strings.Repeat("x", talkerPad)
	for {
		n := 1
		select {
		case <-c.stop:
			return
		case n = <-w.burst:
		case <-tick.C:
		}
		for range n {
			if err := w.client.send(strconv.Itoa(len(w.sent)) + pad); err != nil {
				c.t.Errorf("%s: %v", w.name, err)
				<-c.stop
				return
			}
			w.sent = append(w.sent, time.Now())
		}
	}
}

// burst lets everybody send n messages at once.
func (c *crowd) burst(n int) {
	c.t.Helper()
	for _, w := range c.talkers {
		select {
		case w.burst <- n:
		case <-time.After(patience):
			c.t.Fatalf("%s does not talk any more", w.name)
		}
	}
}

// waitForMore waits until the backends have seen n more events.
func (c *crowd) waitForMore(n int) {
	c.t.Helper()
	start, grew := c.ledger.count()
	deadline := time.After(patience)
	for now := start; now < start+n; now, grew = c.ledger.count() {
		select {
		case <-grew:
		case <-deadline:
			c.t.Fatalf("%d events have been seen, %d are missing", now, start+n-now)
		}
	}
}

// leave ends everybody and waits until the backends have seen it. Nobody may have been thrown out before.
func (c *crowd) leave() {
	c.t.Helper()
	close(c.stop)
	c.talking.Wait()
	for _, w := range c.talkers {
		last := -1
		for e, ok := w.client.events.take(); ok; e, ok = w.client.events.take() {
			n, err := strconv.Atoi(e.payload)
			if e.opcode != opText || err != nil {
				c.t.Errorf("%s received %v", w.name, e)
			}
			last = max(last, n)
		}
		if last < 0 {
			c.t.Errorf("%s has never received anything", w.name)
		}
		w.client.leave()
	}
	deadline := time.After(patience)
	for {
		_, grew := c.ledger.count()
		if c.ledger.ended() == len(c.talkers) {
			return
		}
		select {
		case <-grew:
		case <-deadline:
			c.t.Fatalf("backends saw %d clients leave, not %d", c.ledger.ended(), len(c.talkers))
		}
	}
}

// ledgerOf is the ledger of one client, now that its number of messages is known.
func (c *crowd) ledgerOf(w *talker) *ledger {
	l := newLedger(len(w.sent))
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	for backend, positions := range c.ledger.seen[w.name] {
		for _, p := range positions {
			if p == endPosition {
				p = len(w.sent) + 1
			}
			l.note(backend, w.name, p)
		}
	}
	return l
}

func (c *crowd) total() (n int) {
	for _, w := range c.talkers {
		n += len(w.sent)
	}
	return n
}

// TestStalledBackend has a backend that stops reading while its 200 clients send. They are made to wait, nothing is
// lost when the backend reads on, and the client of another backend notices nothing.
func TestStalledBackend(t *testing.T) {
	requireSkein(t)
	const (
		senders = 200
		each    = 24
		size    = 12 << 10 // altogether far more than all buffers take
		quiet   = 400 * time.Millisecond
	)
	broker := startBroker(t, "--backend-queue-bytes", "1M", "--backend-write-timeout", "5m")
	stalled := broker.attach(t)
	var written atomic.Int64
	var sending sync.WaitGroup
	var clients []*client
	pad := strings.Repeat("x", size)
	for i := range senders {
		c := broker.join(t, stalled, fmt.Sprintf("s%d", i), "r")
		must(t, c.conn.SetWriteBuffer(smallSendBuffer))
		clients = append(clients, c)
	}
	other := broker.attach(t, stalled)
	fine := broker.join(t, other, "fine", "fine's room")
	stalled.reading.Lock()
	readOn := sync.OnceFunc(stalled.reading.Unlock)
	t.Cleanup(readOn)
	for i, c := range clients {
		sending.Go(func() {
			for n := range each {
				if err := c.send(fmt.Sprintf("%d %s", n, pad)); err != nil {
					t.Errorf("client %d, message %d: %v", i, n, err)
					return
				}
				written.Add(1)
			}
		})
	}
	served := make(chan struct{})
	var serving sync.WaitGroup
	serving.Go(func() { pingPong(t, other, fine, "fine", served) })
	for before := int64(-1); before != written.Load(); time.Sleep(quiet) { // in this time, nothing may happen
		before = written.Load()
	}
	if n := written.Load(); n == senders*each {
		t.Error("nobody has to wait for the stalled backend")
	} else {
		t.Logf("%d of %d messages have been written while the backend did not read", n, senders*each)
	}
	close(served)
	serving.Wait()
	start := time.Now()
	for n := range 50 {
		mark := strconv.Itoa(n)
		must(t, fine.send(mark))
		other.expectMessage(t, "fine", mark)
		must(t, other.private("fine", mark))
		fine.expect(t, mark)
	}
	if d := time.Since(start); d > 50*quiet {
		t.Errorf("50 messages of the client of the other backend took %v", d)
	}
	readOn()
	next := map[string]int{}
	for got := range senders * each {
		l, ok := stalled.lines.next(patience)
		if !ok || l.action() != "new_message" {
			t.Fatalf("after %d messages: %v", got, l)
		}
		number, rest, _ := strings.Cut(l.message(), " ")
		if number != strconv.Itoa(next[l.clientID()]) || len(rest) != size {
			t.Fatalf("%s: message %s of %d bytes came, number %d was due", l.clientID(), number, len(rest), next[l.clientID()])
		}
		next[l.clientID()]++
	}
	sending.Wait()
}

// TestMalformedLines sends 10,000 bad lines over a connection whose backend does not read meanwhile.
func TestMalformedLines(t *testing.T) {
	requireSkein(t)
	t.Parallel()
	broker := startBroker(t)
	b := broker.attach(t)
	c := broker.join(t, b, "c", "r")
	start := time.Now()
	must(t, b.sendText(strings.Repeat("bad\n[]\n{\"action\":\"broadcast\"}\n\xff\xfe\n", 2500)))
	must(t, b.private("c", "fine"))
	c.expect(t, "fine")
	must(t, c.send("also fine"))
	errors := 0
	for {
		l, ok := b.lines.next(patience)
		if !ok || l.err != nil {
			t.Fatalf("the client's message does not arrive: %v", l)
		}
		if l.action() == "new_message" {
			break
		}
		errors++
	}
	checkErrorRate(t, errors, time.Since(start))
}

// TestDeafClients has 200 end clients that never read. They are closed and reported; those who read get everything.
func TestDeafClients(t *testing.T) {
	requireSkein(t)
	const (
		deaf    = 200
		readers = 10
		size    = 32 << 10
	)
	broker := startBroker(t, "--client-queue", "1000000", "--client-queue-bytes", "128k")
	b := broker.attach(t)
	for i := range deaf {
		conn, err := sendRequest(smallDialer(), broker.ws, handshake("/ws/deaf"))
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		must(t, b.accept(b.expect(t, "connection_request").requestID(), fmt.Sprintf("d%d", i), "room", object{}))
		b.expect(t, "new_connection")
	}
	var list []*client
	for i := range readers {
		list = append(list, broker.join(t, b, fmt.Sprintf("r%d", i), "room"))
	}
	gone := map[string]bool{}
	pad := strings.Repeat("x", size)
	for n := 0; len(gone) < deaf; n++ {
		if n == 2000 {
			t.Fatalf("%d of %d clients that do not read are still there after %d messages", deaf-len(gone), deaf, n)
		}
		must(t, b.room("room", fmt.Sprintf("%d %s", n, pad)))
		for _, c := range list { // waiting for them keeps them from being slow themselves
			if text, err := c.nextText(patience); err != nil || !strings.HasPrefix(text, fmt.Sprintf("%d ", n)) {
				t.Fatalf("message %d did not come: %.20q, %v", n, text, err)
			}
		}
		for l, ok := b.lines.take(); ok; l, ok = b.lines.take() {
			if l.action() != "disconnected" || gone[l.clientID()] || !strings.HasPrefix(l.clientID(), "d") {
				t.Fatalf("the backend received %v", l)
			}
			gone[l.clientID()] = true
		}
	}
	for i, c := range list {
		must(t, c.send("still here"))
		b.expectMessage(t, fmt.Sprintf("r%d", i), "still here")
	}
}

// TestRefusedCrowd refuses 2,000 clients while no backend is there. They do not push messages out of the backlog.
func TestRefusedCrowd(t *testing.T) {
	requireSkein(t)
	t.Parallel()
	const (
		refused  = 2000
		together = 20
		most     = 100 // error events that are kept
	)
	broker := startBroker(t, "--queue-size", "30")
	b := broker.attach(t)
	c := broker.join(t, b, "c", "r")
	b.close()
	waitUntilRefused(t, broker)
	for i := range 15 {
		must(t, c.send(strconv.Itoa(i)))
	}
	var crowd sync.WaitGroup
	for range together {
		crowd.Go(func() {
			for range refused / together {
				c, err := connectClient(broker.ws, handshake("/ws/refused"))
				if err != nil {
					t.Error(err)
					return
				}
				if status, err := c.status(patience); err != nil || status != http.StatusServiceUnavailable {
					t.Errorf("HTTP status %d (%v)", status, err)
				}
				c.cut()
			}
		})
	}
	crowd.Wait()
	for i := range 15 {
		must(t, c.send(strconv.Itoa(15+i)))
	}
	next := broker.backend(t)
	errors := 0
	for want := 0; want < 30; {
		l, ok := next.lines.next(patience)
		switch {
		case ok && l.action() == "error":
			errors++
		case ok && l.action() == "new_message" && l.message() == strconv.Itoa(want):
			want++
		default:
			t.Fatalf("%v came instead of message %d", l, want)
		}
	}
	if errors == 0 || errors > most {
		t.Errorf("%d error events were kept", errors)
	}
}

// waitUntilRefused waits until the broker knows that it has no backend.
func waitUntilRefused(t testing.TB, b *broker) {
	t.Helper()
	c := b.client(t, "/ws/refused") // is held until then: the asked backend is gone
	c.expectStatus(t, http.StatusServiceUnavailable)
}

// TestShutdown sends SIGTERM: end clients are told 1001, backends of each one's end, and the broker ends with status 0.
func TestShutdown(t *testing.T) {
	requireSkein(t)
	t.Parallel()
	const clients = 50
	broker := startBroker(t)
	backends := []*backend{broker.attach(t)}
	backends = append(backends, broker.attach(t, backends[0]))
	open := map[string]int{} // by client: the backend that owns it
	var list []*client
	for i := range clients {
		c := broker.client(t, "/ws/a")
		l, which := nextOfTwo(patience, backends[0].lines, backends[1].lines)
		if which < 0 || l.action() != "connection_request" {
			t.Fatalf("%v came instead of a connection request", l)
		}
		id := fmt.Sprintf("c%d", i)
		must(t, backends[which].accept(l.requestID(), id, "r", object{}))
		c.expectStatus(t, http.StatusSwitchingProtocols)
		backends[which].expect(t, "new_connection")
		open[id] = which
		list = append(list, c)
	}
	broker.server.Signal(syscall.SIGTERM)
	for _, c := range list {
		if e, ok := c.events.next(patience); !ok || e.opcode != opClose || e.code != 1001 {
			t.Errorf("a client received %v instead of a Close frame with 1001", e)
		}
	}
	for i, b := range backends {
		for {
			l, ok := b.lines.next(patience)
			if !ok {
				t.Fatalf("backend %d is still connected", i)
			}
			if l.err != nil {
				break
			}
			owner, known := open[l.clientID()]
			if l.action() != "disconnected" || !known || owner != i {
				t.Errorf("backend %d received %v", i, l)
			}
			delete(open, l.clientID())
		}
	}
	if len(open) > 0 {
		t.Errorf("no backend has heard of the end of %v", open)
	}
	if status := broker.server.Wait(patience); status != 0 {
		t.Errorf("the exit status is %d", status)
	}
}
