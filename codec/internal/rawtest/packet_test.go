package rawtest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mailru/easyjson"
	"github.com/mailru/easyjson/jlexer"
)

const (
	missing = "missing"
	null    = "null"
)

// decode returns what val is after decoding.
func decode(t *testing.T, text string) (string, *Packet) {
	t.Helper()
	p := new(Packet)
	p.Reset()
	if err := easyjson.Unmarshal([]byte(text), p); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	switch {
	case p.Val == nil:
		return null, p
	case len(*p.Val) == 0:
		return missing, p
	}
	return string(*p.Val), p
}

func TestRawField(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                     missing,
		`{"other":1}`:                            missing,
		`{"val":null}`:                           null,
		`{ "val" : null , "x" : 1 }`:             null,
		`{"val":1,"val":null}`:                   null,
		`{"val":null,"val":2}`:                   `2`,
		`{"val":1,"val":2}`:                      `2`,
		`{"val":1,"val":null,"val":"c"}`:         `"c"`,
		`{"val":"a\nb"}`:                         `"a\nb"`,
		`{"val":-1.50e3}`:                        `-1.50e3`,
		`{"val":true}`:                           `true`,
		`{"val":""}`:                             `""`,
		`{"val": {"a" : [1, {"b":"}]"}]} }`:      `{"a" : [1, {"b":"}]"}]}`,
		`{"val":[],"other":{"val":5}}`:           `[]`,
		`{"VAL":1}`:                              missing,
		`{"val":{"\"":"\\"},"other":"{\"val\""}`: `{"\"":"\\"}`,
	} {
		if got, _ := decode(t, text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// TestRawPlainField holds on to the reason for the pointers: the generated code does not let a field see null.
func TestRawPlainField(t *testing.T) {
	_, p := decode(t, `{"plain":1,"plain":null}`)
	if string(p.Plain) != "1" {
		t.Errorf("a plain field now sees null: %s", p.Plain)
	}
}

func TestRawList(t *testing.T) {
	_, p := decode(t, `{"list":[1,null,"a",{"b":[]}]}`)
	if len(p.List) != 4 || string(p.List[0]) != "1" || p.List[1] != nil || string(p.List[2]) != `"a"` ||
		string(p.List[3]) != `{"b":[]}` {
		t.Errorf("got %q", p.List)
	}
}

func TestRawNoCopy(t *testing.T) {
	text := []byte(`{"val":"abc"}`)
	var p Packet
	if n := testing.AllocsPerRun(50, func() {
		p.Reset()
		in := jlexer.Lexer{Data: text}
		p.UnmarshalEasyJSON(&in)
		if in.Error() != nil {
			t.Fatal(in.Error())
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	text[8] = 'x'
	if string(*p.Val) != `"xbc"` {
		t.Errorf("%s does not follow its text", *p.Val)
	}
}

func TestRawMarshal(t *testing.T) {
	p := new(Packet)
	for text, want := range map[string]string{
		`{"val":{"a":"<&>"},"list":[1,null]}`: `{"val":{"a":"<&>"},"list":[1,null]}`,
		`{"val":null}`:                        `{"val":null}`,
		`{}`:                                  `{"val":null}`,
		`{"val":1,"plain":"p"}`:               `{"val":1,"plain":"p"}`,
	} {
		p.Reset()
		if err := easyjson.Unmarshal([]byte(text), p); err != nil {
			t.Fatal(err)
		}
		if got, err := easyjson.Marshal(p); err != nil || string(got) != want {
			t.Errorf("got %s, %v; want %s", got, err, want)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, text := range map[string]string{
		"scalar": `{"val":"hello to everybody in the room","plain":"x"}`,
		"object": `{"val":{"type":"move","x":-123.5,"y":44,"dir":90,"name":"player_17","tags":["a","b","c"],"text":"some words that a player has typed","ok":true,"nothing":null},"plain":"x"}`,
	} {
		b.Run(name, func(b *testing.B) {
			var p Packet
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				p.Reset()
				in := jlexer.Lexer{Data: []byte(text)}
				p.UnmarshalEasyJSON(&in)
			}
		})
	}
}

// TestRawNested decodes containers at all places of a text, shallow and deep, and what follows them.
func TestRawNested(t *testing.T) {
	for _, depth := range []int{1, 2, 63, 64, 65, 500} {
		val := strings.Repeat(`[{"a":`, depth/2) + `[ ]` + strings.Repeat(`}]`, depth/2)
		text := ` {"val": ` + val + ` , "list":[` + val + `,` + val + ` ,{}] , "x":{"y":[]}, "plain":` + val + `}  `
		got, p := decode(t, text)
		if got != val || string(p.Plain) != val || len(p.List) != 3 {
			t.Fatalf("%d: got %s, %s, %q", depth, got, p.Plain, p.List)
		}
		if string(p.List[0]) != val || string(p.List[1]) != val || string(p.List[2]) != "{}" {
			t.Errorf("%d: got %q", depth, p.List)
		}
		for _, bad := range []string{"]", "}", ",", ":", "1", `{"val":`} {
			for _, at := range []int{9, 9 + len(val), len(text) - 3, len(text)} {
				if json.Valid([]byte(text[:at] + bad + text[at:])) {
					continue
				}
				p.Reset()
				if err := easyjson.Unmarshal([]byte(text[:at]+bad+text[at:]), p); err == nil {
					t.Errorf("%d: %q at %d is accepted", depth, bad, at)
				}
			}
		}
	}
	for _, text := range []string{`{"val":{`, `{"val":[1,]}`, `{"val":[}]}`, `{"val":{}`, `{"val":{}]`, `{"val":{}1}`} {
		p := new(Packet)
		p.Reset()
		if err := easyjson.Unmarshal([]byte(text), p); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}
