package cl4

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/skeinhq/skein/codec"
)

// FuzzDecode feeds anything to the packet decoder. What it lets through is valid JSON in every value that could be
// sent on, and what it refuses is refused with a status that is valid JSON too.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `5`, `{"cmd":"ping"}`, ` {"cmd" : "gmsg" , "val" : [1,{"a":null}] } `, `{"cmd":"ping","val":null}`,
		`{"cmd":"x","cmd":"ping"}`, `{"cmd":"gmsg","val":"\q"}`, `{"cmd":"gmsg","val":01}`, `{"cmd":"gmsg","val":NaN}`,
		`{"c\u006dd":"ping"}`, `{"cmd":"gmsg","val":1e400}`, `{"cmd":"pmsg","id":{"id":5},"val":0,"rooms":[1,"a",null]}`,
		`{"cmd":"gmsg","val":"` + "\n" + `"}`, strings.Repeat(`[`, 2000), `{"cmd":"gmsg","val":` + strings.Repeat(`[`, 500) + strings.Repeat(`]`, 500) + `}`,
		`{"cmd":5,"listener":{}}`, `{"cmd":"gmsg","val":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var m Message
		refused := Decode(text, &m)
		if refused != nil {
			if !json.Valid(refused.Packet.Frame().Payload()) {
				t.Fatalf("the answer is not JSON: %s", refused.Packet.Frame().Payload())
			}
			return
		}
		if !json.Valid(text) {
			t.Fatalf("let through: %q", text)
		}
		for _, raw := range []codec.Raw{m.Val, m.Name, m.ID, m.Listener, m.Rooms} {
			if raw != nil && !json.Valid(raw) {
				t.Fatalf("a value of %q is not JSON: %q", text, raw)
			}
		}
		clone := m.Clone()
		if string(clone.Val) != string(m.Val) || clone.Cmd != m.Cmd || string(clone.Listener) != string(m.Listener) {
			t.Fatalf("a clone differs: %+v, %+v", clone, m)
		}
		if s, ok := parseSelector(m.ID); ok && len(s.Terms) == 0 && !s.List {
			t.Fatalf("a selector without terms: %q", m.ID)
		}
		roomNames(m.Val)
	})
}

func TestDecode(t *testing.T) {
	deep := func(n int) string {
		return `{"cmd":"gmsg","val":` + strings.Repeat(`[`, n) + strings.Repeat(`]`, n) + `}`
	}
	tests := []struct {
		name, text string
		status     Status // 0: accepted
		details    string // of a refusal, where it is fixed
	}{
		{"plain", `{"cmd":"ping"}`, 0, ``},
		{"white space", " \r\n\t{\"cmd\":\"ping\"}\n", 0, ``},
		{"empty", ``, StatusEmptyPacket, `"Your client has sent an empty message."`},
		{"truncated", `{"cmd":"ping"`, StatusJSONError, ``},
		{"not a number", `{"cmd":"gmsg","val":NaN}`, StatusJSONError, ``},
		{"bad escape in a value", `{"cmd":"gmsg","val":"\q"}`, StatusJSONError, ``},
		{"bad number in an unknown key", `{"cmd":"ping","x":01}`, StatusJSONError, ``},
		{"array", `[]`, StatusSyntax, ``},
		{"null", `null`, StatusSyntax, ``},
		{"200 levels", deep(200), 0, ``},
		{"2000 levels", deep(2000), StatusJSONError, ``},
		{"no command", `{}`, StatusSyntax, `{"cmd":["required field"]}`},
		{"null command", `{"cmd":null}`, StatusSyntax, `{"cmd":["null value not allowed"]}`},
		{"null value behind a value", `{"cmd":"gmsg","val":1,"val":null}`, StatusSyntax, `{"val":["null value not allowed"]}`},
		{"value behind null", `{"cmd":"gmsg","val":null,"val":1}`, 0, ``},
		{"command as a number", `{"cmd":1}`, StatusSyntax, `{"cmd":["must be of string type"]}`},
		{"all at once", `{"cmd":1,"name":2,"id":3,"listener":[],"rooms":{}}`, StatusSyntax,
			`{"cmd":["must be of string type"],"name":["must be of string type"],` +
				`"id":["must be of ['string', 'dict', 'list', 'set'] type"],` +
				`"listener":["must be of ['string', 'integer', 'float', 'boolean', 'number'] type"],` +
				`"rooms":["must be of ['string', 'integer', 'float', 'boolean', 'number', 'list', 'set'] type"]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var m Message
			refused := Decode([]byte(test.text), &m)
			if test.status == 0 {
				if refused != nil {
					t.Fatalf("refused: %v", refused)
				}
				return
			}
			if refused == nil {
				t.Fatal("accepted")
			}
			if refused.Packet.Status != test.status || test.details != `` && string(refused.Packet.Details) != test.details {
				t.Errorf("refused with %v, %s", refused.Packet.Status, refused.Packet.Details)
			}
		})
	}
}

// TestDecodeAllocations guards the path that every message takes.
func TestDecodeAllocations(t *testing.T) {
	var m Message
	for _, text := range []string{`{"cmd":"ping"}`, `{"cmd":"gmsg","val":{"a":[1,2,3]},"rooms":"default","listener":"x"}`} {
		b := []byte(text)
		if n := testing.AllocsPerRun(100, func() { Decode(b, &m) }); n > 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

func TestStatusTexts(t *testing.T) {
	for status, want := range map[Status]string{
		StatusOK: "I:100 | OK", StatusSyntax: "E:101 | Syntax", StatusDatatype: "E:102 | Datatype", StatusIDNotFound: "E:103 | ID not found",
		StatusIDNotSpecificEnough: "E:104 | ID not specific enough", StatusInternalServerError: "E:105 | Internal server error",
		StatusEmptyPacket: "E:106 | Empty packet", StatusIDAlreadySet: "E:107 | ID already set", StatusRefused: "E:108 | Refused",
		StatusInvalidCommand: "E:109 | Invalid command", StatusCommandDisabled: "E:110 | Command disabled", StatusIDRequired: "E:111 | ID required",
		StatusIDConflict: "E:112 | ID conflict", StatusTooLarge: "E:113 | Too large", StatusJSONError: "E:114 | JSON error",
		StatusRoomNotJoined: "E:115 | Room not joined", StatusTest: "I:0 | Test", StatusEcho: "I:1 | Echo",
	} {
		if status.String() != want {
			t.Errorf("%d is %q", status, status)
		}
	}
}
