package rfc6455

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// fault is a way in which the reference server below does wrong.
type fault string

// reference is a small echo server that obeys RFC 6455 to the letter, except for one fault. It is here to prove
// the cases: all pass without a fault, and every fault fails some.
type reference struct {
	fault
	net.Conn
	r      *bufio.Reader
	opcode byte // of the message being received, 0 between messages
	whole  []byte
	text   []byte // the end of whole that is not checked yet
}

// closeWith is the error that ends a connection with a Close frame.
type closeWith struct {
	code   int
	reason string
}

func (closeWith) Error() string { return "close" }

func serveReference(t *testing.T, f fault) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
		(&reference{fault: f, Conn: conn, r: buf.Reader}).serve()
	}))
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "http", "ws", 1) + "/"
}

func (s *reference) serve() {
	var end closeWith
	for {
		err := s.frame()
		if errors.As(err, &end) {
			break
		}
		if err != nil {
			return
		}
	}
	s.end(end)
}

func (s *reference) end(c closeWith) {
	switch s.fault {
	case "ends without a Close frame":
		return
	case "wrong code for errors":
		if c.code == 1002 || c.code == 1007 {
			c.code = 1008
		}
	case "answers every Close with 1001":
		c.code = 1001
	case "half a code in its Close frame":
		s.write(opClose, []byte{3})
		return
	}
	payload := append(binary.BigEndian.AppendUint16(nil, uint16(c.code)), c.reason...)
	if c.code == noCode {
		payload = nil
	}
	s.write(opClose, payload)
	if s.fault == "resets the connection" {
		if tcp, ok := s.Conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		return
	}
	if s.fault == "goes on after its Close frame" {
		s.write(opText, []byte("one more thing"))
	}
	if tcp, ok := s.Conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	_ = s.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, s.r)
}

func (s *reference) write(opcode byte, payload []byte) {
	b := []byte{0x80 | opcode}
	switch n := len(payload); {
	case n > 65535 || s.fault == "lengths always in eight bytes":
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	case n > 125:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = append(b, byte(n))
	}
	if s.fault == "masks its frames" {
		b[1] |= 0x80
		b = append(b, 0, 0, 0, 0)
	}
	if s.fault == "sets RSV1" {
		b[0] |= 0x40
	}
	_, _ = s.Write(append(b, payload...))
}

var broken = closeWith{code: 1002}

// frame reads one frame and acts on it.
func (s *reference) frame() error {
	var head [2]byte
	if _, err := io.ReadFull(s.r, head[:]); err != nil {
		return err
	}
	fin, rsv, opcode := head[0]&0x80 != 0, head[0]&0x70, head[0]&0xF
	n := uint64(head[1] & 0x7F)
	if rsv != 0 && s.fault != "ignores RSV bits" {
		return broken
	}
	if opcode >= opClose {
		if !fin && s.fault != "accepts fragmented control frames" || n > 125 && s.fault != "accepts long control frames" {
			return broken
		}
	}
	if head[1]&0x80 == 0 {
		return broken
	}
	var long [8]byte
	if n == 126 || n == 127 {
		size := map[uint64]int{126: 2, 127: 8}[n]
		if _, err := io.ReadFull(s.r, long[8-size:]); err != nil {
			return err
		}
		if n = binary.BigEndian.Uint64(long[:]); n>>63 != 0 {
			return broken
		}
	}
	var key [4]byte
	if _, err := io.ReadFull(s.r, key[:]); err != nil {
		return err
	}
	switch opcode {
	case opText, opBinary:
		if s.opcode != 0 && s.fault != "accepts a message inside a message" {
			return broken
		}
		s.opcode, s.whole, s.text = opcode, nil, nil
	case opContinuation:
		if s.opcode == 0 {
			if s.fault != "ignores a continuation of nothing" {
				return broken
			}
			_, err := s.payload(n, key, nil)
			return err
		}
	case opClose, opPing, opPong:
	default:
		if s.fault != "ignores unknown opcodes" {
			return broken
		}
		_, err := s.payload(n, key, nil)
		return err
	}
	if opcode >= opClose {
		p, err := s.payload(n, key, nil)
		if err != nil {
			return err
		}
		return s.control(opcode, p)
	}
	if _, err := s.payload(n, key, s.data); err != nil {
		return err
	}
	return s.endOfFrame(fin)
}

