package rfc6455

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// A message is what a client receives: a whole data message or a control frame.
type message struct {
	opcode  byte
	payload []byte
}

func (m message) String() string {
	name := map[byte]string{opText: "text", opBinary: "binary", opClose: "close", opPing: "ping", opPong: "pong"}[m.opcode]
	if len(m.payload) > 64 {
		return fmt.Sprintf("%s of %d bytes", name, len(m.payload))
	}
	return fmt.Sprintf("%s %q", name, m.payload)
}

// A testCase says what a client sends, what it must receive, and how the connection must end.
type testCase struct {
	section, name string
	// send is written to the connection, one Write per element.
	send [][]byte
	// want are the messages that must come, these and no others, in this order.
	want []message
	// end says who closes, and how.
	end ending
}

// ending is how a connection ends.
type ending struct {
	// byClient: when everything has come, the client closes with 1000 and the server must answer.
	byClient bool
	// codes are the codes the server may close with. Close without a code is noCode.
	codes []int
}

const noCode = 1005 // RFC 6455, section 7.1.5: what an empty Close frame means

var (
	clean   = ending{byClient: true}
	failed  = ending{codes: []int{1002}} // protocol error
	badText = ending{codes: []int{1007}}
	tooBig  = ending{codes: []int{1009}}
)

// closes is the ending of a case in which the client's own Close frame is among what is sent.
func closes(codes ...int) ending { return ending{codes: codes} }

// The builders below make frames and lists of them.

func text(s string) []byte { return rawFrame{fin: true, opcode: opText, payload: []byte(s)}.bytes() }

func binaryFrame(p []byte) []byte {
	return rawFrame{fin: true, opcode: opBinary, payload: p}.bytes()
}

func control(opcode byte, payload string) []byte {
	return rawFrame{fin: true, opcode: opcode, payload: []byte(payload)}.bytes()
}

func ping(s string) []byte { return control(opPing, s) }
func pong(s string) []byte { return control(opPong, s) }

func closeFrame(code int, reason string) []byte {
	return control(opClose, string(binary.BigEndian.AppendUint16(nil, uint16(code)))+reason)
}

// part is a frame of a fragmented message.
func part(opcode byte, fin bool, s string) []byte {
	return rawFrame{fin: fin, opcode: opcode, payload: []byte(s)}.bytes()
}

// fragments cuts a message into frames of size bytes.
func fragments(opcode byte, payload []byte, size int) [][]byte {
	var list [][]byte
	for first := true; first || len(payload) > 0; first = false {
		n := min(size, len(payload))
		f := rawFrame{fin: n == len(payload), opcode: opContinuation, payload: payload[:n]}
		if first {
			f.opcode = opcode
		}
		list = append(list, f.bytes())
		payload = payload[n:]
	}
	return list
}

// pieces cuts a message into the given frames.
func pieces(opcode byte, parts ...string) [][]byte {
	var list [][]byte
	for i, p := range parts {
		op := byte(opContinuation)
		if i == 0 {
			op = opcode
		}
		list = append(list, part(op, i == len(parts)-1, p))
	}
	return list
}

// chop cuts bytes into Writes of size bytes.
func chop(b []byte, size int) [][]byte {
	return slices.Collect(slices.Chunk(b, size))
}

// joined makes one Write of several.
func joined(list ...[]byte) []byte { return bytes.Join(list, nil) }

func list(b ...[]byte) [][]byte { return b }

func wantText(s string) message       { return message{opText, []byte(s)} }
func wantBinary(p []byte) message     { return message{opBinary, p} }
func wantPong(s string) message       { return message{opPong, []byte(s)} }
func wants(list ...message) []message { return list }

// run plays a case against an echo server.
func (c testCase) run(target string) error { return c.runWithin(target, patience) }

func (c testCase) runWithin(target string, limit time.Duration) error {
	w, _, err := open(target)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	wrote := make(chan error, 1)
	go func() {
		for _, b := range c.send {
			if _, err := w.Write(b); err != nil {
				wrote <- err
				return
			}
		}
		wrote <- nil
	}()
	for i, want := range c.want {
		got, err := w.readEvent(false)
		if err != nil {
			return fmt.Errorf("message %d of %d, %v: %w", i+1, len(c.want), want, err)
		}
		if got.opcode != want.opcode || !bytes.Equal(got.payload, want.payload) {
			return fmt.Errorf("message %d of %d: got %v, want %v", i+1, len(c.want), got, want)
		}
	}
	return c.finish(w, wrote)
}

func (c testCase) finish(w *wire, wrote <-chan error) error {
	codes := c.end.codes
	if c.end.byClient {
		if err := <-wrote; err != nil {
			return fmt.Errorf("sending: %w", err)
		}
		if _, err := w.Write(closeFrame(1000, "")); err != nil {
			return fmt.Errorf("closing: %w", err)
		}
		codes = []int{1000}
	}
	if err := w.expectClose(codes); err != nil {
		return err
	}
	if !c.end.byClient {
		// The server has said its last; an answer completes the closing handshake. It may have gone by now.
		_, _ = w.Write(closeFrame(1000, ""))
	}
	return w.expectEOF()
}

// expectClose reads the server's Close frame.
func (w *wire) expectClose(codes []int) error {
	got, err := w.readEvent(false)
	if err != nil {
		return fmt.Errorf("instead of a Close frame: %w", err)
	}
	if got.opcode != opClose {
		return fmt.Errorf("instead of a Close frame: %v", got)
	}
	code, err := closeCode(got.payload)
	if err != nil {
		return err
	}
	if !slices.Contains(codes, code) {
		return fmt.Errorf("closed with %d %q, want %v", code, got.payload, codes)
	}
	return nil
}

func closeCode(payload []byte) (int, error) {
	switch {
	case len(payload) == 0:
		return noCode, nil
	case len(payload) == 1:
		return 0, errors.New("a Close frame with half a code")
	case !utf8.Valid(payload[2:]):
		return 0, errors.New("a Close frame with a reason that is not UTF-8")
	}
	return int(binary.BigEndian.Uint16(payload)), nil
}
