package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor"
)

const (
	witnesses  = 200 // clients that must not notice
	rooms      = 10
	panics     = 1000
	numbered   = 100 // messages that each witness sends
	patience   = 2 * time.Minute
	victimName = "victim"
)

// TestPanics injects 1,000 panics into handlers, sessions and rooms while 200 other clients send numbered messages to
// the very rooms that fail. Each of them must see every message of its room once, the messages of each sender in order,
// and all of them the same order.
func TestPanics(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	srv := start(t, supervisor.Options{})
	srv.CL4().OnCommand("explode", func(*actors.Client, cl4.Message) error { panic("injected") })

	all := make([]*witness, witnesses)
	for i := range all {
		all[i] = join(ctx, t, srv, fmt.Sprintf("w%d", i), fmt.Sprintf("room%d", i%rooms))
	}
	done := make(chan struct{})
	var injecting sync.WaitGroup
	for n := range 4 {
		injecting.Go(func() { inject(ctx, t, srv, n, panics/4) })
	}
	var talking sync.WaitGroup
	for _, w := range all {
		talking.Go(w.listen)
		talking.Go(w.talk)
	}
	go func() { talking.Wait(); close(done) }()
	injecting.Wait()
	<-done

	seen := make(map[string][]string) // by room, what the first witness saw
	for _, w := range all {
		if w.err != nil {
			t.Fatalf("%s: %v", w.name, w.err)
		}
		w.check(t)
		if first, ok := seen[w.room]; !ok {
			seen[w.room] = w.got
		} else if strings.Join(first, " ") != strings.Join(w.got, " ") {
			t.Errorf("%s saw another order in %s than others did", w.name, w.room)
		}
		w.conn.Close()
	}
	c := &srv.Counters
	if n := c.HandlerPanics.Load() + c.SessionPanics.Load() + c.RoomPanics.Load(); n < panics {
		t.Errorf("only %d panics were counted", n)
	}
	t.Logf("panics: %d in handlers, %d in sessions, %d in rooms", c.HandlerPanics.Load(), c.SessionPanics.Load(), c.RoomPanics.Load())
}

// inject makes n things fail.
func inject(ctx context.Context, t *testing.T, srv *supervisor.Server, seed, n int) {
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	name := fmt.Sprintf("%s%d", victimName, seed)
	v := join(ctx, t, srv, name, "victims")
	for range n {
		switch random.IntN(3) {
		case 0: // a handler: its client gets E:105 and goes on
			v.send(map[string]any{"cmd": "explode", "listener": "x"})
			if m := v.next("statuscode"); m.CodeID != 105 || m.Listener != "x" {
				t.Errorf("a handler's panic was answered with %+v", m)
			}
		case 1: // a session: its client is closed with 1011
			clients, err := srv.Clients().ByUsername(name)
			if err != nil {
				t.Error(err)
				return
			}
			for _, c := range clients {
				srv.CrashSession(c)
			}
			for v.err == nil {
				v.read()
			}
			if !websocket.IsCloseError(v.err, websocket.CloseInternalServerErr) {
				t.Errorf("a session's panic ended its client with %v", v.err)
			}
			v = join(ctx, t, srv, name, "victims")
		case 2: // a room that the others are using
			if err := srv.Rooms(actors.CL4).CrashRoom(fmt.Sprintf("room%d", random.IntN(rooms))); err != nil {
				t.Error(err)
			}
		}
	}
	v.conn.Close()
}

// witness is a client that sends numbered messages to its room and notes what it receives.
type witness struct {
	name, room string
	conn       *websocket.Conn
	got        []string
	err        error
}

// message is what the tests look at.
type message struct {
	Cmd      string `json:"cmd"`
	CodeID   int    `json:"code_id"`
	Listener any    `json:"listener"`
	Val      any    `json:"val"`
}

func start(t *testing.T, o supervisor.Options) *supervisor.Server {
	t.Helper()
	o.Listen = []string{"127.0.0.1:0"}
	o.Logger = slog.New(slog.DiscardHandler)
	srv := supervisor.New(o)
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Stop(); err != nil {
			t.Error(err)
		}
	})
	return srv
}

// join connects a client and links it to a room.
func join(ctx context.Context, t *testing.T, srv *supervisor.Server, name, room string) *witness {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(ctx, srv.Listeners()[0].URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	deadline, _ := ctx.Deadline()
	_ = conn.SetReadDeadline(deadline)
	w := &witness{name: name, room: room, conn: conn}
	w.send(map[string]any{"cmd": "setid", "val": name, "listener": "name"})
	w.send(map[string]any{"cmd": "link", "val": room, "listener": "link"})
	for {
		m := w.next("statuscode")
		if w.err != nil {
			t.Fatalf("%s: %v", name, w.err)
		}
		if m.Listener == "link" {
			return w
		}
	}
}

func (w *witness) send(v any) {
	b, err := json.Marshal(v)
	if err == nil {
		err = w.conn.WriteMessage(websocket.TextMessage, b)
	}
	if err != nil && w.err == nil {
		w.err = err
	}
}

// read returns the next message, whatever it is.
func (w *witness) read() (m message) {
	_, b, err := w.conn.ReadMessage()
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil && w.err == nil {
		w.err = err
	}
	return m
}

// next returns the next message of a command.
func (w *witness) next(cmd string) message {
	for w.err == nil {
		if m := w.read(); m.Cmd == cmd {
			return m
		}
	}
	return message{}
}

func (w *witness) talk() {
	for i := range numbered {
		b, _ := json.Marshal(map[string]any{"cmd": "gmsg", "val": fmt.Sprintf("%s:%d", w.name, i)})
		if w.conn.WriteMessage(websocket.TextMessage, b) != nil {
			return // listen says why
		}
	}
}

func (w *witness) listen() {
	for want := witnesses / rooms * numbered; len(w.got) < want && w.err == nil; {
		if m := w.next("gmsg"); w.err == nil {
			w.got = append(w.got, m.Val.(string))
		}
	}
}

// check reports lost, doubled and reordered messages.
func (w *witness) check(t *testing.T) {
	t.Helper()
	next := make(map[string]int)
	for _, val := range w.got {
		sender, number, _ := strings.Cut(val, ":")
		if want := fmt.Sprint(next[sender]); number != want {
			t.Errorf("%s got %s, expected number %s of that sender", w.name, val, want)
		}
		next[sender]++
	}
	if len(next) != witnesses/rooms {
		t.Errorf("%s heard of %d senders, not of %d", w.name, len(next), witnesses/rooms)
	}
}
