// Command gws is a hub on lxzan/gws: one goroutine per connection that reads, and the library's broadcaster, which
// writes from a queue per connection.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"

	"github.com/lxzan/gws"

	"github.com/skeinhq/skein/tests/bench/minicl4"
)

// A hub is the rooms, under one lock.
type hub struct {
	gws.BuiltinEventHandler
	mu    sync.Mutex
	rooms map[string]map[*gws.Conn]bool
	of    map[*gws.Conn]string
	echo  bool
}

func main() {
	listen := flag.String("listen", "127.0.0.1:3102", "address")
	echo := flag.Bool("echo", false, "send every message back instead of speaking CloudLink 4")
	flag.Parse()
	h := &hub{rooms: map[string]map[*gws.Conn]bool{}, of: map[*gws.Conn]string{}, echo: *echo}
	up := gws.NewUpgrader(h, &gws.ServerOption{})
	ln, err := net.Listen("tcp", *listen)
	if err == nil {
		fmt.Printf("ws://%s/\n", *listen)
		err = http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/gc" { // before memory is measured
				runtime.GC()
				return
			}
			c, err := up.Upgrade(w, r)
			if err == nil {
				go c.ReadLoop() // not on net/http's goroutine: its stack and buffers go away
			}
		}))
	}
	fmt.Fprintln(os.Stderr, "gws:", err)
	os.Exit(1)
}

// OnOpen puts a client into the default room.
func (h *hub) OnOpen(c *gws.Conn) { h.join(c, minicl4.DefaultRoom) }

// OnClose takes it out of its room.
func (h *hub) OnClose(c *gws.Conn, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.rooms[h.of[c]], c)
	delete(h.of, c)
}

// OnMessage answers or fans out.
func (h *hub) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	msg := m.Bytes()
	if h.echo {
		_ = c.WriteMessage(m.Opcode, msg)
		return
	}
	kind, name := minicl4.Read(msg)
	switch kind {
	case minicl4.Fanout:
		b := gws.NewBroadcaster(gws.OpcodeText, append([]byte(nil), msg...))
		defer b.Close()
		h.mu.Lock()
		defer h.mu.Unlock()
		for c := range h.rooms[string(name)] {
			_ = b.Broadcast(c)
		}
		return
	case minicl4.Link:
		h.join(c, string(name))
	}
	_ = c.WriteMessage(gws.OpcodeText, minicl4.AppendAnswer(nil, msg))
}

func (h *hub) join(c *gws.Conn, to string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.rooms[h.of[c]], c)
	if h.rooms[to] == nil {
		h.rooms[to] = map[*gws.Conn]bool{}
	}
	h.rooms[to][c], h.of[c] = true, to
}
