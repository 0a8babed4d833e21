package pystrands

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// Opcodes of RFC 6455.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// An event is what an end client sees next: the HTTP answer, a message, a Close frame, or the end of the connection.
type event struct {
	status  int
	opcode  byte // opText, opBinary or opClose
	payload string
	code    int // of a Close frame
	err     error
}

func (e event) String() string {
	switch {
	case e.err != nil:
		return fmt.Sprintf("the end of the connection (%v)", e.err)
	case e.status != 0:
		return fmt.Sprintf("HTTP status %d", e.status)
	case e.opcode == opClose:
		return fmt.Sprintf("a Close frame with code %d", e.code)
	case e.opcode == opBinary:
		return fmt.Sprintf("a binary frame %.200q", e.payload)
	default:
		return fmt.Sprintf("the text %.200q", e.payload)
	}
}

// A client is an end client whose every byte the test controls.
type client struct {
	conn    *net.TCPConn
	events  *queue[event]
	writing sync.Mutex
	closing bool // a Close frame has been sent
	done    chan struct{}
}

// handshake is an opening handshake. Extra header lines may replace Host.
func handshake(path string, extra ...[2]string) string {
	var b strings.Builder
	host := true
	for _, h := range extra {
		host = host && !strings.EqualFold(h[0], "Host")
	}
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\n", path)
	if host {
		b.WriteString("Host: 127.0.0.1\r\n")
	}
	b.WriteString("Upgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n")
	for _, h := range extra {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	return b.String() + "\r\n"
}

// sendRequest connects, sends a request and leaves the answer to the caller.
func sendRequest(dialer *net.Dialer, address, request string) (*net.TCPConn, error) {
	conn, err := dialTCPWith(dialer, address)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(conn, request); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// connectClient sends a request and reads until the connection ends.
func connectClient(address, request string) (*client, error) {
	return connectClientWith(&net.Dialer{}, address, request)
}

func connectClientWith(dialer *net.Dialer, address, request string) (*client, error) {
	conn, err := sendRequest(dialer, address, request)
	if err != nil {
		return nil, err
	}
	c := &client{conn: conn, events: newQueue[event](), done: make(chan struct{})}
	go c.read()
	return c, nil
}

// enter connects, again and again while there is no backend or none that answers.
func (b *broker) enter(dialer *net.Dialer, path string, extra ...[2]string) (*client, error) {
	for deadline := time.Now().Add(patience); ; {
		c, err := connectClientWith(dialer, b.ws, handshake(path, extra...))
		if err != nil {
			return nil, err
		}
		status, err := c.status(patience)
		if err == nil && status == http.StatusSwitchingProtocols {
			return c, nil
		}
		c.cut()
		again := status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
		if err != nil || !again || time.Now().After(deadline) {
			return nil, fmt.Errorf("%s: HTTP status %d (%v)", path, status, err)
		}
	}
}

// client starts a handshake. The test's end closes the connection.
func (b *broker) client(t testing.TB, path string, extra ...[2]string) *client {
	t.Helper()
	return b.request(t, handshake(path, extra...))
}

// request sends any text to the port for end clients.
func (b *broker) request(t testing.TB, text string) *client {
	t.Helper()
	c, err := connectClient(b.ws, text)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.cut)
	return c
}

// join connects an end client whose request reaches one of the backends, which accepts it. It returns when the backend
// has heard of the connection.
func (b *broker) join(t testing.TB, by *backend, clientID, roomID string) *client {
	t.Helper()
	c := b.client(t, "/ws/join")
	must(t, by.accept(by.expect(t, "connection_request").requestID(), clientID, roomID, object{}))
	c.expectStatus(t, http.StatusSwitchingProtocols)
	if l := by.expect(t, "new_connection"); l.clientID() != clientID {
		t.Fatalf("%v came instead of new_connection of %s", l, clientID)
	}
	return c
}

func (c *client) read() {
	defer close(c.done)
	c.events.push(event{err: c.readAll(bufio.NewReaderSize(c.conn, 4<<10))})
}

func (c *client) readAll(r *bufio.Reader) error {
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	c.events.push(event{status: answer.StatusCode})
	if answer.StatusCode != http.StatusSwitchingProtocols {
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		_ = c.conn.Close()
		return io.EOF
	}
	var whole event
	for {
		fin, opcode, payload, err := readFrame(r)
		if err != nil {
			return err
		}
		switch opcode {
		case opPing:
			if err := c.sendFrame(opPong, payload); err != nil {
				return err
			}
		case opPong:
		case opClose:
			e := event{opcode: opClose, code: 1005}
			if len(payload) >= 2 {
				e.code = int(binary.BigEndian.Uint16(payload))
			}
			c.events.push(e)
			_ = c.sendFrame(opClose, payload)
		default:
			if opcode != opContinuation {
				whole = event{opcode: opcode}
			}
			whole.payload += string(payload)
			if !fin {
				continue
			}
			if whole.opcode == opText && !utf8.ValidString(whole.payload) {
				return fmt.Errorf("a text that is not UTF-8: %q", whole.payload)
			}
			c.events.push(whole)
		}
	}
}

// readFrame reads one frame of a server.
func readFrame(r *bufio.Reader) (fin bool, opcode byte, payload []byte, err error) {
	var head [10]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return false, 0, nil, err
	}
	if head[0]&0x70 != 0 || head[1]&0x80 != 0 {
		return false, 0, nil, fmt.Errorf("a frame that starts with % x", head[:2])
	}
	n := uint64(head[1])
	switch n {
	case 126:
		_, err = io.ReadFull(r, head[2:4])
		n = uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		_, err = io.ReadFull(r, head[2:10])
		n = binary.BigEndian.Uint64(head[2:])
	}
	if err == nil && n > 1<<28 {
		err = fmt.Errorf("a frame of %d bytes", n)
	}
	if err != nil {
		return false, 0, nil, err
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return head[0]&0x80 != 0, head[0] & 0xF, payload, err
}

// appendFrame appends one masked frame.
func appendFrame(b []byte, opcode byte, payload []byte) []byte {
	b = append(b, 0x80|opcode)
	switch n := len(payload); {
	case n > 65535:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	case n > 125:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = append(b, 0x80|byte(n))
	}
	var key [4]byte
	_, _ = rand.Read(key[:])
	b = append(b, key[:]...)
	for i, p := range payload {
		b = append(b, p^key[i&3])
	}
	return b
}

func (c *client) sendFrame(opcode byte, payload []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if opcode == opClose && c.closing {
		return nil // one is enough, whoever was first
	}
	c.closing = c.closing || opcode == opClose
	_ = c.conn.SetWriteDeadline(time.Now().Add(patience))
	_, err := c.conn.Write(appendFrame(nil, opcode, payload))
	return err
}

// send sends a text.
func (c *client) send(text string) error { return c.sendFrame(opText, []byte(text)) }

// leave sends a Close frame and ends the connection when the broker has answered it.
func (c *client) leave() {
	_ = c.sendFrame(opClose, []byte{0x03, 0xE8})
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	<-c.done
	_ = c.conn.Close()
}

// cut ends the connection without a Close frame and waits for its reader.
func (c *client) cut() {
	_ = c.conn.Close()
	<-c.done
}

// abort resets the connection.
func (c *client) abort() {
	_ = c.conn.SetLinger(0)
	c.cut()
}

var errNothing = errors.New("nothing came")

// nextText returns the next event, which must be a text.
func (c *client) nextText(limit time.Duration) (string, error) {
	e, ok := c.events.next(limit)
	switch {
	case !ok:
		return "", errNothing
	case e.opcode != opText:
		return "", fmt.Errorf("%v came instead of a text", e)
	}
	return e.payload, nil
}

// expect waits for exactly this text.
func (c *client) expect(t testing.TB, text string) {
	t.Helper()
	if got, err := c.nextText(patience); err != nil || got != text {
		t.Fatalf("got %.200q (%v), expected %.200q", got, err, text)
	}
}

// status waits for the HTTP answer.
func (c *client) status(limit time.Duration) (int, error) {
	e, ok := c.events.next(limit)
	switch {
	case !ok:
		return 0, errNothing
	case e.status == 0:
		return 0, fmt.Errorf("%v came instead of an HTTP status", e)
	}
	return e.status, nil
}

func (c *client) expectStatus(t testing.TB, want int) {
	t.Helper()
	if got, err := c.status(patience); err != nil || got != want {
		t.Fatalf("HTTP status %d (%v), expected %d", got, err, want)
	}
}
