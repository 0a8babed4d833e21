package pystrands

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	codecstrands "github.com/skeinhq/skein/codec/pystrands"
)

// TestAccepted has numbers that are no 0 as they are written, but to Python, and the other way round.
func TestAccepted(t *testing.T) {
	for text, want := range map[string]Decision{
		"0": Refuse, "-0": Refuse, "0.0": Refuse, "-0.00e5": Refuse, "0E-7": Refuse, "1e-400": Refuse, "-1e-400": Refuse,
		"0." + strings.Repeat("0", 400) + "1": Refuse,
		"1":                                   Accept, "-1": Accept, "1e-300": Accept, "5e-324": Accept, "1e400": Accept, "-1E+999": Accept,
		strings.Repeat("9", 400): Accept,
		`""`:                     Refuse, `" "`: Accept, `"\u0000"`: Accept, `[ ]`: Refuse, "{\t}": Refuse, `[0]`: Accept, `{"":0}`: Accept,
		"null": Accept, "true": Accept, "false": Refuse,
	} {
		var l Line
		Decode([]byte(`{"action":"response","params":{"accepted":`+text+`}}`), &l)
		if l.Kind != Respond || l.Response.Decision != want {
			t.Errorf("%.40s: got %+v", text, l)
		}
	}
}

// model decodes a line as the specification says it, with encoding/json.
func model(line []byte) (l Line, message string) {
	bad := Line{Kind: Bad}
	fields := object(line)
	if fields == nil {
		return bad, ""
	}
	action, _ := text(fields["action"])
	id, _ := text(fields["request_id"])
	params := object(fields["params"])
	kinds := map[string]Kind{
		"response": Respond, "message_to_connection": Private, "message_to_room": Room, "broadcast": Broadcast, "auth": Auth,
	}
	l.Kind = kinds[action]
	switch l.Kind {
	case Ignored:
		return l, ""
	case Respond:
		l.RequestID, l.Response = id, modelResponse(params)
		return l, ""
	case Auth:
		l.RequestID = id
		l.Token, _ = text(params["token"])
		return l, ""
	}
	if params == nil {
		return bad, ""
	}
	if l.Kind != Broadcast {
		target := params["conn_id"]
		if l.Kind == Room {
			target = params["room_id"]
		}
		var ok bool
		if l.Target, ok = modelID(target); !ok {
			return bad, ""
		}
	}
	raw := params["message"]
	if raw == nil || string(raw) == "null" {
		return bad, ""
	}
	message, ok := text(raw)
	if !ok {
		message = string([]rune(string(raw)))
	}
	return l, message
}

func modelResponse(params map[string]json.RawMessage) (r Response) {
	if params == nil {
		return Response{Decision: Unusable}
	}
	switch accepted := string(params["accepted"]); {
	case accepted == "", accepted == "null", accepted == "true":
	case accepted == "false", accepted == `""`:
		return Response{Decision: Refuse}
	case accepted[0] == '[' || accepted[0] == '{':
		if strings.Trim(accepted[1:len(accepted)-1], " \t\r\n") == "" {
			return Response{Decision: Refuse}
		}
	case accepted[0] != '"':
		if n, _ := strconv.ParseFloat(accepted, 64); n == 0 {
			return Response{Decision: Refuse}
		}
	}
	for _, f := range []struct {
		raw json.RawMessage
		id  *string
		has *bool
	}{{params["client_id"], &r.ClientID, &r.HasClientID}, {params["room_id"], &r.RoomID, &r.HasRoomID}} {
		if f.raw == nil || string(f.raw) == "null" {
			continue
		}
		if *f.id, *f.has = modelID(f.raw); !*f.has {
			return Response{Decision: Unusable}
		}
	}
	r.Metadata = []byte("{}")
	if raw := params["metadata"]; raw != nil && string(raw) != "null" {
		r.Metadata = raw
	}
	r.Subprotocol, _ = text(params["subprotocol"])
	return r
}

// object returns nil for what is no object.
func object(raw []byte) (fields map[string]json.RawMessage) {
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	return fields
}

func text(raw []byte) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(raw, &s) == nil
}

func modelID(raw []byte) (string, bool) {
	if len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') {
		return string(raw), true
	}
	return text(raw)
}

