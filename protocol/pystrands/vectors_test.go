package pystrands

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/skeinhq/skein/codec"
	codecstrands "github.com/skeinhq/skein/codec/pystrands"
)

// vectorFolder has the vectors that the broker as a whole is tested with too; its README says what they mean.
const vectorFolder = "../../tests/vectors/pystrands"

// eachVector decodes the vectors of a file into values of type T, which has all of their keys, and runs test for each.
func eachVector[T any](t *testing.T, file string, test func(t *testing.T, v T)) {
	t.Helper()
	for i, v := range vectors[T](t, file, true) {
		t.Run(fmt.Sprint(i), func(t *testing.T) { test(t, v) })
	}
}

// vectors decodes the vectors of a file. If strict, a key that T does not have is an error: it would not be tested.
func vectors[T any](t testing.TB, file string, strict bool) []T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(vectorFolder, file))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		About   string `json:"about"`
		Vectors []T    `json:"vectors"`
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if strict {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(&all); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if len(all.Vectors) == 0 {
		t.Fatalf("%s has no vectors", file)
	}
	return all.Vectors
}

// decodeText decodes a line as a backend's lines are, and reports whether there is one at all.
func decodeText(text string) (l Line, ok bool) {
	line, _, ok := codecstrands.NextLine([]byte(text + "\n"))
	if ok {
		Decode(line, &l)
	}
	return l, ok
}

// value is what a JSON text means, with numbers as they are written.
func value(t testing.TB, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}

// framed is the message of a frame for an end client, checked to be the only text in it.
func framed(t testing.TB, f *codec.Frame) string {
	t.Helper()
	if f == nil {
		t.Fatal("there is no frame")
	}
	if want := codec.TextFrame(f.Payload()); !bytes.Equal(f.Wire(), want.Wire()) || !utf8.Valid(f.Payload()) {
		t.Fatalf("not a text frame: %q", f.Wire())
	}
	return string(f.Payload())
}

// event is a line to a backend.
type event struct {
	RequestID *string        `json:"request_id"`
	Action    string         `json:"action"`
	Params    map[string]any `json:"params"`
}

