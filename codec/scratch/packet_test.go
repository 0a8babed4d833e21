package scratch

import (
	"encoding/json"
	"testing"

	"github.com/mailru/easyjson"

	"github.com/skeinhq/skein/codec"
)

func TestPacket(t *testing.T) {
	for _, test := range []struct {
		text string
		want [6]string // method, name, new_name, value, user, project_id
	}{
		{`{}`, [6]string{}},
		{`{"method":"set","name":"v","new_name":"w","value":[1, 2],"user":"ann","project_id":12}`,
			[6]string{`"set"`, `"v"`, `"w"`, `[1, 2]`, `"ann"`, `12`}},
		{` { "value" : -1.50e1 , "x" : {} } `, [6]string{3: `-1.50e1`}},
		{`{"value":null}`, [6]string{3: `null`}},
		{`{"value":1,"value":null}`, [6]string{3: `null`}},
		{`{"value":null,"value":1}`, [6]string{3: `1`}},
		{`{"value":null,"value":1,"value":null,"value":2}`, [6]string{3: `2`}},
		{`{"value":1,"value":"2"}`, [6]string{3: `"2"`}},
		{`{"\u0076alue":1}`, [6]string{3: `1`}},
		{`{"Value":1}`, [6]string{}},
	} {
		var p Packet
		for range 2 { // the second time as a packet that was used before
			p.Reset()
			if err := easyjson.Unmarshal([]byte(test.text), &p); err != nil {
				t.Fatalf("%s: %v", test.text, err)
			}
			for i, field := range []*codec.Raw{p.Method, p.Name, p.NewName, p.Value, p.User, p.ProjectID} {
				if got := string(codec.FieldValue(field)); got != test.want[i] {
					t.Errorf("%s, key %d: %s", test.text, i, got)
				}
			}
		}
	}
}

func FuzzPacket(f *testing.F) {
	f.Add([]byte(`{"method":"set","name":"v","value":null,"value":{"a":[1]},"project_id":12}`))
	f.Add([]byte(`{"new_name":"\u2601 w","user":[],"x":"\\"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if codec.CheckJSON(text, 100) != nil {
			return
		}
		var p Packet
		p.Reset()
		if easyjson.Unmarshal(text, &p) != nil {
			return // no object
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("%q was decoded", text)
		}
		for key, field := range map[string]*codec.Raw{
			"method": p.Method, "name": p.Name, "new_name": p.NewName,
			"value": p.Value, "user": p.User, "project_id": p.ProjectID,
		} {
			if got := codec.FieldValue(field); string(got) != string(want[key]) {
				t.Fatalf("%q: %s is %q, want %q", text, key, got, want[key])
			}
		}
	})
}
