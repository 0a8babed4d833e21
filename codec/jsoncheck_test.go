package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCheckJSONErrors(t *testing.T) {
	tests := []struct {
		in     string
		offset int
		msg    string
	}{
		{``, 0, "unexpected end of JSON input at offset 0"},
		{` `, 1, "unexpected end of JSON input at offset 1"},
		{`{"a":x}`, 5, "invalid character 'x' at offset 5"},
		{`{"a":1,}`, 7, "invalid character '}' at offset 7"},
		{`{"a" 1}`, 5, "invalid character '1' at offset 5"},
		{`{"a":1 "b":2}`, 7, `invalid character '"' at offset 7`},
		{`{,}`, 1, "invalid character ',' at offset 1"},
		{`{1:2}`, 1, "invalid character '1' at offset 1"},
		{`{"a":1]`, 6, "invalid character ']' at offset 6"},
		{`[1,]`, 3, "invalid character ']' at offset 3"},
		{`[1}`, 2, "invalid character '}' at offset 2"},
		{`[`, 1, "unexpected end of JSON input at offset 1"},
		{`[1`, 2, "unexpected end of JSON input at offset 2"},
		{`1 2`, 2, "invalid character '2' at offset 2"},
		{`01`, 1, "invalid character '1' at offset 1"},
		{`-`, 1, "unexpected end of JSON input at offset 1"},
		{`-x`, 1, "invalid character 'x' at offset 1"},
		{`+1`, 0, "invalid character '+' at offset 0"},
		{`.5`, 0, "invalid character '.' at offset 0"},
		{`1.`, 2, "unexpected end of JSON input at offset 2"},
		{`1e`, 2, "unexpected end of JSON input at offset 2"},
		{`1e+`, 3, "unexpected end of JSON input at offset 3"},
		{`tru`, 3, "unexpected end of JSON input at offset 3"},
		{`trux`, 3, "invalid character 'x' at offset 3"},
		{`nul1`, 3, "invalid character '1' at offset 3"},
		{`truee`, 4, "invalid character 'e' at offset 4"},
		{`"\q"`, 2, "invalid character 'q' at offset 2"},
		{`"\u12g4"`, 5, "invalid character 'g' at offset 5"},
		{`"\u12`, 5, "unexpected end of JSON input at offset 5"},
		{`"\`, 2, "unexpected end of JSON input at offset 2"},
		{`"a`, 2, "unexpected end of JSON input at offset 2"},
		{"\"a\n\"", 2, `invalid character '\n' at offset 2`},
		{"\"12345678\x00\"", 9, `invalid character '\x00' at offset 9`},
		{"[\v]", 1, `invalid character '\v' at offset 1`},
		{"[é]", 1, "invalid character 'é' at offset 1"},
		{"\ufeff1", 0, `invalid character '\ufeff' at offset 0`},
	}
	for _, test := range tests {
		err := CheckJSON([]byte(test.in), 10)
		var e *JSONError
		if !errors.As(err, &e) || e.Offset != test.offset || e.Error() != test.msg || errors.Is(err, ErrJSONDepth) {
			t.Errorf("%q: got %v, want %s", test.in, err, test.msg)
		}
	}
}

// checkLikeStd compares CheckJSON with json.Valid.
func checkLikeStd(t interface{ Fatalf(string, ...any) }, b []byte) {
	err := CheckJSON(b, MaxJSONDepth)
	if got, want := err == nil, json.Valid(b); got != want {
		t.Fatalf("%.300q: got %v, want %v", b, err, want)
	}
	var e *JSONError
	if err != nil && (!errors.As(err, &e) || e.Offset < 0 || e.Offset > len(b)) {
		t.Fatalf("%.300q: %#v", b, err)
	}
}

func TestCheckJSONValid(t *testing.T) {
	for _, s := range jsonSeeds() {
		checkLikeStd(t, []byte(s))
		for i := range s { // and everything one byte away from it
			checkLikeStd(t, []byte(s[:i]))
			checkLikeStd(t, []byte(s[:i]+s[i+1:]))
			for _, c := range "\x00\n \"\\/u0-.,:{}[]eEn\x7f\x80\xff" {
				checkLikeStd(t, []byte(s[:i]+string([]byte{byte(c)})+s[i+1:]))
			}
		}
	}
}

// jsonSeeds has a text for every branch of the scanner.
func jsonSeeds() []string {
	return []string{
		`0`, `-0`, `10`, `-12.50`, `1e5`, `1E-05`, `0.1e+9`, `true`, `false`, `null`, `""`, `"a"`, " \t\r\n1 \t\r\n",
		`"\"\\\/\b\f\n\r\t\u00e9\uD834\udd1E"`, `"seven_7"`, `"eight__8"`, `"a longer string without escapes: é€🦢"`,
		`"\ud800"`, `"12345678\"12345678\\"`, `[]`, `{}`, ` [ ] `, ` { } `, `[1,"a",null,true,{},[]]`,
		`{"a":1,"b":[{"c":{"d":[[]]}}],"e":""}`, ` { "a" : [ 1 , 2 ] , "b" : { } } `,
		`{"cmd":"gmsg","val":{"x":[1.5,-2e3,"y"]},"rooms":["a","b"],"listener":"l1"}`,
		`[[[[[[]]]]]]`, `{"a":{"a":{"a":{}}}}`, `[{"a":[{"a":[{}]}]}]`,
	}
}

func TestCheckJSONDepth(t *testing.T) {
	for _, depth := range []int{0, 1, 2, 63, 64, 65, 66, 127, 128, 129, 130, 1000, 9_999, 10_000} {
		for _, unit := range []string{"[]", `{"k":}`} {
			half := len(unit) - 1
			good := strings.Repeat(unit[:half], depth) + "1" + strings.Repeat(unit[half:], depth)
			for _, limit := range []int{depth - 1, depth, depth + 1, 0, 1 << 30} {
				err := CheckJSON([]byte(good), limit)
				if tooDeep := limit > 0 && depth > limit; errors.Is(err, ErrJSONDepth) != tooDeep || err != nil != tooDeep {
					t.Errorf("%d times %s with a limit of %d: %v", depth, unit, limit, err)
				}
			}
			if depth > 0 { // the wrong bracket at each end
				checkLikeStd(t, []byte(good[:len(good)-1]+"]"))
				checkLikeStd(t, []byte(good[:len(good)-1]+"}"))
				bad := []byte(good)
				bad[len(bad)-depth] ^= '}' ^ ']'
				checkLikeStd(t, bad)
			}
		}
	}
	// Brackets of both kinds in turns, across the borders of words.
	mixed := strings.Repeat(`[{"k":`, 300) + "1" + strings.Repeat("}]", 300)
	for i := range mixed {
		bad := []byte(mixed)
		bad[i] ^= '}' ^ ']'
		checkLikeStd(t, bad)
	}
	for _, depth := range []int{10_001, 1_000_000} {
		for _, s := range []string{strings.Repeat("[", depth), strings.Repeat("[", depth) + strings.Repeat("]", depth)} {
			if err := CheckJSON([]byte(s), 0); !errors.Is(err, ErrJSONDepth) {
				t.Errorf("%d levels: %v", depth, err)
			}
		}
	}
	want := "nested deeper than 2 levels at offset 3"
	if err := CheckJSON([]byte("[ [[]]]"), 2); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestCheckJSONProperty compares with json.Valid on text made of pieces of JSON.
func TestCheckJSONProperty(t *testing.T) {
	pieces := rapid.SampledFrom([]string{"{", "}", "[", "]", ",", ":", " ", "\n", `"`, `"a"`, `"a":`, `\"`, `\u0041`, `\`,
		"1", "-", "0", ".", "e", "E+", "true", "null", "fals", "\x1f", "é", "\xff", "[]", "{}", `{"k":1}`, "1234567"})
	rapid.Check(t, func(t *rapid.T) {
		checkLikeStd(t, []byte(strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "pieces"), "")))
	})
}

func TestCheckJSONAllocations(t *testing.T) {
	for _, s := range append(jsonSeeds(), strings.Repeat("[", 1000)+strings.Repeat("]", 1000)) {
		b := []byte(s)
		if n := testing.AllocsPerRun(20, func() { _ = CheckJSON(b, 0) }); n != 0 {
			t.Errorf("%.50q: %v allocations", s, n)
		}
	}
}

// benchTexts are texts like those that clients send.
func benchTexts() map[string]string {
	return map[string]string{
		"packet71":  `{"cmd":"gmsg","val":"hello to everybody in the room","rooms":"default"}`,
		"packet250": `{"cmd":"gmsg","val":{"type":"move","x":-123.5,"y":44,"dir":90,"name":"player_17","tags":["a","b","c"],"text":"some words that a player has typed","ok":true,"nothing":null},"listener":"gmsg_listener_0001","rooms":["default","lobby","game 1"]}`,
		"strings":   `{"val":"` + strings.Repeat("The quick brown fox jumps over the lazy dog. ", 1000) + `"}`,
		"escapes":   `{"val":"` + strings.Repeat(`a line of text\n`, 2000) + `"}`,
		"numbers":   `[` + strings.Repeat(`123.456,-7,`, 3000) + `0]`,
		"deep":      strings.Repeat(`[`, 200) + strings.Repeat(`]`, 200),
	}
}

func BenchmarkCheckJSON(b *testing.B) {
	for _, f := range []struct {
		name string
		fn   func([]byte) bool
	}{
		{"skein", func(b []byte) bool { return CheckJSON(b, 1000) == nil }},
		{"std", json.Valid},
	} {
		for _, name := range []string{"packet71", "packet250", "strings", "escapes", "numbers", "deep"} {
			text := []byte(benchTexts()[name])
			b.Run(fmt.Sprintf("%s/%s", name, f.name), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					if !f.fn(text) {
						b.Fatal("not valid")
					}
				}
			})
		}
	}
}
