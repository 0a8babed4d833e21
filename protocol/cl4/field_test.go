package cl4

import (
	"strings"
	"testing"
)

// TestBuiltinsCheckWithoutAllocation keeps what plugins need from costing those who use none.
func TestBuiltinsCheckWithoutAllocation(t *testing.T) {
	for _, text := range []string{`{"cmd":"ping"}`, `{"cmd":"gmsg","val":{"a":[1,2]},"more":1}`, `{"cmd":"direct","id":"x","val":1}`} {
		raw := []byte(text)
		var m Message
		if refused := Decode(raw, &m); refused != nil {
			t.Fatal(refused)
		}
		var schema Schema
		for _, c := range Commands {
			if c.Name == m.Cmd {
				schema = c.Schema
			}
		}
		allocs := testing.AllocsPerRun(200, func() {
			if schema.Check(&m) != nil {
				t.Fail()
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", text, allocs)
		}
	}
}

func TestCloneKeepsTheText(t *testing.T) {
	text := []byte(`{"cmd":"x","val":1,"own":"\u0061"}`)
	var m Message
	if refused := Decode(text, &m); refused != nil {
		t.Fatal(refused)
	}
	c := m.Clone()
	clear(text)
	if got, _ := c.Get("own").Str(); got != "a" || string(c.Val) != "1" || c.Get("none") != nil {
		t.Errorf("%s %s", got, c.Val)
	}
	var v struct{ Own string }
	if err := c.Decode(&v); err != nil || v.Own != "a" {
		t.Error(v, err)
	}
}

// TestUnknownKeysAreBounded answers a message of many unknown keys with a few of them.
func TestUnknownKeysAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"cmd":"x"`)
	for i := range 20_000 {
		b.WriteString(`,"k` + strings.Repeat("y", i%7) + string(rune('a'+i%26)) + `":0`)
	}
	b.WriteString("}")
	var m Message
	if refused := Decode([]byte(b.String()), &m); refused != nil {
		t.Fatal(refused)
	}
	refused := (Schema{NoUnknown: true}).Check(&m)
	if refused == nil || strings.Count(refused.Details, "unknown field") != maxUnknown {
		t.Error(refused)
	}
}

func TestTypeTexts(t *testing.T) {
	for _, test := range []struct {
		types Types
		want  string
	}{
		{TypeString, errString},
		{TypeString | TypeObject | TypeList, "must be of ['string', 'dict', 'list'] type"},
		{TypeInteger, "must be of integer type"},
	} {
		if got := test.types.text(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
