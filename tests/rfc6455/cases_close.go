package rfc6455

import (
	"fmt"
	"strings"
)

// closeCases: RFC 6455, sections 5.5.1 and 7.
func closeCases() []testCase {
	bye := closeFrame(1000, "")
	big := strings.Repeat("BAsd7&jh23", 26_000)
	utf := strings.Repeat("é", 61) + "!" // 123 bytes
	add := func(section, name string, send [][]byte, end ending, want ...message) testCase {
		return testCase{section, name, send, want, end}
	}
	raw := func(payload string) [][]byte {
		return list(rawFrame{fin: true, opcode: opClose, payload: []byte(payload)}.bytes())
	}
	cases := []testCase{
		add("7.1", "message, then Close", list(text("a"), bye), closes(1000), wantText("a")),
		add("7.1", "Close twice", list(bye, bye), closes(1000)),
		add("7.1", "Close twice, in one Write", list(joined(bye, bye)), closes(1000)),
		add("7.1", "no pong after Close", list(joined(bye, ping("late"))), closes(1000)),
		add("7.1", "no echo after Close", list(joined(bye, text("late"))), closes(1000)),
		add("7.1", "Close inside a fragmented message", list(part(opText, false, "a"), bye, part(opContinuation, true, "b")), closes(1000)),
		add("7.1", "large message, Close and ping in one Write", list(joined(text(big), bye, ping("late"))), closes(1000), wantText(big)),
		add("7.1", "wrong frame after Close does not matter", list(joined(bye, rawFrame{fin: true, rsv: 7, opcode: 15}.bytes())), closes(1000)),
		add("7.1", "Close, byte by byte", chop(closeFrame(1000, "bye"), 1), closes(1000)),
		add("7.3", "Close without a code", raw(""), closes(noCode, 1000)),
		add("7.3", "Close of one byte", raw("\x03"), failed),
		add("7.3", "Close with a code", raw("\x03\xe8"), closes(1000)),
		add("7.3", "Close with a reason", list(closeFrame(1000, "Hello, world!")), closes(1000)),
		add("7.3", "Close with the longest reason", list(closeFrame(1000, strings.Repeat("*", 123))), closes(1000)),
		add("7.3", "Close with the longest reason in UTF-8", list(closeFrame(1000, utf)), closes(1000)),
		add("7.3", "Close of 126 bytes", raw("\x03\xe8"+strings.Repeat("*", 124)), failed),
		add("7.5", "reason that is not UTF-8", list(closeFrame(1000, wrong)), badText),
		add("7.5", "reason that ends inside a code point", list(closeFrame(1000, "caf\xc3")), badText),
		add("7.13", "Close after a protocol error is not answered again", list(joined(rawFrame{fin: true, opcode: 3}.bytes(), bye)), failed),
	}
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		cases = append(cases, add("7.7", fmt.Sprintf("code %d", code), list(closeFrame(code, "")), closes(code)))
	}
	for _, code := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		cases = append(cases, add("7.9", fmt.Sprintf("code %d is not allowed", code), list(closeFrame(code, "")), failed))
	}
	return cases
}
