package rfc6455

import (
	"bufio"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// patience bounds every wait. It only has to be longer than anything that works takes.
const patience = 60 * time.Second

const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // RFC 6455, section 1.3

// A rawFrame is written exactly as it says, however wrong that is.
type rawFrame struct {
	fin     bool
	rsv     byte // bits 0x4, 0x2, 0x1 are RSV1, RSV2, RSV3
	opcode  byte
	payload []byte
	// declare overrides the length in the header, so that a frame can promise more than it brings. Zero means the
	// length of the payload.
	declare uint64
	// form picks the length's encoding: 0 the shortest, else 2 or 8 bytes.
	form     int
	unmasked bool
}

// bytes encodes the frame with a fresh mask.
func (f rawFrame) bytes() []byte {
	n := uint64(len(f.payload))
	if f.declare != 0 {
		n = f.declare
	}
	first := f.rsv<<4 | f.opcode
	if f.fin {
		first |= 0x80
	}
	mask := byte(0x80)
	if f.unmasked {
		mask = 0
	}
	b := make([]byte, 0, 14+len(f.payload))
	switch {
	case f.form == 8 || f.form == 0 && n > 65535:
		b = binary.BigEndian.AppendUint64(append(b, first, mask|127), n)
	case f.form == 2 || f.form == 0 && n > 125:
		b = binary.BigEndian.AppendUint16(append(b, first, mask|126), uint16(n))
	default:
		b = append(b, first, mask|byte(n))
	}
	if f.unmasked {
		return append(b, f.payload...)
	}
	var key [4]byte
	_, _ = rand.Read(key[:])
	b = append(b, key[:]...)
	start := len(b)
	b = append(b, f.payload...)
	for i := range f.payload {
		b[start+i] ^= key[i&3]
	}
	return b
}

// wire is a connection whose every byte the test controls.
type wire struct {
	net.Conn
	r *bufio.Reader
}

// dialTCP connects without saying anything.
func dialTCP(addr string) (*wire, error) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	return &wire{Conn: conn, r: bufio.NewReaderSize(conn, 1<<16)}, nil
}

// open connects and performs the opening handshake.
func open(target string, extra ...string) (*wire, *http.Response, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, nil, err
	}
	w, err := dialTCP(u.Host)
	if err != nil {
		return nil, nil, err
	}
	response, err := w.upgrade(request(u.Host, u.RequestURI(), extra...))
	if err != nil {
		_ = w.Close()
		return nil, nil, err
	}
	return w, response, nil
}

const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==" // of RFC 6455, section 1.3

// request is an opening handshake with extra header lines.
func request(host, path string, extra ...string) string {
	s := "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: " + sampleKey + "\r\nSec-WebSocket-Version: 13\r\n"
	for _, line := range extra {
		s += line + "\r\n"
	}
	return s + "\r\n"
}

// upgrade sends a request and checks that the answer accepts it.
func (w *wire) upgrade(request string) (*http.Response, error) {
	if _, err := io.WriteString(w, request); err != nil {
		return nil, err
	}
	return w.accepted()
}

func (w *wire) accepted() (*http.Response, error) {
	response, err := http.ReadResponse(w.r, nil)
	if err != nil {
		return nil, fmt.Errorf("no answer to the handshake: %w", err)
	}
	sum := sha1.Sum([]byte(sampleKey + acceptGUID))
	want := base64.StdEncoding.EncodeToString(sum[:])
	if response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Sec-WebSocket-Accept") != want {
		return nil, fmt.Errorf("handshake refused: %s %v", response.Status, response.Header)
	}
	return response, nil
}

// A serverFrame is one frame of the server.
type serverFrame struct {
	fin     bool
	rsv     byte
	opcode  byte
	payload []byte
}

var errProtocol = errors.New("the server breaks the protocol")

// readFrame reads one frame and checks everything that RFC 6455 demands of a server's frame.
func (w *wire) readFrame() (serverFrame, error) {
	var head [2]byte
	if _, err := io.ReadFull(w.r, head[:]); err != nil {
		return serverFrame{}, err
	}
	f := serverFrame{fin: head[0]&0x80 != 0, rsv: head[0] >> 4 & 7, opcode: head[0] & 0xF}
	if head[1]&0x80 != 0 {
		return f, fmt.Errorf("%w: masked frame", errProtocol)
	}
	n, err := w.readLength(head[1] & 0x7F)
	if err != nil {
		return f, err
	}
	if f.opcode >= opClose && (!f.fin || n > 125) {
		return f, fmt.Errorf("%w: control frame of %d bytes, final: %v", errProtocol, n, f.fin)
	}
	if n > 1<<28 {
		return f, fmt.Errorf("%w: frame of %d bytes", errProtocol, n)
	}
	f.payload = make([]byte, n)
	_, err = io.ReadFull(w.r, f.payload)
	return f, err
}

func (w *wire) readLength(short byte) (uint64, error) {
	var b [8]byte
	switch short {
	case 126:
		_, err := io.ReadFull(w.r, b[6:])
		n := binary.BigEndian.Uint64(b[:])
		if err == nil && n < 126 {
			err = fmt.Errorf("%w: length %d in two bytes", errProtocol, n)
		}
		return n, err
	case 127:
		_, err := io.ReadFull(w.r, b[:])
		n := binary.BigEndian.Uint64(b[:])
		if err == nil && n < 65536 {
			err = fmt.Errorf("%w: length %d in eight bytes", errProtocol, n)
		}
		return n, err
	default:
		return uint64(short), nil
	}
}

// readEvent reads a whole message or a control frame. Pings of the server are answered and passed over unless
// pings is set.
func (w *wire) readEvent(pings bool) (message, error) {
	var m message
	inside := false
	for {
		f, err := w.readFrame()
		if err != nil {
			return m, err
		}
		if f.rsv != 0 {
			return m, fmt.Errorf("%w: RSV %03b without an extension", errProtocol, f.rsv)
		}
		switch {
		case f.opcode == opPing && !pings:
			if _, err := w.Write(rawFrame{fin: true, opcode: opPong, payload: f.payload}.bytes()); err != nil {
				return m, err
			}
			continue
		case f.opcode >= opClose:
			if inside {
				return m, fmt.Errorf("%w: opcode %d inside a message", errProtocol, f.opcode)
			}
			return message{f.opcode, f.payload}, nil
		case f.opcode > opBinary || (f.opcode == opContinuation) != inside:
			return m, fmt.Errorf("%w: opcode %d, inside a message: %v", errProtocol, f.opcode, inside)
		}
		if !inside {
			m.opcode = f.opcode
		}
		m.payload = append(m.payload, f.payload...)
		inside = true
		if f.fin {
			return m, nil
		}
	}
}

// expectEOF checks that the server ends the connection in an orderly way: no more bytes, no reset.
func (w *wire) expectEOF() error {
	rest, err := io.ReadAll(io.LimitReader(w.r, 1<<10))
	switch {
	case len(rest) > 0:
		return fmt.Errorf("bytes after the Close frame: %x", rest)
	case err != nil:
		return fmt.Errorf("no orderly end: %w", err)
	}
	return nil
}
