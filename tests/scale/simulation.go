//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
)

// figures are what one simulation has measured. CPU times are microseconds of all threads together, garbage
// collection included.
type figures struct {
	Sessions int `json:"sessions"`
	Rooms    int `json:"rooms"`
	Cores    int `json:"cores"`

	HeapPerSession float64 `json:"heap_per_session"` // bytes, rooms and everything else of the actors included
	RSSPerSession  float64 `json:"rss_per_session"`
	RSSAfter       float64 `json:"rss_after"` // bytes, when all have gone

	SpawnCPU float64 `json:"spawn_cpu"` // per session: connect, handshake, name, room
	StopCPU  float64 `json:"stop_cpu"`
	Spawn    float64 `json:"spawn_seconds"`
	Stop     float64 `json:"stop_seconds"`

	PingCPU    float64 `json:"ping_cpu"`    // per request
	DirectCPU  float64 `json:"direct_cpu"`  // per message to a client by its name
	PrivateCPU float64 `json:"private_cpu"` // per message to a member of the room by its name
	FanOutCPU  float64 `json:"fan_out_cpu"` // per delivery
	BigCPU     float64 `json:"big_cpu"`     // per delivery in a room of bigRoom
	PingRate   float64 `json:"ping_rate"`   // per second
	FanOutRate float64 `json:"fan_out_rate"`
}

// bigRoom is how many of the sessions are moved into one room for the fan-out of a large room.
const bigRoom = 1000

// outbox counts what its client would be sent.
type outbox struct{ frames atomic.Uint64 }

// Send implements actors.Outbox.
func (o *outbox) Send(*codec.Frame) bool { o.frames.Add(1); return true }

// TrySend implements actors.Outbox.
func (o *outbox) TrySend(f *codec.Frame) bool { return o.Send(f) }

// Pending implements actors.Outbox.
func (o *outbox) Pending() int { return 0 }

// Close implements actors.Outbox.
func (o *outbox) Close(uint16, string) {}

// client is one simulated connection.
type client struct {
	session *actors.Session
	out     outbox
}

func (c *client) say(text []byte) { c.session.Message(codec.NewMessage(text, false)) }

// world is a system with its clients.
type world struct {
	sys      *actors.System
	clients  []client
	roomSize int
}

func simulate(sessions, roomSize, messages int) (figures, error) {
	f := figures{Sessions: sessions, Rooms: (sessions + roomSize - 1) / roomSize, Cores: runtime.GOMAXPROCS(0)}
	w := &world{
		sys:      actors.NewSystem(actors.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), IdentifyTimeout: 5 * time.Minute}),
		clients:  make([]client, sessions),
		roomSize: roomSize,
	}
	if err := w.sys.Start(); err != nil {
		return f, err
	}
	before := memory()

	t := start()
	w.each(sessions, w.join)
	f.Spawn, f.SpawnCPU = t.stop(sessions)
	after := memory()
	f.HeapPerSession = float64(after.heap-before.heap) / float64(sessions)
	f.RSSPerSession = float64(after.rss-before.rss) / float64(sessions)

	ping := []byte(`{"cmd":"ping","listener":"l"}`)
	f.PingRate, f.PingCPU = w.run(messages, 1, w.frames, func(i int) { w.clients[w.pick(i)].say(ping) })
	_, f.DirectCPU = w.run(messages, 1, w.frames, func(i int) {
		w.clients[w.pick(i)].say([]byte(`{"cmd":"direct","id":"` + name(w.pick(i+7)) + `","val":1}`))
	})
	_, f.PrivateCPU = w.run(messages, 2, w.frames, func(i int) {
		at := w.pick(i)
		w.clients[at].say([]byte(`{"cmd":"pmsg","id":"` + name(at) + `","val":1}`))
	})
	gmsg := []byte(`{"cmd":"gmsg","val":{"x":1,"y":2}}`)
	f.FanOutRate, f.FanOutCPU = w.run(messages/roomSize, roomSize, w.sys.Counters.FanOut.Load, func(i int) { w.clients[w.pick(i)].say(gmsg) })
	f.FanOutCPU /= float64(roomSize)
	f.FanOutRate *= float64(roomSize)

	big := min(bigRoom, sessions)
	for i := range big {
		c := &w.clients[i]
		answered := c.out.frames.Load() + 2 // the list and the status
		c.say([]byte(`{"cmd":"link","val":"big"}`))
		for c.out.frames.Load() < answered {
			runtime.Gosched()
		}
	}
	// What the others are told of the last ones may still be on its way.
	w.quiet()
	toBig := []byte(`{"cmd":"gmsg","val":{"x":1,"y":2},"rooms":"big"}`)
	_, f.BigCPU = w.run(max(1, messages/big), big, w.sys.Counters.FanOut.Load, func(i int) { w.clients[i%big].say(toBig) })
	f.BigCPU /= float64(big)

	t = start()
	w.each(sessions, func(i int) { w.clients[i].session.Closed(actors.End{Code: 1000, Cause: "peer_closed"}) })
	for w.sys.Clients().Len() > 0 {
		runtime.Gosched()
	}
	f.Stop, f.StopCPU = t.stop(sessions)
	clear(w.clients)
	time.Sleep(3 * time.Second) // empty rooms live on for a second, and the last sessions are still being taken down
	f.RSSAfter = float64(memory().rss)

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return f, w.sys.Stop(ctx)
}

// framesOfJoin is what a client is sent until it is in its room, without what it is told of others: three greetings,
// the list of the default room and a status; list and status for the name; list and status for the room.
const framesOfJoin = 9

func name(i int) string { return "client " + strconv.Itoa(i) }

func (w *world) join(i int) {
	c := &w.clients[i]
	c.session = w.sys.Connect(actors.Peer{Out: &c.out, ClientIP: "192.0.2.1", Listener: "127.0.0.1:3000"})
	c.say([]byte(`{"cmd":"handshake"}`))
	c.say([]byte(`{"cmd":"setid","val":"` + name(i) + `"}`))
	c.say([]byte(`{"cmd":"link","val":"room ` + strconv.Itoa(i/w.roomSize) + `"}`))
	for c.out.frames.Load() < framesOfJoin {
		runtime.Gosched()
	}
}

// pick spreads consecutive numbers over all clients.
func (w *world) pick(i int) int { return int(uint64(i) * 2654435761 % uint64(len(w.clients))) }

// each calls f for all numbers below n, on one goroutine per core.
func (w *world) each(n int, f func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for {
				const chunk = 64
				from := int(next.Add(chunk)) - chunk
				if from >= n {
					return
				}
				for i := from; i < min(from+chunk, n); i++ {
					f(i)
				}
			}
		})
	}
	all.Wait()
}

// run sends n messages, each of which leads to so many of what is counted, and returns the rate and the CPU per message.
func (w *world) run(n, each int, counted func() uint64, f func(i int)) (rate, cpu float64) {
	want := counted() + uint64(n*each)
	t := start()
	w.each(n, f)
	if err := settled(counted, want); err != nil {
		panic(err)
	}
	seconds, cpu := t.stop(n)
	return float64(n) / seconds, cpu
}

func (w *world) frames() (n uint64) {
	for i := range w.clients {
		n += w.clients[i].out.frames.Load()
	}
	return n
}

// quiet waits until nothing is sent any more.
func (w *world) quiet() {
	for last := uint64(0); last != w.frames(); time.Sleep(20 * time.Millisecond) {
		last = w.frames()
	}
}

// settled waits until so many were counted.
func settled(counted func() uint64, want uint64) error {
	for end := time.Now().Add(10 * time.Minute); counted() < want; {
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d", counted(), want)
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}
