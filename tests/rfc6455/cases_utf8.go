package rfc6455

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	greeting = "Grüße, κόσμε, 你好, 👋🏽!" // sequences of one to four bytes
	greek    = "κόσμε"
	wrong    = "good so far \xed\xa0\x80 and this never matters" // a surrogate, which UTF-8 has not
)

// bytewise cuts a message into frames of one byte.
func bytewise(s string) [][]byte { return fragments(opText, []byte(s), 1) }

// utf8Cases: RFC 6455, section 8.1. A text is checked as a whole, whatever its frames, and a wrong byte fails the
// connection at once, before the rest of the message or of the frame has come.
func utf8Cases() []testCase {
	add := func(section, name string, send [][]byte, end ending, echo ...string) testCase {
		c := testCase{section: section, name: name, send: send, end: end}
		for _, s := range echo {
			c.want = append(c.want, wantText(s))
		}
		return c
	}
	mid := strings.Index(greeting, "κ") + 1 // inside a code point
	bad := strings.Index(wrong, "\xed")
	cut := func(s string, opcode byte, n int) []byte { // the beginning of a frame that promises more
		return rawFrame{fin: true, opcode: opcode, payload: []byte(s[:n]), declare: uint64(len(s))}.bytes()
	}
	cases := []testCase{
		add("6.1", "empty text", list(text("")), clean, ""),
		add("6.1", "three empty fragments", pieces(opText, "", "", ""), clean, ""),
		add("6.1", "empty fragments around a text", pieces(opText, "", "x", ""), clean, "x"),
		add("6.2", "good text in one frame", list(text(greeting)), clean, greeting),
		add("6.2", "good text cut between code points", pieces(opText, greeting[:mid-1], greeting[mid-1:]), clean, greeting),
		add("6.2", "good text cut inside a code point", pieces(opText, greeting[:mid], greeting[mid:]), clean, greeting),
		add("6.2", "good text in frames of one byte", bytewise(greeting), clean, greeting),
		add("6.2", "good text in Writes of one byte", chop(text(greeting), 1), clean, greeting),
		add("6.2", "good text in frames of one byte with pongs between", withPongs(greeting), clean, greeting),
		add("6.3", "wrong text in one frame", list(text(wrong)), badText),
		add("6.3", "wrong text in frames of one byte", bytewise(wrong), badText),
		add("6.4", "wrong text at once: in a fragment, the last one never comes", pieces(opText, wrong[:bad], wrong[bad:bad+3], "never sent")[:2], badText),
		add("6.4", "wrong text at once: the wrong fragment ends inside the sequence", pieces(opText, wrong[:bad+1], wrong[bad+1:bad+2], "never sent")[:2], badText),
		add("6.4", "wrong text at once: the rest of the frame never comes", list(cut(wrong, opText, bad+3)), badText),
		add("6.4", "wrong text at once: in Writes of one byte, the rest never comes", chop(cut(wrong, opText, bad+2), 1), badText),
		add("6.4", "wrong text at once: too large a code point in a fragment", pieces(opText, greek, "\xf4\x90", "\x80\x80")[:2], badText),
	}
	for n := 1; n < len("κό"); n++ {
		cases = append(cases, add("6.5", fmt.Sprintf("Greek word cut after %d bytes", n), pieces(opText, greek[:n], greek[n:]), clean, greek))
	}
	for n := 1; n <= len(greek); n++ {
		cases = append(cases, sequence("6.6", fmt.Sprintf("first %d bytes of a Greek word", n), greek[:n]))
	}
	for _, s := range sequences {
		for _, text := range s.texts {
			cases = append(cases, sequence(s.section, fmt.Sprintf("%s, % x", s.name, shortened(text)), text))
		}
	}
	for first := 0x1FFFE; first <= 0x10FFFE; first += 0x10000 {
		for _, r := range []rune{rune(first), rune(first + 1)} {
			cases = append(cases, sequence("6.22", fmt.Sprintf("noncharacter U+%X", r), string(r)))
		}
	}
	return append(cases,
		testCase{"6.24", "any bytes in a binary", list(binaryFrame([]byte(wrong))), wants(wantBinary([]byte(wrong))), clean},
		testCase{"6.24", "any bytes in a fragmented binary", pieces(opBinary, wrong, "\xff"), wants(wantBinary([]byte(wrong + "\xff"))), clean},
		add("6.24", "wrong text after a good one", list(text(greeting), text("\xff")), badText, greeting),
		add("6.24", "code point cut by the end of the message, the rest in the next", list(text("\xce"), text("\xba")), badText),
	)
}

func withPongs(s string) [][]byte {
	var out [][]byte
	for _, f := range bytewise(s) {
		out = append(out, f, pong("x"))
	}
	return out
}

// sequence is a text that must be echoed or refused, as Go's own decoder sees it.
func sequence(section, name, s string) testCase {
	c := testCase{section: section, name: name, send: list(text(s)), end: badText}
	if utf8.ValidString(s) {
		c.want, c.end = wants(wantText(s)), clean
	}
	return c
}

func shortened(s string) string { return s[:min(len(s), 12)] }

// lonely are the first bytes from..to, each followed by a blank.
func lonely(from, to int) string {
	var b strings.Builder
	for c := from; c <= to; c++ {
		b.WriteByte(byte(c))
		b.WriteByte(' ')
	}
	return b.String()
}

func continuationBytes() string {
	var b strings.Builder
	for c := 0x80; c <= 0xBF; c++ {
		b.WriteByte(byte(c))
	}
	return b.String()
}

// incomplete are sequences whose last byte is missing.
var incomplete = []string{
	"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
	"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf",
}

// sequences follow the stress test for UTF-8 decoders that Markus Kuhn has published: every border of the encoding.
var sequences = []struct {
	section, name string
	texts         []string
}{
	{"6.7", "first sequence of its length", []string{"\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"}},
	{"6.8", "first sequence of five and six bytes", []string{"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"}},
	{"6.9", "last sequence of its length", []string{"\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}},
	{"6.10", "last sequence beyond Unicode", []string{"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"}},
	{"6.11", "border", []string{"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80"}},
	{"6.12", "continuation bytes alone", []string{
		"\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80", "\x80\xbf\x80\xbf\x80\xbf", continuationBytes(),
	}},
	{"6.13", "first bytes alone", []string{lonely(0xC0, 0xDF), lonely(0xE0, 0xEF), lonely(0xF0, 0xF7), lonely(0xF8, 0xFB), lonely(0xFC, 0xFD)}},
	{"6.14", "last byte missing", incomplete},
	{"6.15", "last bytes missing, all together", []string{strings.Join(incomplete, "")}},
	{"6.16", "impossible bytes", []string{"\xfe", "\xff", "\xfe\xfe\xff\xff"}},
	{"6.17", "solidus too long", []string{"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"}},
	{"6.18", "last too long", []string{"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"}},
	{"6.19", "NUL too long", []string{"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"}},
	{"6.20", "single surrogate", []string{"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"}},
	{"6.21", "pair of surrogates", []string{
		"\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
		"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf",
	}},
	{"6.22", "noncharacter", []string{"\ufffe", "\uffff"}},
	{"6.23", "special", []string{"\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufeff", "\ufeffx"}},
}
