//go:build linux

package main

import (
	"encoding/binary"
	"errors"
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

// maskKey is not zero, so that servers unmask as they must for real clients.
var maskKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

var (
	errMaskedFrame = errors.New("the server sent a masked frame")
	errReservedBit = errors.New("the server sent a frame with reserved bits")
)

// appendFrame appends a masked client frame.
func appendFrame(b []byte, op byte, payload []byte) []byte {
	b = append(b, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = append(b, 0x80|126)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b = append(b, 0x80|127)
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = append(b, maskKey[:]...)
	for i, c := range payload {
		b = append(b, c^maskKey[i&3])
	}
	return b
}

// A header is that of a frame from the server.
type header struct {
	op   byte
	fin  bool
	head int // bytes of header
	size int // bytes of payload
}

// parseHeader reads a frame header; ok is false while bytes are missing.
func parseHeader(b []byte) (h header, ok bool, err error) {
	if len(b) < 2 {
		return h, false, nil
	}
	if b[0]&0x70 != 0 {
		return h, false, errReservedBit
	}
	if b[1]&0x80 != 0 {
		return h, false, errMaskedFrame
	}
	h.op, h.fin, h.head, h.size = b[0]&0xf, b[0]&0x80 != 0, 2, int(b[1])
	switch h.size {
	case 126:
		if len(b) < 4 {
			return h, false, nil
		}
		h.head, h.size = 4, int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if len(b) < 10 {
			return h, false, nil
		}
		h.head, h.size = 10, int(binary.BigEndian.Uint64(b[2:])&(1<<40-1))
	}
	return h, true, nil
}