// readEvent checks the form of a line to a backend and decodes it.
func readEvent(t testing.TB, f *codec.Frame) (e event) {
	t.Helper()
	text, ok := bytes.CutSuffix(f.Wire(), []byte{'\n'})
	if !ok || len(f.Payload()) != len(f.Wire()) {
		t.Fatalf("not a line: %q", f.Wire())
	}
	for _, c := range text {
		if c >= utf8.RuneSelf || c < ' ' {
			t.Fatalf("not plain ASCII: %q", text)
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil || !json.Valid(text) {
		t.Fatalf("%s: %v", text, err)
	}
	if e.RequestID == nil || e.Params == nil {
		t.Fatalf("incomplete: %s", text)
	}
	return e
}

func TestActionVectors(t *testing.T) {
	type vector struct {
		Line     *string         `json:"line"`
		LineHex  string          `json:"line_hex"`
		Upstream json.RawMessage `json:"upstream"`
		Expect   struct {
			Kind        string          `json:"kind"`
			RoomID      *string         `json:"room_id"`
			ConnID      *string         `json:"conn_id"`
			Message     *string         `json:"message"`
			MessageJSON json.RawMessage `json:"message_json"`
		} `json:"expect"`
	}
	eachVector(t, "actions.json", func(t *testing.T, v vector) {
		var text string
		if v.Line != nil {
			text = *v.Line
		} else {
			b, err := hex.DecodeString(v.LineHex)
			if err != nil || len(b) == 0 {
				t.Fatalf("%q: %v", v.LineHex, err)
			}
			text = string(b)
		}
		l, ok := decodeText(text)
		want := v.Expect
		kinds := map[string]Kind{"broadcast": Broadcast, "room": Room, "private": Private, "error": Bad, "ignored": Ignored}
		kind, known := kinds[want.Kind]
		if !known {
			t.Fatalf("unknown kind %q", want.Kind)
		}
		if l.Kind != kind || !ok && kind != Ignored {
			t.Fatalf("%q: got kind %d (%s), want %s", text, l.Kind, l.Problem, want.Kind)
		}
		switch kind {
		case Bad:
			if e := readEvent(t, BadLine(l.Problem)); l.Problem == "" || e.Params["error"] != l.Problem {
				t.Errorf("%q: %v", text, e)
			}
			return
		case Ignored:
			if !reflect.DeepEqual(l, Line{}) {
				t.Errorf("%q: %+v", text, l)
			}
			return
		case Room:
			if l.Target != *want.RoomID {
				t.Errorf("%q: room %q", text, l.Target)
			}
		case Private:
			if l.Target != *want.ConnID {
				t.Errorf("%q: client %q", text, l.Target)
			}
		}
		got := framed(t, l.Frame)
		if want.Message != nil && got != *want.Message ||
			want.Message == nil && !reflect.DeepEqual(value(t, []byte(got)), value(t, want.MessageJSON)) {
			t.Errorf("%q: message %q", text, got)
		}
	})
}

func TestResponseVectors(t *testing.T) {
	const id = "00000000-0000-7000-8000-000000000000"
	type vector struct {
		URL      string          `json:"url"`
		Line     string          `json:"line"`
		Upstream json.RawMessage `json:"upstream"`
		Expect   struct {
			Decision string          `json:"decision"`
			ClientID string          `json:"client_id"`
			RoomID   string          `json:"room_id"`
			Metadata json.RawMessage `json:"metadata"`
		} `json:"expect"`
	}
	eachVector(t, "responses.json", func(t *testing.T, v vector) {
		l, _ := decodeText(strings.ReplaceAll(v.Line, "RID", id))
		r := l.Response
		answers := l.Kind == Respond && l.RequestID == id
		switch want := v.Expect; want.Decision {
		case "accept":
			client, room := "<uuid>", v.URL
			if r.HasClientID {
				client = r.ClientID
			}
			if r.HasRoomID {
				room = r.RoomID
			}
			if !answers || r.Decision != Accept || client != want.ClientID || room != want.RoomID ||
				!reflect.DeepEqual(value(t, r.Metadata), value(t, want.Metadata)) {
				t.Errorf("%s: got %+v", v.Line, l)
			}
			readEvent(t, NewContext(client, room, r.Metadata).ConnectionOpened())
		case "reject":
			if !answers || r.Decision != Refuse {
				t.Errorf("%s: got %+v", v.Line, l)
			}
		case "bad":
			if !answers || r.Decision != Unusable || r.Problem == "" {
				t.Errorf("%s: got %+v", v.Line, l)
			}
		case "malformed":
			if l.Kind != Bad {
				t.Errorf("%s: got %+v", v.Line, l)
			}
		case "ignored":
			if answers || l.Kind == Bad {
				t.Errorf("%s: got %+v", v.Line, l)
			}
		default:
			t.Fatalf("unknown decision %q", want.Decision)
		}
	})
}

func TestEventVectors(t *testing.T) {
	type vector struct {
		Event struct {
			Event  string `json:"event"`
			Client struct {
				ClientID     string `json:"client_id"`
				RoomID       string `json:"room_id"`
				MetadataText string `json:"metadata_text"`
			} `json:"client"`
			Opcode     string  `json:"opcode"`
			Payload    *string `json:"payload"`
			PayloadHex string  `json:"payload_hex"`

			Error   string `json:"error"`
			Context struct {
				Headers    http.Header `json:"headers"`
				URL        string      `json:"url"`
				RemoteAddr string      `json:"remote_addr"`
			} `json:"context"`

			Headers    http.Header `json:"headers"`
			URL        string      `json:"url"`
			RemoteAddr string      `json:"remote_addr"`
		} `json:"event"`
		Action       string          `json:"action"`
		Params       json.RawMessage `json:"params"`
		LineContains string          `json:"line_contains"`
		Upstream     json.RawMessage `json:"upstream"`
	}
	eachVector(t, "events.json", func(t *testing.T, v vector) {
		e := v.Event
		var c Context
		if e.Client.MetadataText != "" {
			// As it comes: in the line of a response.
			l, _ := decodeText(`{"action":"response","request_id":"x","params":{"metadata":` + e.Client.MetadataText + `}}`)
			c = NewContext(e.Client.ClientID, e.Client.RoomID, l.Response.Metadata)
		}
		var f *codec.Frame
		switch e.Event {
		case "new_connection":
			f = c.ConnectionOpened()
		case "disconnected":
			f = c.Disconnected()
		case "new_message":
			var payload []byte
			if e.Payload != nil {
				payload = []byte(*e.Payload)
			} else {
				payload, _ = hex.DecodeString(e.PayloadHex)
			}
			f = c.MessageReceived(payload, e.Opcode == "binary")
		case "error":
			r := Request{URL: e.Context.URL, RemoteAddr: e.Context.RemoteAddr, Header: e.Context.Headers}
			f = r.Failed(e.Error)
		case "heartbeat":
			f = Heartbeat()
		case "connection_request":
			r := Request{ID: "x", URL: e.URL, RemoteAddr: e.RemoteAddr, Header: e.Headers}
			f = r.Ask()
		default:
			t.Fatalf("unknown event %q", e.Event)
		}
		got := readEvent(t, f)
		if got.Action != v.Action || (got.Action == "heartbeat") != (*got.RequestID == "heartbeat") || *got.RequestID == "" {
			t.Errorf("%s", f.Wire())
		}
		for key, want := range value(t, v.Params).(map[string]any) {
			if !reflect.DeepEqual(got.Params[key], want) {
				t.Errorf("%s: got %v, want %v", key, got.Params[key], want)
			}
		}
		for _, key := range []string{"binary", "message_b64"} {
			if _, has := got.Params[key]; has && !bytes.Contains(v.Params, []byte(key)) {
				t.Errorf("%s is too much: %s", key, f.Wire())
			}
		}
		if !bytes.Contains(f.Wire(), []byte(v.LineContains)) {
			t.Errorf("%s", f.Wire())
		}
	})
}

func TestHeaderVectors(t *testing.T) {
	type vector struct {
		Raw      [][2]string         `json:"raw"`
		Headers  map[string][]string `json:"headers"`
		Upstream json.RawMessage     `json:"upstream"`
	}
	eachVector(t, "headers.json", func(t *testing.T, v vector) {
		header := http.Header{}
		for _, field := range v.Raw {
			header.Add(field[0], field[1])
		}
		r := Request{ID: "x", URL: "/ws/", Host: "h", RemoteAddr: "127.0.0.1:1", Header: header}
		asked := readEvent(t, r.Ask()).Params
		failed := readEvent(t, r.Failed("x")).Params["context"].(map[string]any)
		for _, params := range []map[string]any{asked, failed} {
			got := params["headers"].(map[string]any)
			if _, has := got["Host"]; has {
				t.Error("Host is among the headers")
			}
			for name, want := range v.Headers {
				if text, _ := json.Marshal(want); !reflect.DeepEqual(got[name], value(t, text)) {
					t.Errorf("%s: got %v, want %v", name, got[name], want)
				}
			}
		}
	})
}

func TestPathVectors(t *testing.T) {
	type vector struct {
		Target   string          `json:"target"`
		Status   int             `json:"status"`
		URL      *string         `json:"url"`
		Upstream json.RawMessage `json:"upstream"`
	}
	eachVector(t, "paths.json", func(t *testing.T, v vector) {
		got, _, status := URL(v.Target)
		if v.URL == nil {
			if status != v.Status || got != "" {
				t.Errorf("%s: got %q, %d, want %d", v.Target, got, status, v.Status)
			}
			return
		}
		if got != *v.URL || status != 0 {
			t.Errorf("%s: got %q, %d, want %q", v.Target, got, status, *v.URL)
		}
	})
}
