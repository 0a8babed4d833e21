package scratch

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/skeinhq/skein/codec"
)

// FuzzSession sends any message before, as and after the handshake, in both dialects. Nothing panics, and what is
// stored and sent is valid JSON on one line.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		twHello, twHello + "\n", "", "{}", "[]", "null", "hello", "\xff", `{"method":5}`,
		`{"method":"set","name":"☁ v","value":"1","project_id":"p"}`,
		`{"method":"set","name":"v","value":1e5,"value":null,"project_id":"p"}`,
		`{"method":"set","name":"\ud83d\ude00","value":{"a" : [1,"x y\n",null]},"project_id":"p"}`,
		`{"method":"set","name":"\ud800","value":01,"project_id":"p"}`,
		`{"method":"create","name":"","value":"\u0031","project_id":"p"}`,
		"{\"method\":\"set\",\"name\":\"v\",\"value\":\"\xff\",\"project_id\":\"p\"}",
		`{"method":"rename","name":"a","new_name":"☁ b","project_id":"p"}`,
		`{"method":"delete","name":"a","project_id":"p"}`,
		`{"method":"handshake","user":"ann","project_id":-0.0e99}`,
		"{\"method\":\"set\",\"name\":\"\n\",\"value\":1}",
		`{"method":"set","value":` + strings.Repeat("[", 600),
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	configs := []Config{
		{}, {Shared: true, Rename: true, Delete: true}, {Values: ValuesAny, ValueLength: 5, NameLength: 3},
		{Dialect: CloudLink}, {Dialect: CloudLink, Shared: true, Values: ValuesNumeric},
	}
	f.Fuzz(func(t *testing.T, payload []byte, binary bool) {
		if !utf8.Valid(payload) && !binary {
			return // the transport lets no such text through
		}
		for _, c := range configs {
			rules := NewRules(c)
			rules.Fits(payload, binary)
			rules.Refuse(payload, binary)
			s := rules.NewSession(false)
			s.Receive(payload, binary)
			s = rules.NewSession(false)
			s.Receive([]byte(twHello), false)
			h := newHub(t, c)
			a, b := h.join(), h.join()
			for range 2 { // the second time as a variable that exists
				switch d := s.Receive(payload, binary); d.Kind {
				case Apply:
					checkChange(t, rules, d.Change)
					h.apply(a, d.Change)
					h.flush()
				case Close:
					if !utf8.ValidString(d.Close.Reason) || len(d.Close.Reason) > 123 || !utf8.ValidString(d.Close.Text) {
						t.Fatalf("%q: %q", payload, d.Close)
					}
				case Join:
					t.Fatalf("%q: joined twice", payload)
				}
			}
			h.join()
			if b.ending != (Ending{}) {
				t.Fatalf("%q: closed a bystander", payload)
			}
		}
	})
}

func checkChange(t *testing.T, r *Rules, c Change) {
	if !utf8.ValidString(c.Name) || !utf8.ValidString(c.NewName) {
		t.Fatalf("%v: a name is no text", c)
	}
	if !within(utf16Length(c.NewName), r.c.NameLength) {
		t.Fatalf("%v: name too long", c)
	}
	if c.Op != OpSet && c.Op != OpCreate {
		return
	}
	if !json.Valid([]byte(c.Value)) || strings.ContainsAny(c.Value, "\n\r") || !utf8.ValidString(c.Value) {
		t.Fatalf("%v: the value is no JSON text on one line", c)
	}
	if kindOf(c.Value) == codec.KindNull {
		t.Fatalf("%v: null", c)
	}
}
