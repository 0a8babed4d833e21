package pystrands

import (
	"testing"

	"github.com/skeinhq/skein/codec"
)

// read is a field as text, "absent" when its key is missing.
func read(field *codec.Raw) string {
	if v := codec.FieldValue(field); v.Kind() != codec.KindAbsent {
		return string(v)
	}
	return "absent"
}

func TestPacket(t *testing.T) {
	values := func(p *Packet) [3]string { return [3]string{read(p.RequestID), read(p.Action), read(p.Params)} }
	for text, want := range map[string][3]string{ // request_id, action, params
		`{}`: {"absent", "absent", "absent"},
		`{"request_id":"1","action":"a","params":{}}`:                        {`"1"`, `"a"`, `{}`},
		` { "params" : { "a" : 1 } , "action" : 5 , "request_id" : [ 1 ] } `: {`[ 1 ]`, `5`, `{ "a" : 1 }`},
		`{"request_id":null,"action":null,"params":null}`:                    {"null", "null", "null"},
		`{"action":"a","action":"b"}`:                                        {"absent", `"b"`, "absent"},
		`{"action":"a","action":null}`:                                       {"absent", "null", "absent"},
		`{"action":null,"action":"a"}`:                                       {"absent", `"a"`, "absent"},
		`{"x":{"action":"no"},"Action":"no","ACTION":"no","action ":"no"}`:   {"absent", "absent", "absent"},
		`{"\u0061ction":"a","x":["]","}"],"y":"\"}"}`:                        {"absent", `"a"`, "absent"},
		`{"\ud83e":1,"` + "\xff" + `":2,"":3,"action":"a"}`:                  {"absent", `"a"`, "absent"},
		`null`: {"absent", "absent", "absent"},
	} {
		var p Packet
		p.Reset()
		if err := p.UnmarshalJSON([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got := values(&p); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		p.Reset()
		if got := values(&p); got != [3]string{"absent", "absent", "absent"} {
			t.Errorf("%s: after Reset %s", text, got)
		}
	}
}

func TestParams(t *testing.T) {
	fields := func(p *Params) map[string]*codec.Raw {
		return map[string]*codec.Raw{
			"message": p.Message, "conn_id": p.ConnID, "room_id": p.RoomID, "accepted": p.Accepted,
			"client_id": p.ClientID, "metadata": p.Metadata, "subprotocol": p.Subprotocol, "token": p.Token,
		}
	}
	var p Params
	p.Reset()
	for key := range fields(&p) {
		for _, want := range []string{`"x"`, `1.50`, `{"a":[1]}`, `null`, `false`} {
			p.Reset()
			if err := p.UnmarshalJSON([]byte(`{"other":{},"` + key + `":` + want + `}`)); err != nil {
				t.Fatal(err)
			}
			for k, field := range fields(&p) {
				if got := read(field); k == key && got != want || k != key && got != "absent" {
					t.Errorf("%s of %s: %s is %s", key, want, k, got)
				}
			}
		}
	}
}

// TestPacketParts checks that values are parts of the line, and that reading one allocates nothing.
func TestPacketParts(t *testing.T) {
	line := []byte(`{"request_id":"1","action":"broadcast","params":{"message":"hi"}}`)
	var p Packet
	p.Reset()
	if err := p.UnmarshalJSON(line); err != nil {
		t.Fatal(err)
	}
	copy(line[len(`{"request_id":"`):], "2")
	if string(*p.RequestID) != `"2"` {
		t.Errorf("got %s", *p.RequestID)
	}
	if n := testing.AllocsPerRun(100, func() {
		p.Reset()
		_ = p.UnmarshalJSON(line)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
