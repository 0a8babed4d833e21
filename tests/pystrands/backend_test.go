package pystrands

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

type object = map[string]any

// A line is what a backend receives: one JSON object, or the end of the connection.
type line struct {
	text  string // with its newline
	value object
	err   error
}

func (l line) String() string {
	if l.err != nil {
		return fmt.Sprintf("the end of the connection (%v)", l.err)
	}
	return strings.TrimSuffix(l.text, "\n")
}

func (l line) action() string {
	s, _ := l.value["action"].(string)
	return s
}

func (l line) requestID() string {
	s, _ := l.value["request_id"].(string)
	return s
}

func (l line) params() object {
	p, _ := l.value["params"].(object)
	return p
}

func (l line) message() string {
	s, _ := l.params()["message"].(string)
	return s
}

func (l line) clientID() string {
	c, _ := l.params()["context"].(object)
	s, _ := c["client_id"].(string)
	return s
}

// parseLine reads a line that the broker has written.
func parseLine(text []byte) line {
	l := line{text: string(text)}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&l.value); err != nil {
		l.err = fmt.Errorf("a line that is no JSON object: %w: %.200q", err, text)
		return l
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		l.err = fmt.Errorf("more than one value in a line: %.200q", text)
	}
	return l
}

// isASCII says whether a line has the form that the Python library cannot damage: every byte below 0x80, one newline,
// at the end.
func (l line) isASCII() bool {
	return strings.IndexFunc(l.text, func(r rune) bool { return r >= 0x80 }) < 0 &&
		strings.IndexByte(l.text, '\n') == len(l.text)-1
}

// A backend is a raw connection to the backend port with a queue of the lines it has received, heartbeats left out.
type backend struct {
	conn       *net.TCPConn
	lines      *queue[line]
	heartbeats *queue[line]
	writing    sync.Mutex
	reading    sync.Mutex // who holds it keeps the backend from reading on
	done       chan struct{}
}

// connectBackend opens a backend connection and reads from it until its end.
func connectBackend(address string) (*backend, error) {
	conn, err := dialTCP(address)
	if err != nil {
		return nil, err
	}
	b := &backend{conn: conn, lines: newQueue[line](), heartbeats: newQueue[line](), done: make(chan struct{})}
	go b.read()
	return b, nil
}

// backend opens a backend connection that the test's end closes.
func (b *broker) backend(t testing.TB) *backend {
	t.Helper()
	c, err := connectBackend(b.tcp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

// attach opens a backend connection and returns when the broker gives it work: the newest backend is asked first, so a
// connection request that it refuses shows that it is attached. The broker may have another backend, which is asked
// until then.
func (b *broker) attach(t testing.TB, other ...*backend) *backend {
	t.Helper()
	c := b.backend(t)
	if upstreamSide() {
		time.Sleep(afterConnect)
		return c
	}
	must(t, c.sendText(`{"action":"heartbeat"}`+"\n")) // a valid line attaches at once
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if b.refusesOne(t, append(other, c)) {
			return c
		}
	}
	t.Fatal("the backend is not attached")
	return nil
}

// refusesOne lets an end client in front ask, and says whether the last of the backends was asked and has refused it.
func (b *broker) refusesOne(t testing.TB, backends []*backend) bool {
	t.Helper()
	if len(backends) > 2 {
		t.Fatal("more than one other backend")
	}
	probe := b.client(t, "/ws/attach")
	defer probe.cut()
	status := make(chan int, 1)
	go func() {
		code, _ := probe.status(patience)
		status <- code
	}()
	first, last := backends[0], backends[len(backends)-1]
	var asked *backend
	for {
		for _, c := range backends {
			for l, ok := c.lines.take(); ok; l, ok = c.lines.take() {
				if l.action() == "connection_request" {
					asked = c
					must(t, c.send("response", l.requestID(), object{"accepted": false}))
				}
			}
		}
		select {
		case <-first.lines.more:
		case <-last.lines.more:
		case code := <-status:
			if code != http.StatusForbidden && code != http.StatusServiceUnavailable {
				t.Fatalf("HTTP status %d for a refused client", code)
			}
			return code == http.StatusForbidden && asked == last
		}
	}
}

func (c *backend) read() {
	defer close(c.done)
	r := bufio.NewReaderSize(c.conn, 1<<16)
	for {
		text, err := r.ReadBytes('\n')
		if err != nil {
			c.lines.push(line{err: err})
			return
		}
		c.reading.Lock()
		l := parseLine(text)
		c.reading.Unlock()
		if l.action() == "heartbeat" {
			c.heartbeats.push(l)
			continue
		}
		c.lines.push(l)
	}
}

// close ends the connection and waits for its reader.
func (c *backend) close() {
	_ = c.conn.Close()
	<-c.done
}

// sendText writes bytes as they are.
func (c *backend) sendText(text string) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.conn.SetWriteDeadline(time.Now().Add(patience))
	_, err := io.WriteString(c.conn, text)
	return err
}

// send writes one line.
func (c *backend) send(action, requestID string, params any) error {
	text, err := json.Marshal(object{"action": action, "request_id": requestID, "params": params})
	if err != nil {
		return err
	}
	return c.sendText(string(text) + "\n")
}

// private, room and broadcast send a text to end clients.
func (c *backend) private(id, message string) error {
	return c.send("message_to_connection", "1", object{"conn_id": id, "message": message})
}

func (c *backend) room(id, message string) error {
	return c.send("message_to_room", "1", object{"room_id": id, "message": message})
}

func (c *backend) broadcast(message string) error {
	return c.send("broadcast", "1", object{"message": message})
}

// accept answers a connection request.
func (c *backend) accept(requestID, clientID, roomID string, metadata any) error {
	return c.send("response", requestID,
		object{"accepted": true, "client_id": clientID, "room_id": roomID, "metadata": metadata})
}

// expect returns the next line, which must have this action.
func (c *backend) expect(t testing.TB, action string) line {
	t.Helper()
	l, ok := c.lines.next(patience)
	if !ok {
		t.Fatalf("no %s came", action)
	}
	if l.err != nil || l.action() != action {
		t.Fatalf("%v came instead of %s", l, action)
	}
	return l
}

// expectMessage returns the next line, which must be a message of this client.
func (c *backend) expectMessage(t testing.TB, clientID, message string) line {
	t.Helper()
	l := c.expect(t, "new_message")
	if l.clientID() != clientID || l.message() != message {
		t.Fatalf("%v came instead of %q of %s", l, message, clientID)
	}
	return l
}

// must ends the test when something that has to work does not.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
