package pystrands

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestOrder lets backends come and go at random while end clients talk. Every event of every client arrives once and
// in order, over however many backends; where a backend dies with unread data, one piece may be missing.
func TestOrder(t *testing.T) {
	requireSkein(t)
	for _, c := range []struct {
		name   string
		deaths []death
	}{
		{"drained", []death{halfClose}}, // exact: a backend reads everything that was written to it
		{"unread", []death{halfClose, closed, reset}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(time.Now().UnixNano())
			if given, err := strconv.ParseUint(os.Getenv("SKEIN_PYSTRANDS_SEED"), 10, 64); err == nil {
				seed = given
			}
			t.Logf("SKEIN_PYSTRANDS_SEED=%d", seed)
			newTown(t, seed, c.deaths).live()
		})
	}
}

// A death is how a backend connection ends.
type death int

const (
	halfClose death = iota // it says that it will write no more and reads to the end
	closed                 // it is closed with whatever is unread
	reset                  // it is reset
)

const (
	residents     = 30   // end clients
	residentSays  = 80   // messages of each of them
	members       = 3    // backends at a time, at most
	memberChanges = 40   // arrivals and deaths
	stallFor      = 200  // messages that others send while a backend does not read, before it dies
	residentPad   = 2000 // bytes of a message, so that what is meant for such a backend has to wait in the broker
)

// A town is one run: its backends are members, its end clients residents.
type town struct {
	t      *testing.T
	broker *broker
	ledger *ledger
	deaths []death
	lossy  int // backends that died with whatever was unread

	mu     sync.Mutex
	random *rand.Rand
	alive  []*member
	all    []*member

	stalled *member // does not read
}

func newTown(t *testing.T, seed uint64, deaths []death) *town {
	return &town{
		t: t, broker: startBroker(t, "--queue-size", "1000000", "--request-timeout", "1s"),
		ledger: newLedger(residentSays), deaths: deaths, random: rand.New(rand.NewPCG(seed, 1)),
	}
}

func (o *town) chance(n int) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.random.IntN(n)
}

func (o *town) live() {
	o.arrive()
	var list []*resident
	for i := range residents {
		list = append(list, &resident{town: o, name: fmt.Sprintf("c%d", i)})
	}
	var arriving sync.WaitGroup
	changes, said, next, stallEnds := 0, 0, 0, 0
	for said < residents*(residentSays-1) {
		switch n := o.chance(100); {
		case n < 2 && changes < memberChanges:
			changes++
			o.change()
		case o.stalled == nil && n < 10 && o.count() > 1:
			o.stall()
			stallEnds = said + stallFor
		case o.stalled != nil && said >= stallEnds:
			o.kill(o.stalled)
			o.stalled = nil
		case n < 20 && next < len(list):
			r := list[next]
			next++
			arriving.Go(r.arrive)
		default:
			// The last message waits until there are no more deaths.
			r := list[o.chance(len(list))]
			if r.open.Load() && r.said < residentSays-1 {
				r.say()
				said++
			} else if o.count() == 0 {
				o.arrive() // or nobody would be let in
			}
		}
		time.Sleep(time.Duration(o.chance(300)) * time.Microsecond) // the pace, not a wait
	}
	if o.stalled != nil {
		o.kill(o.stalled)
	}
	for o.count() < 2 {
		o.arrive()
	}
	arriving.Wait()
	for _, r := range list {
		if !r.open.Load() {
			o.t.FailNow()
		}
		r.say()
		r.client.leave()
	}
	o.waitForEnd()
	o.bury()
	for _, r := range list {
		gaps, err := o.ledger.audit(r.name)
		if err != nil {
			o.t.Error(err)
		}
		if len(gaps) > o.lossy {
			o.t.Errorf("%s: nobody saw %v; %d backends died with unread data", r.name, gaps, o.lossy)
		}
		r.checkEchoes()
	}
	o.t.Logf("%d backends, %d of them died with unread data", len(o.all), o.lossy)
}

// waitForEnd waits until some backend has seen the end of every client.
func (o *town) waitForEnd() {
	o.t.Helper()
	deadline := time.After(patience)
	for {
		_, grew := o.ledger.count()
		if o.ledger.ended() == residents {
			return
		}
		select {
		case <-grew:
		case <-deadline:
			o.t.Errorf("backends saw %d clients leave, not %d", o.ledger.ended(), residents)
			return
		}
	}
}

func (o *town) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.alive)
}

// change lets a backend arrive or die.
func (o *town) change() {
	if n := o.count(); n == 0 || n < members && o.chance(2) == 0 {
		o.arrive()
		return
	}
	o.mu.Lock()
	m := o.alive[o.random.IntN(len(o.alive))]
	o.mu.Unlock()
	if m != o.stalled {
		o.kill(m)
	}
}

// stall keeps a backend from reading until its death.
func (o *town) stall() {
	o.mu.Lock()
	o.stalled = o.alive[o.random.IntN(len(o.alive))]
	o.mu.Unlock()
	o.stalled.reading.Lock()
	o.stalled.stalled = true
}

// kill ends a backend in one of the ways that the run knows.
func (o *town) kill(m *member) {
	kind := o.deaths[o.chance(len(o.deaths))]
	if kind != halfClose {
		o.lossy++
	}
	o.mu.Lock()
	o.alive = slices.DeleteFunc(o.alive, func(other *member) bool { return other == m })
	o.mu.Unlock()
	m.die(kind)
}

