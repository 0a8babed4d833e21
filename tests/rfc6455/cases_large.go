package rfc6455

import (
	"bytes"
	"fmt"
	"sync"
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// largest is the largest message that a case sends.
const largest = 16 * mib

// letters is the payload of large texts: ASCII and two-byte sequences, so that chopping cuts code points.
var letters = sync.OnceValue(func() []byte { return bytes.Repeat([]byte("large text, größer: "), largest/22+1) })

var bulk = sync.OnceValue(func() []byte { return noise(largest) })

// sample returns n bytes for a data message of the kind.
func sample(opcode byte, n int) []byte {
	if opcode == opBinary {
		return bulk()[:n]
	}
	p := bytes.Clone(letters()[:n])
	if n > 0 && p[n-1] >= 0x80 {
		p[n-1], p[max(n-2, 0)] = '.', '.' // not inside a code point
	}
	return p
}

// A largeCase builds its messages when it runs, for they would fill the memory together.
type largeCase struct {
	section, name string
	build         func() testCase
}

// largeCases: many bytes in one message, in many frames, in many Writes, in many messages.
func largeCases() []largeCase {
	var cases []largeCase
	for _, kind := range []struct {
		opcode byte
		name   string
		n      int // of the first section
	}{{opText, "text", 1}, {opBinary, "binary", 2}} {
		add := func(section int, name string, n int, send func(p []byte) [][]byte, times int) {
			s := fmt.Sprintf("9.%d", section+kind.n)
			cases = append(cases, largeCase{s, kind.name + " " + name, func() testCase {
				p := sample(kind.opcode, n)
				c := testCase{section: s, name: name, end: clean}
				for range times {
					c.send = append(c.send, send(p)...)
					c.want = append(c.want, message{kind.opcode, p})
				}
				return c
			}})
		}
		whole := func(p []byte) [][]byte { return list(rawFrame{fin: true, opcode: kind.opcode, payload: p}.bytes()) }
		for _, n := range []int{64 * kib, 256 * kib, mib, 4 * mib, 8 * mib, 16 * mib} {
			add(0, fmt.Sprintf("of %d KiB", n/kib), n, whole, 1)
		}
		for _, size := range []int{64, 256, kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 4 * mib} {
			add(2, fmt.Sprintf("of 4 MiB in frames of %d bytes", size), 4*mib, func(p []byte) [][]byte {
				frames := fragments(kind.opcode, p, size)
				return chop(joined(frames...), 64*kib) // frames and Writes end at different places
			}, 1)
		}
		for _, size := range []int{64, 128, 256, 512, kib, 2 * kib} {
			add(4, fmt.Sprintf("of 1 MiB in Writes of %d bytes", size), mib, func(p []byte) [][]byte { return chop(whole(p)[0], size) }, 1)
		}
		for _, n := range []int{0, 16, 64, 256, kib, 4 * kib} {
			add(6, fmt.Sprintf("of %d bytes, 1000 times", n), n, whole, 1000)
		}
	}
	return append(cases, largeCase{"10.1", "text of 64 KiB in frames of 1300 bytes", func() testCase {
		p := sample(opText, 64*kib)
		return testCase{send: fragments(opText, p, 1300), want: wants(message{opText, p}), end: clean}
	}}, largeCase{"10.1", "100,000 frames of one byte", func() testCase {
		p := sample(opText, 100_000)
		return testCase{send: chop(joined(fragments(opText, p, 1)...), 64*kib), want: wants(message{opText, p}), end: clean}
	}}, largeCase{"10.1", "100,000 empty frames", func() testCase {
		empty := bytes.Repeat(part(opContinuation, false, ""), 100_000)
		send := append(chop(joined(part(opText, false, "a"), empty), 64*kib), part(opContinuation, true, "b"))
		return testCase{send: send, want: wants(wantText("ab")), end: clean}
	}}, largeCase{"10.1", "text of 64 KiB in Writes of one byte", func() testCase {
		p := sample(opText, 64*kib)
		return testCase{send: chop(joined(part(opText, false, string(p)), part(opContinuation, true, "")), 1), want: wants(message{opText, p}), end: clean}
	}})
}

// smallCases are all others.
func smallCases() []testCase {
	var all []testCase
	for _, cases := range [][]testCase{
		framingCases(), pingCases(), reservedCases(), opcodeCases(), headerCases(), fragmentCases(), utf8Cases(), closeCases(),
	} {
		all = append(all, cases...)
	}
	return all
}
