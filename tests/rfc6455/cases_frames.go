package rfc6455

import (
	"fmt"
	"strings"
)

// framingCases: RFC 6455, section 5.2, the three forms of a length and their borders.
func framingCases() []testCase {
	var cases []testCase
	for _, n := range []int{0, 1, 125, 126, 127, 128, 65535, 65536} {
		s := strings.Repeat("*", n)
		cases = append(cases,
			testCase{"1.1", fmt.Sprintf("text of %d bytes", n), list(text(s)), wants(wantText(s)), clean},
			testCase{"1.2", fmt.Sprintf("binary of %d bytes", n), list(binaryFrame(noise(n))), wants(wantBinary(noise(n))), clean},
		)
	}
	s := strings.Repeat("chopped ", 8192)
	return append(cases,
		testCase{"1.1", "text of 65536 bytes in Writes of 997", chop(text(s), 997), wants(wantText(s)), clean},
		testCase{"1.2", "binary of 65535 bytes in Writes of 997", chop(binaryFrame(noise(65535)), 997), wants(wantBinary(noise(65535))), clean},
	)
}

// noise is the same for the same length and holds every byte.
func noise(n int) []byte {
	p := make([]byte, n)
	x := uint32(n)*2654435761 + 1
	for i := range p {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return p
}

// pingCases: RFC 6455, sections 5.5.2 and 5.5.3.
func pingCases() []testCase {
	all := string(noise(125))
	var many [][]byte
	var answers []message
	for i := range 10 {
		s := fmt.Sprintf("ping %d", i)
		many, answers = append(many, ping(s)), append(answers, wantPong(s))
	}
	add := func(name string, send [][]byte, want []message, end ending) testCase {
		return testCase{"2", name, send, want, end}
	}
	return []testCase{
		add("ping without payload", list(ping("")), wants(wantPong("")), clean),
		add("ping with a text", list(ping("Hello, world!")), wants(wantPong("Hello, world!")), clean),
		add("ping with bytes that are not UTF-8", list(ping("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")), wants(wantPong("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")), clean),
		add("ping of 125 bytes", list(ping(all)), wants(wantPong(all)), clean),
		add("ping of 126 bytes", list(rawFrame{fin: true, opcode: opPing, payload: noise(126)}.bytes()), nil, failed),
		add("ping of 125 bytes, byte by byte", chop(ping(all), 1), wants(wantPong(all)), clean),
		add("pong nobody asked for, without payload", list(pong("")), nil, clean),
		add("pong nobody asked for, with a text", list(pong("unasked")), nil, clean),
		add("pong nobody asked for, then a ping", list(pong("unasked"), ping("asked")), wants(wantPong("asked")), clean),
		add("ten pings, one after the other", many, answers, clean),
		add("ten pings at once, byte by byte", chop(joined(many...), 1), answers, clean),
	}
}

// reservedCases: RFC 6455, section 5.2: without an extension the RSV bits are zero.
func reservedCases() []testCase {
	bad := func(rsv, opcode byte, s string) []byte {
		return rawFrame{fin: true, rsv: rsv, opcode: opcode, payload: []byte(s)}.bytes()
	}
	first := text("before")
	before := wants(wantText("before"))
	return []testCase{
		{"3", "RSV3 in a text", list(bad(1, opText, "x")), nil, failed},
		{"3", "RSV2 in a text after a good one, and a ping", list(first, bad(2, opText, "x"), ping("")), before, failed},
		{"3", "RSV2 and RSV3 in a text after a good one, in one Write", list(joined(first, bad(3, opText, "x"), ping(""))), before, failed},
		{"3", "RSV1 in a text after a good one, byte by byte", chop(joined(first, bad(4, opText, "x"), ping("")), 1), before, failed},
		{"3", "RSV1 and RSV3 in a binary", list(bad(5, opBinary, "\x00\xff\xfe")), nil, failed},
		{"3", "RSV1 and RSV2 in a ping", list(bad(6, opPing, "x")), nil, failed},
		{"3", "all RSV bits in a Close frame", list(bad(7, opClose, "")), nil, failed},
	}
}

// opcodeCases: RFC 6455, section 5.2: opcodes that nobody has defined yet.
func opcodeCases() []testCase {
	var cases []testCase
	for i, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		section, payload := "4.1", "payload"
		if op >= opClose {
			section = "4.2"
		}
		bad := rawFrame{fin: true, opcode: op}
		name := fmt.Sprintf("opcode %d", op)
		switch i % 5 {
		case 0:
			cases = append(cases, testCase{section, name + " without payload", list(bad.bytes()), nil, failed})
		case 1:
			bad.payload = []byte(payload)
			cases = append(cases, testCase{section, name + " with a payload", list(bad.bytes()), nil, failed})
		case 2:
			cases = append(cases, testCase{section, name + " after a good message, and a ping", list(text("a"), bad.bytes(), ping("")), wants(wantText("a")), failed})
		case 3:
			bad.payload = []byte(payload)
			cases = append(cases, testCase{section, name + " with a payload after a good message, in one Write", list(joined(text("a"), bad.bytes(), ping(""))), wants(wantText("a")), failed})
		default:
			bad.payload = []byte(payload)
			cases = append(cases, testCase{section, name + " with a payload after a good message, byte by byte", chop(joined(text("a"), bad.bytes(), ping("")), 1), wants(wantText("a")), failed})
		}
	}
	return cases
}

