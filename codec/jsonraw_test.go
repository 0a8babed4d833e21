package codec

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestRawKind(t *testing.T) {
	for text, want := range map[string]Kind{
		"": KindAbsent, "null": KindNull, "true": KindBool, "false": KindBool, "0": KindNumber, "-1": KindNumber,
		"9.5": KindNumber, `""`: KindString, "{}": KindObject, "[]": KindArray, "x": KindAbsent,
	} {
		if got := Raw(text).Kind(); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
	if Raw(nil).Kind() != KindAbsent {
		t.Error("nil is not absent")
	}
}

func TestRawStr(t *testing.T) {
	tests := []struct {
		in, want string
		ok       bool
	}{
		{`""`, "", true},
		{`"abc"`, "abc", true},
		{`"é€🦢"`, "é€🦢", true},
		{`"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t", true},
		{`"\u00e9\u20AC\ud83e\udda2"`, "é€🦢", true},
		{`"a\ud83e"`, "a\ufffd", true},
		{`"a\ud83ex"`, "a\ufffdx", true},
		{`"\ud83e\n"`, "\ufffd\n", true},
		{`"\ud83e\ud83e\udda2"`, "\ufffd🦢", true},
		{`"\udda2\ud83e"`, "\ufffd\ufffd", true},
		{`"\ud83e\u0041"`, "\ufffdA", true},
		{`"\u0000"`, "\x00", true},
		{``, "", false},
		{`"`, "", false},
		{`"a`, "", false},
		{`a"`, "", false},
		{`"a"b`, "", false},
		{`"\"`, "", false},
		{`"\q"`, "", false},
		{`"\u12"`, "", false},
		{"\"\n\"", "", false},
		{`null`, "", false},
		{`1`, "", false},
		{`["a"]`, "", false},
	}
	for _, test := range tests {
		if got, ok := Raw(test.in).Str(); got != test.want || ok != test.ok {
			t.Errorf("%s: got %q, %v", test.in, got, ok)
		}
		if got, ok := Raw(test.in).AppendStr([]byte("x")); string(got) != "x"+test.want || ok != test.ok {
			t.Errorf("%s: appended %q, %v", test.in, got, ok)
		}
	}
}

func TestRawText(t *testing.T) {
	for in, want := range map[string]string{`"a\n"`: "a\n", "12.50": "12.50", "true": "true", "false": "false"} {
		if got, ok := Raw(in).Text(); got != want || !ok {
			t.Errorf("%s: got %q, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "null", "{}", "[]", `"`} {
		if got, ok := Raw(in).Text(); ok {
			t.Errorf("%s: got %q", in, got)
		}
	}
}

// TestRawStrLikeStd compares with encoding/json on strings with all sorts of escapes.
func TestRawStrLikeStd(t *testing.T) {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{`\n`, `\"`, `\\`, `\/`, `\u0041`, `\ud83e`, `\uDDA2`, `\ud83e\udda2`, `\uD8`, `\`, "\t", `"`}),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		in := `"` + strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "") + `"`
		var want string
		err := json.Unmarshal([]byte(in), &want)
		got, ok := Raw(in).Str()
		if ok != (err == nil) || ok && got != want {
			t.Fatalf("%q: got %q, %v; want %q, %v", in, got, ok, want, err)
		}
	})
}

func TestAppendString(t *testing.T) {
	for in, want := range map[string]string{
		"":                   `""`,
		"a<b>&'c'":           `"a<b>&'c'"`,
		"\"\\/\b\f\n\r\t":    `"\"\\/\b\f\n\r\t"`,
		"\x00\x1f\x7f":       `"\u0000\u001f` + "\x7f" + `"`,
		"é€🦢\u2028":          `"é€🦢` + "\u2028" + `"`,
		"a\xffb\xe2\x82":     `"a` + "\ufffd" + `b` + "\ufffd\ufffd" + `"`,
		"\ufffd\xed\xa0\x80": `"` + strings.Repeat("\ufffd", 4) + `"`,
	} {
		if got := AppendString([]byte("x"), in); string(got) != "x"+want {
			t.Errorf("%q: got %s, want %s", in, got[1:], want)
		}
	}
}

// TestAppendStringBack checks that what is written is JSON and reads as what it was.
func TestAppendStringBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		if rapid.Bool().Draw(t, "utf8") {
			s = rapid.String().Draw(t, "text")
		}
		got := AppendString(nil, s)
		if !json.Valid(got) || !utf8.Valid(got) || CheckJSON(got, 0) != nil {
			t.Fatalf("%q is written as %q", s, got)
		}
		want := string([]rune(s)) // replaces what is not UTF-8
		if back, ok := Raw(got).Str(); !ok || back != want {
			t.Fatalf("%q reads as %q", s, back)
		}
	})
}

func BenchmarkRawStr(b *testing.B) {
	r := Raw(`"hello to everybody in the room"`)
	b.ReportAllocs()
	for b.Loop() {
		r.Str()
	}
}

func BenchmarkAppendString(b *testing.B) {
	s := "hello to everybody in the \"room\", says a player with a somewhat long message"
	var buf []byte
	b.ReportAllocs()
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		buf = AppendString(buf[:0], s)
	}
}
