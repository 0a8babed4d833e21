package pystrands

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendASCII(t *testing.T) {
	for in, want := range map[string]string{
		"":                          `""`,
		"a<b>&'c'/":                 `"a<b>&'c'/"`,
		"\"\\":                      `"\"\\"`,
		"\b\f\n\r\t\v":              `"\u0008\u000c\n\r\t\u000b"`,
		"\x00\x1f\x7f":              `"\u0000\u001f` + "\x7f" + `"`,
		"é€\u2028\u2029":            `"\u00e9\u20ac\u2028\u2029"`,
		"\u0080\u07ff\u0800\uffff":  `"\u0080\u07ff\u0800\uffff"`,
		"\U00010000🦢\U0010ffff":     `"\ud800\udc00\ud83e\udda2\udbff\udfff"`,
		"\ufffd":                    `"\ufffd"`,
		"a\xffb":                    `"a\ufffdb"`,
		"\xe2\x82":                  `"\ufffd\ufffd"`,
		"\xe2\x82a":                 `"\ufffd\ufffda"`,
		"\xf0\x9f\xa6":              `"\ufffd\ufffd\ufffd"`,
		"\xed\xa0\xbe\xed\xb6\xa2":  `"` + strings.Repeat(`\ufffd`, 6) + `"`, // halves of a pair, as no UTF-8 has them
		"\xc0\x80\xf4\x90\x80\x80":  `"` + strings.Repeat(`\ufffd`, 6) + `"`,
		"\x80é\xc3":                 `"\ufffd\u00e9\ufffd"`,
		"plain, then é, then plain": `"plain, then \u00e9, then plain"`,
	} {
		if got := AppendASCII([]byte("x"), in); string(got) != "x"+want {
			t.Errorf("%q: got %s, want %s", in, got[1:], want)
		}
		checkASCII(t, []byte(in))
	}
}

// checkASCII checks what AppendASCII makes of s, whatever it is.
func checkASCII(t testing.TB, s []byte) {
	t.Helper()
	before := bytes.Clone(s)
	got := AppendASCII(nil, s)
	if !bytes.Equal(s, before) {
		t.Fatalf("%q has become %q", before, s)
	}
	if other := AppendASCII([]byte("before"), string(s)); string(other) != "before"+string(got) {
		t.Fatalf("%q: as bytes %s, as a string %s", s, got, other)
	}
	if n := ASCIILen(s); n != len(got) {
		t.Fatalf("%q: %d bytes instead of %d", s, len(got), n)
	}
	checkPlain(t, got)
	var back string
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatalf("%q: %s: %v", s, got, err)
	}
	if want := string([]rune(string(s))); back != want { // runes are U+FFFD for each byte that is not UTF-8
		t.Fatalf("%q reads as %q", s, back)
	}
}

// checkPlain checks that a text is ASCII without control characters, and so a part of a line.
func checkPlain(t testing.TB, text []byte) {
	t.Helper()
	for _, c := range text {
		if c < ' ' || c >= utf8.RuneSelf {
			t.Fatalf("%q is in %q", c, text)
		}
	}
}

func TestAppendASCIIRaw(t *testing.T) {
	for in, want := range map[string]string{
		`{}`:                   `{}`,
		` { } `:                `{}`,
		"\t[ 1 ,\r\n\"a b\" ]": `[1,"a b"]`,
		`{ "a b" : " \t " }`:   `{"a b":" \t "}`,
		`1234567890123456789`:  `1234567890123456789`,
		`[1e3,-0.0,1E+400,0.10000000000000000000001]`: `[1e3,-0.0,1E+400,0.10000000000000000000001]`,
		`[true,false,null]`:                           `[true,false,null]`,
		`"é€🦢"`:                                       `"\u00e9\u20ac\ud83e\udda2"`,
		`{"é":"` + "\u2028" + `"}`:                    `{"\u00e9":"\u2028"}`,
		`"\u00e9\u20AC\/\b\f\n\r\t\"\\"`:              `"\u00e9\u20AC\/\b\f\n\r\t\"\\"`,
		`"\ud83e\udda2\uD83E\uDDA2"`:                  `"\ud83e\udda2\uD83E\uDDA2"`,
		`"\ud83e"`:                                    `"\ufffd"`,
		`"\udda2\ud83e"`:                              `"\ufffd\ufffd"`,
		`"\ud83e\ud83e\udda2"`:                        `"\ufffd\ud83e\udda2"`,
		`"\ud83e\u0041"`:                              `"\ufffd\u0041"`,
		`"\ud83e\\udda2"`:                             `"\ufffd\\udda2"`,
		`"\\ud83e"`:                                   `"\\ud83e"`,
		`"\\\ud83e"`:                                  `"\\\ufffd"`,
		`"\ud83e` + "\xff" + `"`:                      `"\ufffd\ufffd"`,
		`["` + "\xe2\x82" + `","\\","]"]`:             `["\ufffd\ufffd","\\","]"]`,
		`{"a":"\"","b c":[ "\\\"" , 1 ]}`:             `{"a":"\"","b c":["\\\"",1]}`,
		`"` + "\x7f" + `"`:                            `"` + "\x7f" + `"`,
		strings.Repeat(`[`, 200) + strings.Repeat(`]`, 200): strings.Repeat(`[`, 200) + strings.Repeat(`]`, 200),
	} {
		if got := AppendASCIIRaw([]byte("x"), []byte(in)); string(got) != "x"+want {
			t.Errorf("%q: got %s, want %s", in, got[1:], want)
		}
		checkASCIIRaw(t, []byte(in))
	}
}

// checkASCIIRaw checks what AppendASCIIRaw makes of text, if it is JSON.
func checkASCIIRaw(t testing.TB, text []byte) {
	t.Helper()
	if !json.Valid(text) {
		return
	}
	before := bytes.Clone(text)
	got := AppendASCIIRaw(nil, text)
	if !bytes.Equal(text, before) {
		t.Fatalf("%q has become %q", before, text)
	}
	checkPlain(t, got)
	if back, want := decode(t, got), decode(t, text); !reflect.DeepEqual(back, want) {
		t.Fatalf("%q reads as %v, want %v", text, back, want)
	}
	if again := AppendASCIIRaw(nil, got); !bytes.Equal(again, got) {
		t.Fatalf("%q: made again, %s becomes %s", text, got, again)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, got); err != nil || !bytes.Equal(compact.Bytes(), got) {
		t.Fatalf("%q: %s has blanks: %v", text, got, err)
	}
}

// decode is what encoding/json makes of a text, with numbers as they are written.
func decode(t testing.TB, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}

func TestASCIIAllocations(t *testing.T) {
	text := "plain, \"quoted\", é€🦢, \xff"
	raw := []byte(`{"name": "J\u00f6hn é🦢", "id": 1234567890123456789}`)
	buf := make([]byte, 0, 1000)
	if n := testing.AllocsPerRun(100, func() {
		AppendASCII(buf, text)
		AppendASCII(buf, raw)
		ASCIILen(raw)
		AppendASCIIRaw(buf, raw)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppendASCII(b *testing.B) {
	for name, s := range map[string]string{
		"plain": strings.Repeat("hello to everybody in the room, ", 32), "greek": strings.Repeat("καλημέρα ", 64),
	} {
		b.Run(name, func(b *testing.B) {
			var buf []byte
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				buf = AppendASCII(buf[:0], s)
			}
		})
	}
}