// FuzzDecode checks lines against the model, and that nothing refers to them afterwards.
func FuzzDecode(f *testing.F) {
	for _, file := range []string{"actions.json", "responses.json"} {
		for _, v := range vectors[struct {
			Line    string `json:"line"`
			LineHex string `json:"line_hex"`
		}](f, file, false) {
			raw, err := hex.DecodeString(v.LineHex)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(append(raw, v.Line...))
		}
	}
	for _, seed := range []string{
		`{"action":"broadcast","params":{"message":"\ud83e\udda2 \ud800\\ é ` + "\xff" + `"}}`,
		`{"action":"message_to_room","action":"broadcast","params":null,"params":{"message":null,"message":[1,{"a":"\xff"}]}}`,
		`{"\u0061ction":"auth","request_id":5,"params":{"token":"\u0000"}}`,
		`{"action":"response","request_id":"1","params":{"accepted":1e-400,"client_id":-0.0,"metadata":{"a":[ ]}}}`,
		`{"action":"response","params":` + strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100) + `}`,
		`{"action":"broadcast","params":{"message":` + strings.Repeat(`{"a":[`, 50) + strings.Repeat(`]}`, 50) + `}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, block []byte) {
		line, _, _ := codecstrands.NextLine(block)
		given := bytes.Clone(line)
		var l Line
		Decode(given, &l)
		if !bytes.Equal(given, line) {
			t.Fatalf("%q has become %q", line, given)
		}
		for i := range given {
			given[i] = 0xfe
		}
		want, message := model(line)
		if l.Kind == Bad {
			readEvent(t, BadLine(l.Problem))
			if l.Problem == "" || want.Kind != Bad {
				t.Fatalf("%q: %+v", line, l)
			}
			return
		}
		if l.Kind != want.Kind || l.RequestID != want.RequestID || l.Target != want.Target || l.Token != want.Token {
			t.Fatalf("%q: %+v instead of %+v", line, l, want)
		}
		for _, s := range []string{l.RequestID, l.Target, l.Token} {
			if !utf8.ValidString(s) {
				t.Fatalf("%q: %q", line, s)
			}
		}
		switch l.Kind {
		case Private, Room, Broadcast:
			if got := framed(t, l.Frame); got != message {
				t.Fatalf("%q: message %q instead of %q", line, got, message)
			}
		case Respond:
			checkResponse(t, line, l.Response, want.Response)
		}
	})
}

func checkResponse(t *testing.T, line []byte, r, want Response) {
	t.Helper()
	if r.Decision != want.Decision || (r.Decision == Unusable) != (r.Problem != "") {
		t.Fatalf("%q: %+v instead of %+v", line, r, want)
	}
	if r.Decision != Accept {
		return
	}
	if r.ClientID != want.ClientID || r.HasClientID != want.HasClientID || r.RoomID != want.RoomID ||
		r.HasRoomID != want.HasRoomID || r.Subprotocol != want.Subprotocol {
		t.Fatalf("%q: %+v instead of %+v", line, r, want)
	}
	// As a backend reads it.
	e := readEvent(t, NewContext(r.ClientID, r.RoomID, r.Metadata).ConnectionOpened())
	context := e.Params["context"].(map[string]any)
	got, err := json.Marshal(context["metadata"])
	if err != nil {
		t.Fatal(err)
	}
	if wanted, _ := json.Marshal(value(t, want.Metadata)); !bytes.Equal(got, wanted) {
		t.Fatalf("%q: metadata %s instead of %s", line, got, wanted)
	}
	if context["client_id"] != r.ClientID || context["room_id"] != r.RoomID {
		t.Fatalf("%q: %v", line, context)
	}
}

func TestDecodeAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("pools lose things on purpose under the race detector")
	}
	for line, most := range map[string]float64{
		`{"action":"broadcast","request_id":"1","params":{"message":"hello é \n \ud83e\udda2"}}`:                                     2, // the frame and its bytes
		`{"action":"message_to_room","request_id":"1","params":{"room_id":"room","message":{"a":[1,2,{"b":null}]}}}`:                 3, // and the target
		`{"action":"message_to_connection","request_id":"1","params":{"conn_id":"c\u0031","message":"x"}}`:                           3,
		`{"action":"response","request_id":"1","params":{"accepted":true,"client_id":"c","room_id":"r","metadata":{"name":"John"}}}`: 4,
		`{"action":"response","request_id":"1","params":{"accepted":false}}`:                                                         1,
		`{"action":"heartbeat","request_id":"1","params":{}}`:                                                                        0,
	} {
		text := []byte(line)
		var l Line
		if n := testing.AllocsPerRun(200, func() { Decode(text, &l) }); n > most {
			t.Errorf("%s: %v allocations, at most %v", line, n, most)
		}
		if l.Kind == Bad {
			t.Errorf("%s: %s", line, l.Problem)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	line := []byte(`{"action":"message_to_room","request_id":"22097197-acf3-45a3-8120-d369653f1149","params":{"room_id":"room","message":"` +
		strings.Repeat("hello, ", 14) + `"}}`)
	var l Line
	b.ReportAllocs()
	for b.Loop() {
		Decode(line, &l)
	}
	if l.Kind != Room {
		b.Fatal(l.Problem)
	}
}
