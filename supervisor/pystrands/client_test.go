package pystrands

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/skeinhq/skein/supervisor"
)

// What the Python library's README shows, in Go, against a real broker.
func TestLife(t *testing.T) {
	_, url, addr := startBroker(t, supervisor.PyStrandsOptions{})
	c := New(Options{Addrs: []string{addr}, Logger: quiet})
	events := make(chan string, 100)
	c.OnConnectionRequest(func(r *ConnectionRequest) {
		if r.URL != "/ws/room é" || r.Query != "token=t" || r.Headers.Get("X-Test") != "1" || r.Host == "" || r.RemoteAddr == "" ||
			r.ClientID == "" || r.RoomID != r.URL || !r.Accepted {
			t.Errorf("%+v", r)
		}
		r.ClientID, r.RoomID, r.Subprotocol = "new_client_id", "new_room", "chat"
		r.Metadata = map[string]any{"name": "John Doe", "big": int64(1234567890123456789)}
	})
	c.OnNewConnection(func(ctx *Context) {
		m := ctx.Metadata()
		events <- fmt.Sprint("new ", ctx.ClientID, " ", ctx.RoomID, " ", m["name"], " ", m["big"])
		ctx.Reply("Welcome to the room! " + m["name"].(string))
	})
	c.OnMessage(func(m Message, ctx *Context) {
		var meta struct{ Name string }
		if err := ctx.DecodeMetadata(&meta); err != nil || meta.Name != "John Doe" {
			t.Errorf("%+v %v", meta, err)
		}
		events <- fmt.Sprintf("message %.10s %v %d", m.Text, m.Binary, len(m.Bytes()))
		ctx.ReplyToRoom(m.Text)
	})
	c.OnDisconnect(func(ctx *Context) { events <- "gone " + ctx.ClientID })
	run(t, c)
	var p *page
	eventually(t, "connected", func() bool {
		var err error
		p, err = dial(t, url+"/ws/room%20%C3%A9?token=t", ws.HandshakeHeaderHTTP(http.Header{"X-Test": {"1"}}))
		return err == nil
	})
	p.hear("Welcome to the room! John Doe")
	long := strings.Repeat("ü€😀", 50_000)
	p.say(long)
	p.hear(long)
	if err := wsutil.WriteClientBinary(p.nc, []byte{0xff, 0}); err != nil {
		t.Fatal(err)
	}
	p.hear("\ufffd\x00")
	for _, err := range []error{
		c.SendPrivateMessage("new_client_id", "private"), c.SendPrivateMessage("nobody", "lost"),
		c.SendRoomMessage("new_room", "room"), c.BroadcastMessage("all \" \n é"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	for _, want := range []string{"private", "room", "all \" \n é"} {
		p.hear(want)
	}
	p.nc.Close()
	for _, want := range []string{
		"new new_client_id new_room John Doe 1234567890123456789", "message ü€😀ü€😀ü€😀ü false 450000", "message \ufffd\x00 true 2",
		"gone new_client_id",
	} {
		if got := receive(t, events, want); got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}

func TestRefuse(t *testing.T) {
	_, url, addr := startBroker(t, supervisor.PyStrandsOptions{})
	c := New(Options{Addrs: []string{addr}, Logger: quiet})
	failed := make(chan error, 10)
	c.OnError(func(err error, _ *Context) { failed <- err })
	c.OnConnectionRequest(func(r *ConnectionRequest) {
		switch r.URL {
		case "/ws/no":
			r.Accepted = false
		case "/ws/panic":
			panic("oops")
		case "/ws/metadata":
			r.Metadata = func() {}
		}
	})
	if err := c.Connect(patient(t)); err != nil {
		t.Fatal(err)
	}
	run(t, c)
	for _, path := range []string{"/ws/no", "/ws/panic", "/ws/metadata"} {
		var status ws.StatusError
		if _, err := dial(t, url+path, nil); !errors.As(err, &status) || int(status) != http.StatusForbidden {
			t.Errorf("%s: %v", path, err)
		}
	}
	open(t, url+"/ws/yes")
	var panicked *PanicError
	if err := receive(t, failed, "an error"); !errors.As(err, &panicked) || panicked.Callback != "OnConnectionRequest" || panicked.Value != "oops" {
		t.Errorf("%v", err)
	}
	if err := receive(t, failed, "an error"); !strings.Contains(err.Error(), "metadata") {
		t.Errorf("%v", err)
	}
}

// Connect, then Run, hold one connection, not two.
func TestConnectThenRun(t *testing.T) {
	srv, _, addr := startBroker(t, supervisor.PyStrandsOptions{})
	c := New(Options{Addrs: []string{addr}, Connections: 3, Logger: quiet})
	if err := c.BroadcastMessage("x"); !errors.Is(err, ErrNotConnected) {
		t.Error(err)
	}
	if err := c.Connect(patient(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.Connect(patient(t)); !errors.Is(err, ErrConnected) {
		t.Error(err)
	}
	if err := c.BroadcastMessage("x"); err != nil {
		t.Error(err)
	}
	done := make(chan error)
	go func() { done <- c.Run(context.Background()) }()
	eventually(t, "attached", func() bool { return srv.Broker.Backends.Load() == 3 })
	c.Disconnect()
	c.Disconnect()
	if err := receive(t, done, "Run"); err != nil {
		t.Error(err)
	}
	if err := c.BroadcastMessage("x"); !errors.Is(err, ErrNotConnected) {
		t.Error(err)
	}
	if err := c.Connect(patient(t)); !errors.Is(err, ErrDisconnected) {
		t.Error(err)
	}
	eventually(t, "gone", func() bool { return srv.Broker.Backends.Load() == 0 })
}

func TestConnectFails(t *testing.T) {
	b := newFakeBroker(t)
	b.ln.Close()
	c := New(Options{Addrs: []string{b.addr()}, Logger: quiet})
	if err := c.Connect(patient(t)); err == nil {
		t.Error("no error")
	}
	c = New(Options{Addrs: []string{b.addr()}, ReconnectDelay: -1, Logger: quiet})
	if err := c.Run(patient(t)); err == nil {
		t.Error("no error")
	}
}

func TestToken(t *testing.T) {
	srv, url, addr := startBroker(t, supervisor.PyStrandsOptions{BackendToken: "se\"cret"})
	wrong := New(Options{Addrs: []string{addr}, Token: "wrong", Logger: quiet})
	if err := wrong.Connect(patient(t)); !errors.Is(err, ErrTokenRefused) {
		t.Error(err)
	}
	c := New(Options{Addrs: []string{addr}, Token: "se\"cret", Logger: quiet})
	if err := c.Connect(patient(t)); err != nil {
		t.Fatal(err)
	}
	run(t, c)
	open(t, url+"/ws/x")
	if n := srv.Broker.Backends.Load(); n != 1 {
		t.Errorf("%d backends", n)
	}
}

// A lost connection is opened again, with pauses that grow.
func TestReconnect(t *testing.T) {
	b := newFakeBroker(t)
	c := New(Options{Addrs: []string{b.addr()}, ReconnectDelay: time.Millisecond, MaxReconnectDelay: 4 * time.Millisecond, Logger: quiet})
	lost, connected := make(chan error, 10), make(chan string, 10)
	c.OnConnected(func(addr string) { connected <- addr })
	c.OnConnectionLost(func(_ string, err error) { lost <- err })
	run(t, c)
	for range 3 {
		cn := b.accept()
		receive(t, connected, "OnConnected")
		if err := c.SendRoomMessage("r", "m"); err != nil {
			t.Error(err)
		}
		if got := cn.hear(); got != `{"action":"message_to_room","params":{"room_id":"r","message":"m"}}` {
			t.Error(got)
		}
		cn.nc.Close()
		if err := receive(t, lost, "OnConnectionLost"); err == nil {
			t.Error("lost without an error")
		}
	}
}

func TestSilence(t *testing.T) {
	b := newFakeBroker(t)
	c := New(Options{Addrs: []string{b.addr()}, SilenceTimeout: 20 * time.Millisecond, ReconnectDelay: time.Millisecond, Logger: quiet})
	run(t, c)
	b.accept()
	b.accept() // because nothing came over the first
}

func TestOddLines(t *testing.T) {
	b := newFakeBroker(t)
	c := New(Options{Addrs: []string{b.addr()}, MaxLine: 1 << 20, Logger: quiet})
	failed, messages := make(chan error, 10), make(chan string, 10)
	c.OnError(func(err error, _ *Context) { failed <- err })
	c.OnMessage(func(m Message, _ *Context) {
		messages <- m.Text
		if m.Text == "panic" {
			panic(m.Text)
		}
	})
	run(t, c)
	cn := b.accept()
	cn.say(`nonsense`)
	cn.say(`{"action":5}`)
	cn.say(`[]`)
	cn.say("  \r")
	cn.say(`{"action":"something new","params":{"x":1},"y":[]}`)
	cn.say(`{"request_id":"heartbeat","action":"heartbeat","params":{}}`)
	cn.say(`{"action":"new_message","params":{"context":{"client_id":"c"},"message":"panic"}}`)
	cn.say(`{"action":"new_message","params":{"context":{"client_id":"c","metadata":null},"message":%q}}`+"\r", strings.Repeat("x", 200_000))
	cn.say(`{"action":"error","params":{"error":"no backend available","context":{"url":"/ws/x","remote_addr":"1.2.3.4:5","headers":{}}}}`)
	cn.say(`{"action":"error","params":{"error":"the line is not JSON","context":{}}}`)
	for range 3 {
		var bad *LineError
		if err := receive(t, failed, "an error"); !errors.As(err, &bad) {
			t.Error(err)
		}
	}
	if m := receive(t, messages, "a message"); m != "panic" {
		t.Error(m)
	}
	var panicked *PanicError
	if err := receive(t, failed, "an error"); !errors.As(err, &panicked) {
		t.Error(err)
	}
	if m := receive(t, messages, "a message"); len(m) != 200_000 {
		t.Error(m)
	}
	for _, want := range []string{"broker: no backend available (client 1.2.3.4:5, /ws/x)", "broker: the line is not JSON"} {
		if err := receive(t, failed, "an error"); err.Error() != want {
			t.Errorf("%v instead of %s", err, want)
		}
	}
	cn.say(`{"x":"%s"}`, strings.Repeat("x", 2<<20)) // over the limit: the connection is given up
	b.accept()
}

// A broker that does not read makes sends fail, not wait.
func TestQueueFull(t *testing.T) {
	b := newFakeBroker(t)
	c := New(Options{Addrs: []string{b.addr()}, QueueBytes: 1 << 20, Logger: quiet})
	if err := c.Connect(patient(t)); err != nil {
		t.Fatal(err)
	}
	cn := b.accept()
	big := strings.Repeat("x", 1<<19)
	eventually(t, "full", func() bool { return errors.Is(c.BroadcastMessage(big), ErrQueueFull) })
	cn.nc.Close()
	c.Disconnect()
	run(t, c)
}

// What was sent before Disconnect is written.
func TestDisconnectWritesWhatWaits(t *testing.T) {
	b := newFakeBroker(t)
	c := New(Options{Addrs: []string{b.addr()}, Logger: quiet})
	if err := c.Connect(patient(t)); err != nil {
		t.Fatal(err)
	}
	cn := b.accept()
	const n = 20
	big := strings.Repeat("x", 300_000)
	for range n {
		if err := c.BroadcastMessage(big); err != nil {
			t.Fatal(err)
		}
	}
	c.Disconnect()
	for range n {
		if got := cn.hear(); len(got) < len(big) {
			t.Fatal(got)
		}
	}
	if cn.in.Scan() {
		t.Error("more lines")
	}
	run(t, c)
}

// Lines of many goroutines do not get mixed up, and those of one stay in order.
func TestConcurrentSends(t *testing.T) {
	b := newFakeBroker(t)
	c := New(Options{Addrs: []string{b.addr()}, Logger: quiet})
	if err := c.Connect(patient(t)); err != nil {
		t.Fatal(err)
	}
	run(t, c)
	cn := b.accept()
	const senders, each = 8, 200
	for i := range senders {
		go func() {
			for n := range each {
				if err := c.SendPrivateMessage(fmt.Sprint(i), fmt.Sprint(n)); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	next := map[string]int{}
	for range senders * each {
		line := cn.hear()
		var i string
		var n int
		if _, err := fmt.Sscanf(line, `{"action":"message_to_connection","params":{"conn_id":%q,"message":"%d"}}`, &i, &n); err != nil || n != next[i] {
			t.Fatalf("%s (%v), expected %d", line, err, next[i])
		}
		next[i]++
	}
}

// Disconnect and sends work in callbacks.
func TestDisconnectInCallback(t *testing.T) {
	b := newFakeBroker(t)
	c := New(Options{Addrs: []string{b.addr()}, Logger: quiet})
	c.OnMessage(func(_ Message, ctx *Context) {
		ctx.Reply("bye")
		c.Disconnect()
	})
	run(t, c)
	cn := b.accept()
	cn.say(`{"action":"new_message","params":{"context":{"client_id":"c"},"message":"x"}}`)
	cn.say(`{"action":"new_message","params":{"context":{"client_id":"c"},"message":"x"}}`)
	if got := cn.hear(); !strings.Contains(got, `"bye"`) {
		t.Error(got)
	}
	if cn.in.Scan() {
		t.Errorf("a second answer: %s", cn.in.Text())
	}
}

func BenchmarkEcho(b *testing.B) {
	broker := newFakeBroker(b)
	c := New(Options{Addrs: []string{broker.addr()}, Logger: quiet, QueueBytes: 1 << 30})
	c.OnMessage(func(m Message, ctx *Context) { ctx.Reply(m.Text) })
	if err := c.Connect(patient(b)); err != nil {
		b.Fatal(err)
	}
	run(b, c)
	cn := broker.accept()
	cn.nc.SetDeadline(time.Time{})
	line := []byte(`{"request_id":"6285f22c-0692-43c3-9c16-622aaef6eb03","action":"new_message","params":{"context":{"client_id":"c1","metadata":{},"room_id":"r1"},"message":"hello"}}` + "\n")
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		for range b.N {
			if _, err := cn.nc.Write(line); err != nil {
				return
			}
		}
	}()
	for range b.N {
		cn.hear()
	}
}
