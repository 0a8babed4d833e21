// Command gorilla is the usual hub on gorilla/websocket: a goroutine that reads and one that writes per connection,
// with a channel between hub and writer.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/tests/bench/minicl4"
)

// sendBuffer is how many messages may wait for a client before it is dropped.
const sendBuffer = 256

type client struct {
	conn *websocket.Conn
	send chan *websocket.PreparedMessage
}

// A hub is the rooms, under one lock.
type hub struct {
	mu    sync.Mutex
	rooms map[string]map[*client]bool
	echo  bool
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

func main() {
	listen := flag.String("listen", "127.0.0.1:3101", "address")
	echo := flag.Bool("echo", false, "send every message back instead of speaking CloudLink 4")
	flag.Parse()
	h := &hub{rooms: map[string]map[*client]bool{}, echo: *echo}
	ln, err := net.Listen("tcp", *listen)
	if err == nil {
		fmt.Printf("ws://%s/\n", *listen)
		err = http.Serve(ln, h)
	}
	fmt.Fprintln(os.Stderr, "gorilla:", err)
	os.Exit(1)
}

// ServeHTTP upgrades and serves one client. Reading moves to a goroutine of its own, so that the stack and the
// buffers of net/http go away.
func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/gc" { // before memory is measured
		runtime.GC()
		return
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &client{conn: conn, send: make(chan *websocket.PreparedMessage, sendBuffer)}
	go h.read(c)
	go c.write()
}

func (h *hub) read(c *client) {
	room := minicl4.DefaultRoom
	h.join(c, "", room)
	defer func() {
		h.mu.Lock()
		delete(h.rooms[room], c)
		close(c.send)
		h.mu.Unlock()
	}()
	for {
		op, msg, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		if h.echo {
			h.post(c, op, msg)
			continue
		}
		kind, name := minicl4.Read(msg)
		switch kind {
		case minicl4.Fanout:
			h.fanout(string(name), msg)
			continue
		case minicl4.Link:
			h.join(c, room, string(name))
			room = string(name)
		}
		h.post(c, websocket.TextMessage, minicl4.AppendAnswer(nil, msg))
	}
}

func (c *client) write() {
	defer c.conn.Close()
	for m := range c.send {
		if c.conn.WritePreparedMessage(m) != nil {
			return
		}
	}
}

func (h *hub) join(c *client, from, to string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.rooms[from], c)
	if h.rooms[to] == nil {
		h.rooms[to] = map[*client]bool{}
	}
	h.rooms[to][c] = true
}

func (h *hub) post(c *client, op int, msg []byte) {
	if m, err := websocket.NewPreparedMessage(op, msg); err == nil {
		c.send <- m
	}
}

func (h *hub) fanout(room string, msg []byte) {
	m, err := websocket.NewPreparedMessage(websocket.TextMessage, msg)
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.rooms[room] {
		select {
		case c.send <- m:
		default: // too slow
			c.conn.Close()
		}
	}
}
