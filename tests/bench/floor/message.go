//go:build linux

package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"

	"github.com/skeinhq/skein/tests/bench/minicl4"
)

const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// parse answers what is whole in b and returns how much that was.
func (s *server) parse(c *conn, b []byte) int {
	used := 0
	if !c.upgraded {
		end := bytes.Index(b, []byte("\r\n\r\n"))
		if end < 0 {
			return 0
		}
		s.upgrade(c, b[:end])
		used = end + 4
	}
	for {
		op, payload, n := frame(b[used:])
		if n == 0 {
			return used
		}
		used += n
		switch op {
		case 1, 2:
			s.message(c, op, payload)
		case 8:
			s.drop(c)
			return used
		}
	}
}

func (s *server) upgrade(c *conn, head []byte) {
	_, key, _ := bytes.Cut(head, []byte("Sec-WebSocket-Key: "))
	key, _, _ = bytes.Cut(key, []byte("\r\n"))
	sum := sha1.Sum(append(key[:len(key):len(key)], acceptGUID...))
	b := append(s.frame[:0], "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	b = base64.StdEncoding.AppendEncode(b, sum[:])
	s.frame = append(b, "\r\n\r\n"...)
	s.write(c, s.frame)
	c.upgraded = true
	if !s.echo {
		s.move(c, s.rooms[minicl4.DefaultRoom])
	}
}

// frame unmasks the frame at the start of b; n is 0 while bytes are missing.
func frame(b []byte) (op byte, payload []byte, n int) {
	if len(b) < 6 {
		return 0, nil, 0
	}
	head, size := 2, int(b[1]&0x7f)
	switch size {
	case 126:
		head, size = 4, int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if len(b) < 14 {
			return 0, nil, 0
		}
		head, size = 10, int(binary.BigEndian.Uint64(b[2:]))
	}
	if len(b) < head+4+size {
		return 0, nil, 0
	}
	key := binary.LittleEndian.Uint32(b[head:])
	payload = b[head+4 : head+4+size]
	i := 0
	for wide := uint64(key)<<32 | uint64(key); i+8 <= size; i += 8 {
		binary.LittleEndian.PutUint64(payload[i:], binary.LittleEndian.Uint64(payload[i:])^wide)
	}
	for ; i < size; i++ {
		payload[i] ^= b[head+i&3]
	}
	return b[0] & 15, payload, head + 4 + size
}

func (s *server) message(c *conn, op byte, msg []byte) {
	if s.echo {
		s.frame = append(s.header(op, len(msg)), msg...)
		s.write(c, s.frame)
		return
	}
	kind, name := minicl4.Read(msg)
	switch kind {
	case minicl4.Fanout:
		r := s.rooms[string(name)]
		if r == nil {
			return
		}
		s.frame = append(s.header(1, len(msg)), msg...)
		for _, m := range r.members {
			s.write(m, s.frame)
		}
		return
	case minicl4.Link:
		r := s.rooms[string(name)]
		if r == nil {
			r = &room{}
			s.rooms[string(name)] = r
		}
		s.move(c, r)
	}
	// Answers are shorter than 126 bytes: two bytes of header, filled in afterwards.
	s.frame = minicl4.AppendAnswer(append(s.frame[:0], 0x81, 0), msg)
	s.frame[1] = byte(len(s.frame) - 2)
	s.write(c, s.frame)
}

// header starts the frame buffer with the header of an unmasked frame.
func (s *server) header(op byte, size int) []byte {
	b := append(s.frame[:0], 0x80|op)
	switch {
	case size < 126:
		return append(b, byte(size))
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, 126), uint16(size))
	}
	return binary.BigEndian.AppendUint64(append(b, 127), uint64(size))
}