// payload reads and unmasks; each sees the bytes as soon as they come.
func (s *reference) payload(n uint64, key [4]byte, each func([]byte) error) ([]byte, error) {
	var all []byte
	buf := make([]byte, 64*kib)
	for i := uint64(0); i < n; {
		got, err := s.r.Read(buf[:min(n-i, uint64(len(buf)))])
		if err != nil {
			return nil, err
		}
		for j := range got {
			buf[j] ^= key[(i+uint64(j))&3]
		}
		i += uint64(got)
		if each == nil {
			all = append(all, buf[:got]...)
		} else if err := each(buf[:got]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (s *reference) data(p []byte) error {
	s.whole = append(s.whole, p...)
	if s.opcode != opText && s.fault != "checks UTF-8 of binaries too" {
		return nil
	}
	if s.fault == "does not check UTF-8" || s.fault == "checks UTF-8 at the end only" {
		return nil
	}
	s.text = append(s.text, p...)
	for len(s.text) > 0 {
		r, size := utf8.DecodeRune(s.text)
		if r == utf8.RuneError && size == 1 {
			if !utf8.FullRune(s.text) && s.fault != "takes a cut code point for a wrong one" {
				break
			}
			return closeWith{code: 1007}
		}
		s.text = s.text[size:]
	}
	return nil
}

func (s *reference) endOfFrame(fin bool) error {
	if !fin {
		return nil
	}
	opcode, whole := s.opcode, s.whole
	s.opcode, s.whole = 0, nil
	if s.fault == "keeps fragments open" {
		s.opcode = opcode
	}
	if opcode == opText && s.fault != "does not check UTF-8" {
		if len(s.text) > 0 && s.fault != "forgets a code point cut by the end" || s.fault == "checks UTF-8 at the end only" && !utf8.Valid(whole) {
			return closeWith{code: 1007}
		}
	}
	if s.fault == "answers in binary" {
		opcode = opBinary
	}
	s.write(opcode, whole)
	if s.fault == "says everything twice" && len(whole) == 1 {
		s.write(opcode, whole)
	}
	return nil
}

func (s *reference) control(opcode byte, p []byte) error {
	switch {
	case opcode == opPing && s.fault != "does not answer pings":
		if s.fault == "pongs without payload" {
			p = nil
		}
		s.write(opPong, p)
	case opcode == opPong && s.fault == "answers pongs":
		s.write(opPong, p)
	case opcode == opClose:
		return s.goodbye(p)
	}
	return nil
}

func (s *reference) goodbye(p []byte) error {
	if s.fault == "does not look into Close frames" {
		return closeWith{code: 1000}
	}
	if len(p) == 0 {
		return closeWith{code: noCode}
	}
	if len(p) == 1 {
		return broken
	}
	code := int(binary.BigEndian.Uint16(p))
	reserved := code < 1000 || code == 1004 || code == 1005 || code == 1006 || code > 1014 && code < 3000 || code > 4999
	if reserved && s.fault != "answers any code" || code > 1011 && code < 1015 && s.fault == "refuses codes 1012 to 1014" {
		return broken
	}
	if !utf8.Valid(p[2:]) {
		if s.fault == "reason that is not UTF-8 is a protocol error" {
			return broken
		}
		return closeWith{code: 1007}
	}
	return closeWith{code: code}
}

func TestReferencePasses(t *testing.T) {
	target := serveReference(t, "")
	for _, c := range smallCases() {
		t.Run(c.section+" "+c.name, func(t *testing.T) {
			t.Parallel()
			if err := c.run(target); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFaultsAreFound(t *testing.T) {
	for _, f := range []fault{
		"ends without a Close frame", "wrong code for errors", "answers every Close with 1001", "half a code in its Close frame",
		"resets the connection", "goes on after its Close frame", "lengths always in eight bytes", "masks its frames", "sets RSV1",
		"ignores RSV bits", "accepts fragmented control frames", "accepts long control frames", "accepts a message inside a message",
		"ignores a continuation of nothing", "ignores unknown opcodes", "checks UTF-8 of binaries too", "does not check UTF-8",
		"checks UTF-8 at the end only", "takes a cut code point for a wrong one", "forgets a code point cut by the end",
		"keeps fragments open", "answers in binary", "says everything twice", "does not answer pings", "pongs without payload",
		"answers pongs", "does not look into Close frames", "answers any code", "refuses codes 1012 to 1014",
		"reason that is not UTF-8 is a protocol error",
	} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			target := serveReference(t, f)
			for _, c := range smallCases() {
				if c.runWithin(target, 300*time.Millisecond) != nil {
					return
				}
			}
			t.Error("no case notices")
		})
	}
}