// bury ends all backends and waits until they have read everything.
func (o *town) bury() {
	o.mu.Lock()
	alive := o.alive
	o.alive = nil
	o.mu.Unlock()
	for _, m := range alive {
		m.die(halfClose)
	}
	for _, m := range o.all {
		<-m.done
		_ = m.conn.Close()
	}
}

// A member is a backend that notes what it sees and answers each message it gets.
type member struct {
	town    *town
	name    string
	conn    *net.TCPConn
	writing sync.Mutex
	reading sync.Mutex // who holds it keeps the member from reading on
	stalled bool       // the town holds it
	done    chan struct{}
}

func (o *town) arrive() {
	o.t.Helper()
	conn, err := dialTCPWith(smallDialer(), o.broker.tcp)
	must(o.t, err)
	m := &member{town: o, conn: conn, done: make(chan struct{})}
	o.mu.Lock()
	m.name = fmt.Sprintf("b%d", len(o.all))
	o.all = append(o.all, m)
	o.alive = append(o.alive, m)
	o.mu.Unlock()
	o.t.Cleanup(func() {
		if o.t.Failed() {
			m.die(closed)
		}
		<-m.done
		_ = conn.Close()
	})
	go m.read()
}

func (m *member) die(kind death) {
	m.writing.Lock()
	defer m.writing.Unlock()
	switch kind {
	case halfClose:
		_ = m.conn.CloseWrite()
		_ = m.conn.SetReadDeadline(time.Now().Add(patience))
	case closed:
		_ = m.conn.Close()
	case reset:
		_ = m.conn.SetLinger(0)
		_ = m.conn.Close()
	}
	if m.stalled {
		m.stalled = false
		m.reading.Unlock()
	}
}

// write sends a line; a dead member sends nothing.
func (m *member) write(action, requestID string, params object) {
	text, _ := json.Marshal(object{"action": action, "request_id": requestID, "params": params})
	m.writing.Lock()
	defer m.writing.Unlock()
	_ = m.conn.SetWriteDeadline(time.Now().Add(patience))
	_, _ = m.conn.Write(append(text, '\n'))
}

func (m *member) read() {
	defer close(m.done)
	r := bufio.NewReader(m.conn)
	for {
		text, err := r.ReadBytes('\n')
		if err != nil { // a line in part has not been handed over
			return
		}
		l := parseLine(text)
		if l.err != nil {
			m.town.t.Errorf("%s: %v", m.name, l.err)
			return
		}
		m.reading.Lock()
		m.handle(l)
		m.reading.Unlock()
	}
}

func (m *member) handle(l line) {
	o := m.town
	switch l.action() {
	case "connection_request":
		url, _ := l.params()["url"].(string)
		name := strings.TrimPrefix(url, "/ws/")
		o.responder(m).write("response", l.requestID(),
			object{"client_id": name, "room_id": "r", "metadata": object{"name": name}})
	case "new_connection":
		o.ledger.note(m.name, l.clientID(), 0)
	case "new_message":
		number, pad, _ := strings.Cut(l.message(), " ")
		n, err := strconv.Atoi(number)
		if err != nil || len(pad) != residentPad {
			o.t.Errorf("%s received %v", m.name, l)
		}
		o.ledger.note(m.name, l.clientID(), n+1)
		m.write("message_to_connection", "1", object{"conn_id": l.clientID(), "message": m.name + " " + number})
	case "disconnected":
		o.ledger.note(m.name, l.clientID(), residentSays+1)
	case "error":
		text, _ := l.params()["error"].(string)
		if !strings.HasPrefix(text, "no backend available") && !strings.HasPrefix(text, "backend did not answer") {
			o.t.Errorf("%s: %v", m.name, l)
		}
	case "heartbeat":
	default:
		o.t.Errorf("%s: %v", m.name, l)
	}
}

// responder picks who answers a request: usually who was asked, sometimes somebody else.
func (o *town) responder(asked *member) *member {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.alive) > 0 && o.random.IntN(3) == 0 {
		return o.alive[o.random.IntN(len(o.alive))]
	}
	return asked
}

// A resident is an end client that sends numbers.
type resident struct {
	town   *town
	name   string
	client *client
	open   atomic.Bool
	said   int
}

// arrive connects, however long it takes until there is a backend.
func (r *resident) arrive() {
	c, err := r.town.broker.enter(&net.Dialer{}, "/ws/"+r.name)
	if err != nil {
		r.town.t.Error(err)
		return
	}
	r.client = c
	r.town.t.Cleanup(c.cut)
	r.open.Store(true)
}

func (r *resident) say() {
	if err := r.client.send(strconv.Itoa(r.said) + " " + strings.Repeat("x", residentPad)); err != nil {
		r.town.t.Errorf("%s: %v", r.name, err)
	}
	r.said++
}

// checkEchoes checks what the client has received: nothing twice, and the answers of each backend in order.
func (r *resident) checkEchoes() {
	last := map[string]int{}
	for {
		e, ok := r.client.events.take()
		if !ok {
			return
		}
		if e.opcode != opText {
			if e.opcode == opClose && e.code == 1000 || e.err != nil && strings.Contains(e.err.Error(), io.EOF.Error()) {
				continue
			}
			r.town.t.Errorf("%s received %v", r.name, e)
			continue
		}
		backend, number, _ := strings.Cut(e.payload, " ")
		n, err := strconv.Atoi(number)
		before, known := last[backend]
		if err != nil || known && n <= before {
			r.town.t.Errorf("%s received %q after %d of the same backend", r.name, e.payload, before)
		}
		last[backend] = n
	}
}