// headerCases: RFC 6455, sections 5.1 and 5.2: what else a header can get wrong.
func headerCases() []testCase {
	s := strings.Repeat("x", 126)
	return []testCase{
		{"5.1", "text without a mask", list(rawFrame{fin: true, opcode: opText, payload: []byte("x"), unmasked: true}.bytes()), nil, failed},
		{"5.1", "ping without a mask", list(rawFrame{fin: true, opcode: opPing, unmasked: true}.bytes()), nil, failed},
		{"5.1", "text without a mask after a good one", list(text("a"), rawFrame{fin: true, opcode: opText, unmasked: true}.bytes()), wants(wantText("a")), failed},
		{"5.1", "length with the highest bit", list(rawFrame{fin: true, opcode: opText, declare: 1 << 63, form: 8}.bytes()), nil, failed},
		{"5.1", "length of all ones", list(rawFrame{fin: true, opcode: opBinary, declare: 1<<64 - 1, form: 8}.bytes()), nil, failed},
		{"5.1", "ping with a length in two bytes", list(rawFrame{fin: true, opcode: opPing, payload: []byte(s), form: 2}.bytes()), nil, failed},
		{"5.1", "ping with a length in eight bytes", list(rawFrame{fin: true, opcode: opPing, payload: []byte(s), form: 8}.bytes()), nil, failed},
	}
}

// fragmentCases: RFC 6455, section 5.4.
func fragmentCases() []testCase {
	frag := func(parts ...string) [][]byte { return pieces(opText, parts...) }
	ab := wants(wantText("fragment1fragment2"))
	two := frag("fragment1", "fragment2")
	with := wants(wantPong("between"), wantText("fragment1fragment2"))
	between := list(two[0], ping("between"), two[1])
	orphan := func(fin bool) []byte { return part(opContinuation, fin, "orphan") }
	five := pieces(opText, "f1", "f2", "f3", "f4", "f5")
	fivePings := list(five[0], five[1], ping("p1"), five[2], five[3], ping("p2"), five[4])
	fiveWant := wants(wantPong("p1"), wantPong("p2"), wantText("f1f2f3f4f5"))
	add := func(name string, send [][]byte, want []message, end ending) testCase {
		return testCase{"5", name, send, want, end}
	}
	return []testCase{
		add("ping in two fragments", list(part(opPing, false, "a"), part(opContinuation, true, "b")), nil, failed),
		add("pong in two fragments", list(part(opPong, false, "a"), part(opContinuation, true, "b")), nil, failed),
		add("Close frame in two fragments", list(part(opClose, false, "\x03\xe8"), part(opContinuation, true, "b")), nil, failed),
		add("text in two fragments", two, ab, clean),
		add("text in two fragments, in one Write", list(joined(two...)), ab, clean),
		add("text in two fragments, byte by byte", chop(joined(two...), 1), ab, clean),
		add("ping between two fragments", between, with, clean),
		add("ping between two fragments, in one Write", list(joined(between...)), with, clean),
		add("ping between two fragments, byte by byte", chop(joined(between...), 1), with, clean),
		add("pong between two fragments", list(two[0], pong("x"), two[1]), ab, clean),
		add("continuation of nothing, final", list(orphan(true), text("x")), nil, failed),
		add("continuation of nothing, final, in one Write with a good message", list(joined(orphan(true), text("x"))), nil, failed),
		add("continuation of nothing, final, byte by byte", chop(joined(orphan(true), text("x")), 1), nil, failed),
		add("continuation of nothing, not final", list(orphan(false), text("x")), nil, failed),
		add("continuation of nothing, not final, in one Write with a good message", list(joined(orphan(false), text("x"))), nil, failed),
		add("continuation of nothing, not final, byte by byte", chop(joined(orphan(false), text("x")), 1), nil, failed),
		add("continuation after a finished message", append(frag("a", "b"), orphan(true)), wants(wantText("ab")), failed),
		add("two orphans around each of two messages", list(orphan(false), text("x"), orphan(false), text("y")), nil, failed),
		add("text inside a fragmented text", list(part(opText, false, "a"), text("b")), nil, failed),
		add("binary inside a fragmented text", list(part(opText, false, "a"), binaryFrame([]byte("b"))), nil, failed),
		add("first fragment twice", list(part(opText, false, "a"), part(opText, false, "b"), part(opContinuation, true, "c")), nil, failed),
		add("five fragments with two pings", fivePings, fiveWant, clean),
		add("five fragments with two pings, in one Write", list(joined(fivePings...)), fiveWant, clean),
		add("five fragments with two pings, byte by byte", chop(joined(fivePings...), 1), fiveWant, clean),
		add("empty fragments", frag("", "", ""), wants(wantText("")), clean),
		add("empty fragments around a text", frag("", "middle", ""), wants(wantText("middle")), clean),
		add("binary in three fragments", pieces(opBinary, "\x00", "\xff\xfe", "\x80"), wants(wantBinary([]byte("\x00\xff\xfe\x80"))), clean),
		add("fragmented text, then a whole one", append(frag("a", "b"), text("c")), wants(wantText("ab"), wantText("c")), clean),
	}
}
