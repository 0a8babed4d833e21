//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strconv"

	"github.com/skeinhq/skein/tests/bench/minicl4"
)

// roomName is the one room of all clients.
const roomName = "load"

// serve is a backend with as little work as possible: it cuts lines by their bytes. Messages of skein-load's CloudLink
// dialect are answered, or passed on to the room; all others go back to their sender.
func serve(address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	r, w := bufio.NewReaderSize(conn, 1<<18), bufio.NewWriterSize(conn, 1<<18)
	b := backend{w: w}
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		b.handle(line)
		if r.Buffered() == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
}

type backend struct {
	w       *bufio.Writer
	clients int
}

func (b *backend) handle(line []byte) {
	switch {
	case bytes.Contains(line, []byte(`"action":"new_message"`)):
		b.message(field(line, `"client_id":"`), field(line, `"message":"`))
	case bytes.Contains(line, []byte(`"action":"connection_request"`)):
		b.clients++
		b.write(`{"action":"response","request_id":"`, string(field(line, `"request_id":"`)),
			`","params":{"accepted":true,"client_id":"c`, strconv.Itoa(b.clients),
			`","room_id":"`, roomName, `","metadata":{}}}`)
	}
}

// message handles a message, which stays escaped as it is.
func (b *backend) message(client, escaped []byte) {
	if !bytes.HasPrefix(escaped, []byte(`{\"cmd\":`)) {
		b.private(client, string(escaped))
		return
	}
	var text string
	if err := json.Unmarshal([]byte(`"`+string(escaped)+`"`), &text); err != nil {
		return
	}
	if kind, _ := minicl4.Read([]byte(text)); kind == minicl4.Fanout {
		b.write(`{"action":"message_to_room","request_id":"1","params":{"room_id":"`, roomName, `","message":"`,
			string(escaped), `"}}`)
		return
	}
	answer, err := json.Marshal(string(minicl4.AppendAnswer(nil, []byte(text))))
	if err == nil {
		b.private(client, string(answer[1:len(answer)-1]))
	}
}

func (b *backend) private(client []byte, escaped string) {
	b.write(`{"action":"message_to_connection","request_id":"1","params":{"conn_id":"`, string(client),
		`","message":"`, escaped, `"}}`)
}

func (b *backend) write(parts ...string) {
	for _, p := range parts {
		_, _ = b.w.WriteString(p)
	}
	_ = b.w.WriteByte('\n')
}

// field is the string behind the last occurrence of a key, still escaped. The backend chooses all other texts in a
// line, so that none of them can look like a key.
func field(line []byte, key string) []byte {
	at := bytes.LastIndex(line, []byte(key))
	if at < 0 {
		return nil
	}
	rest := line[at+len(key):]
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return rest[:i]
		}
	}
	return nil
}
