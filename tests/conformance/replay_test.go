package conformance

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// A fakeServer answers each connection with a script: what to write after the n-th message it has read. Its entry
// 0 comes right after opening.
type fakeServer [][]fakeWrite

type fakeWrite struct {
	text    string
	binary  bool
	code    int  // close with this code and text as the reason
	cut     bool // end the connection without a Close frame
	parting bool // the text comes between the client's Close frame and the server's
	silent  bool // never read again, so that no closing handshake is answered
}

func (f fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := (&websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	for n := 0; ; n++ {
		if n < len(f) {
			for _, o := range f[n] {
				if o.silent {
					_, _ = io.Copy(io.Discard, conn.NetConn())
					return
				}
				if !o.perform(conn) {
					return
				}
			}
		}
		if _, _, err := conn.ReadMessage(); err != nil {
			return
		}
	}
}

func (o fakeWrite) perform(conn *websocket.Conn) bool {
	switch {
	case o.parting:
		conn.SetCloseHandler(func(code int, _ string) error {
			_ = conn.WriteMessage(websocket.TextMessage, []byte(o.text))
			return conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
		})
		return true
	case o.cut:
		return false
	case o.code != 0:
		return conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(o.code, o.text), time.Now().Add(time.Second)) == nil
	case o.binary:
		return conn.WriteMessage(websocket.BinaryMessage, []byte(o.text)) == nil
	default:
		return conn.WriteMessage(websocket.TextMessage, []byte(o.text)) == nil
	}
}

func say(texts ...string) []fakeWrite {
	var list []fakeWrite
	for _, t := range texts {
		list = append(list, fakeWrite{text: t})
	}
	return list
}

// TestReplay shows that the replayer passes a server that does right and fails each way of doing wrong.
func TestReplay(t *testing.T) {
	const (
		ask       = `{"open": "A"}, {"send": "A", "json": {"q": 1}}`
		askAnswer = ask + `, {"expect": "A", "messages": [{"a": 1}]}`
	)
	tests := []struct {
		name    string
		server  fakeServer
		steps   string
		failure string // part of the error; empty: must pass
	}{
		{"right answer", fakeServer{nil, say(`{"a":1}`)}, askAnswer, ""},
		{"wrong answer", fakeServer{nil, say(`{"a":2}`)}, askAnswer, "expected"},
		{"no answer", fakeServer{}, askAnswer, "nothing came"},
		{"one answer too many", fakeServer{nil, say(`{"a":1}`, `{"a":1}`)}, askAnswer, "at the end"},
		{"answer in a binary frame", fakeServer{nil, {{text: `{"a":1}`, binary: true}}}, askAnswer, "binary"},
		{"greeting nobody asked for", fakeServer{say(`{}`), say(`{"a":1}`)}, askAnswer, "expected"},
		{"closed instead of an answer", fakeServer{nil, {{code: 1000}}}, askAnswer, "close 1000"},
		{"cut instead of an answer", fakeServer{nil, {{cut: true}}}, askAnswer, "close 1006"},
		{"closed after the answer", fakeServer{nil, {{text: `{"a":1}`}, {code: 1000}}}, askAnswer, "at the end"},

		{"in order", fakeServer{nil, say(`1`, `2`)}, ask + `, {"expect": "A", "messages": [1, 2]}`, ""},
		{"out of order", fakeServer{nil, say(`2`, `1`)}, ask + `, {"expect": "A", "messages": [1, 2]}`, "expected 1"},
		{"free order", fakeServer{nil, say(`2`, `1`)}, ask + `, {"expect": "A", "unordered": [1, 2]}`, ""},
		{"free order, wrong message", fakeServer{nil, say(`2`, `3`)}, ask + `, {"expect": "A", "unordered": [1, 2]}`, "expected"},
		{"free order, one missing", fakeServer{nil, say(`2`)}, ask + `, {"expect": "A", "unordered": [1, 2]}`, "nothing came"},

		{"silence", fakeServer{}, ask + `, {"expect_none": ["A"], "ms": 40}`, ""},
		{"silence broken", fakeServer{nil, say(`1`)}, ask + `, {"expect_none": ["A"], "ms": 300}`, "unexpected"},
		{"silence broken by closing", fakeServer{nil, {{code: 1000}}}, ask + `, {"expect_none": ["A"], "ms": 300}`, "unexpected"},

		{"close", fakeServer{nil, {{code: 4000, text: "no"}}}, ask + `, {"expect_close": "A", "code": 4000, "reason": "no"}`, ""},
		{"close, anything", fakeServer{nil, {{code: 4001, text: "x"}}}, ask + `, {"expect_close": "A"}`, ""},
		{"close, one of several", fakeServer{nil, {{code: 4001, text: "b"}}}, ask + `, {"expect_close": "A", "code": [4000, 4001], "reason": ["a", "b"]}`, ""},
		{"close, wrong code", fakeServer{nil, {{code: 4001, text: "no"}}}, ask + `, {"expect_close": "A", "code": 4000, "reason": "no"}`, "expected code"},
		{"close, wrong reason", fakeServer{nil, {{code: 4000, text: "yes"}}}, ask + `, {"expect_close": "A", "code": 4000, "reason": "no"}`, "expected reason"},
		{"close, none of several", fakeServer{nil, {{code: 4002}}}, ask + `, {"expect_close": "A", "code": [4000, 4001]}`, "expected code"},
		{"close without a code", fakeServer{nil, {{cut: true}}}, ask + `, {"expect_close": "A", "code": 4000}`, "expected code"},
		{"no close", fakeServer{}, ask + `, {"expect_close": "A", "code": 4000}`, "not closed"},
		{"message before the close", fakeServer{nil, {{text: `1`}, {code: 4000}}}, ask + `, {"expect_close": "A", "code": 4000}`, "got [1]"},

		{"client closes", fakeServer{}, ask + `, {"close": "A"}, {"expect_none": ["A"], "ms": 1}`, "unexpected"},
		{"client closes with a message unread", fakeServer{nil, say(`1`)}, ask + `, {"sleep": 40}, {"close": "A"}`, "clos"},
		{"client closes, message meanwhile", fakeServer{nil, {{text: `1`, parting: true}}}, ask + `, {"close": "A"}`, "unread when closed"},
		{"client closes, no closing handshake", fakeServer{nil, {{silent: true}}}, ask + `, {"close": "A"}`, "not answered"},
		{"client drops", fakeServer{}, ask + `, {"drop": "A"}, {"open": "B"}, {"expect_none": ["B"], "ms": 1}`, ""},

		{"plain text", fakeServer{nil, say(`Hello`)}, ask + `, {"expect": "A", "messages": [{"$text": "Hello"}]}`, ""},
		{"plain text instead of JSON", fakeServer{nil, say(`a`)}, askAnswer, "expected"},
		{"sent after the end", fakeServer{nil, {{cut: true}}}, ask + `, {"expect_close": "A"}, {"send": "A", "text": "x"}`, "send A"},
		{"sent after the end, allowed", fakeServer{nil, {{cut: true}}}, ask + `, {"expect_close": "A"}, {"send": "A", "text": "x", "may_fail": true}`, ""},
		{"unknown client", fakeServer{}, `{"open": "A"}, {"expect": "B", "messages": [1]}`, "no such client"},
		{"opened twice", fakeServer{}, `{"open": "A"}, {"open": "A"}`, "open already"},
		{"unknown id", fakeServer{}, `{"open": "A"}, {"send": "A", "json": {"$id": "A"}}`, "not known"},
		{"two clients with one id", fakeServer{nil, say(`"x"`)}, `{"open": "A"}, {"open": "B"}, {"send": "A", "text": ""}, {"send": "B", "text": ""}, {"expect": "A", "messages": [{"$id": "A"}]}, {"expect": "B", "messages": [{"$id": "B"}]}`, "expected"},

		{"steps of the other side are left out", fakeServer{nil, say(`1`)}, ask + `, {"expect": "A", "messages": [2], "for": "upstream"}, {"expect": "A", "messages": [1], "for": "required"}`, ""},
		{"steps of this side are not", fakeServer{nil, say(`1`)}, ask + `, {"expect": "A", "messages": [1], "for": "upstream"}, {"expect": "A", "messages": [2], "for": "required"}`, "expected 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var steps []Step
			if err := json.Unmarshal([]byte("["+tt.steps+"]"), &steps); err != nil {
				t.Fatal(err)
			}
			err := fakeReplayer(t, tt.server).Play(Scenario{Name: tt.name, Dialect: "cl4", Steps: steps})
			if tt.failure == "" && err != nil || tt.failure != "" && (err == nil || !strings.Contains(err.Error(), tt.failure)) {
				t.Errorf("got %v, want %q", err, tt.failure)
			}
		})
	}
}

func fakeReplayer(t *testing.T, h http.Handler) Replayer {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return Replayer{URL: strings.Replace(server.URL, "http", "ws", 1) + "/", Timeout: 2 * time.Second, Quiet: 200 * time.Millisecond}
}

// TestReplaySplitsScratchFrames shows that packing into frames matters to CL4 only.
func TestReplaySplitsScratchFrames(t *testing.T) {
	steps := []Step{
		{Verb: "open", Client: "A"},
		{Verb: "send", Client: "A", Form: "text", Payload: "x"},
		{Verb: "expect", Client: "A", Patterns: []Value{Number("1"), Number("2")}},
	}
	r := fakeReplayer(t, fakeServer{nil, say("1\n2\n")})
	if err := r.Play(Scenario{Dialect: "scratch-turbowarp", Steps: steps}); err != nil {
		t.Error(err)
	}
	if err := r.Play(Scenario{Dialect: "cl4", Steps: steps}); err == nil {
		t.Error("CL4 has one message per frame")
	}
}

// TestReplayFillsPlaceholders looks at what is really sent, and where.
func TestReplayFillsPlaceholders(t *testing.T) {
	type seen struct {
		path, text string
		header     []string
	}
	var (
		mu  sync.Mutex
		got []seen
	)
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			_, data, err := conn.ReadMessage()
			if err != nil {
				return
			}
			mu.Lock()
			got = append(got, seen{r.URL.String(), string(data), r.Header["X-Many"]})
			mu.Unlock()
			if conn.WriteMessage(websocket.TextMessage, []byte(`"id1"`)) != nil {
				return
			}
		}
	})
	var steps []Step
	err := json.Unmarshal([]byte(`[
		{"open": "A", "path": "some/where?x=1", "headers": {"X-Many": ["1", "2"]}},
		{"send": "A", "json": {"b": {"$fresh": "p"}, "a": [{"$fresh_number": "p"}, {"$repeat": ["é", 2]}]}},
		{"expect": "A", "messages": [{"$id": "A"}]},
		{"send": "A", "text": {"$repeat": ["ab", 3]}},
		{"expect": "A", "messages": [{"$id": "A"}]},
		{"send": "A", "json": {"to": {"$id": "A"}, "data": {"$unknown": 1}}},
		{"expect": "A", "messages": [{"$id": "A"}]},
		{"send": "A", "binary_base64": "aGk="},
		{"expect": "A", "messages": [{"$id": "A"}]},
		{"close": "A"}
	]`), &steps)
	if err != nil {
		t.Fatal(err)
	}
	if err := fakeReplayer(t, echo).Play(Scenario{Dialect: "cl4", Steps: steps}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 4 {
		t.Fatalf("got %q", got)
	}
	digits := got[0].text[len(`{"b": "`):][:9]
	want := []string{`{"b": "` + digits + `", "a": [` + digits + `, "éé"]}`, `ababab`, `{"to": "id1", "data": {"$unknown": 1}}`, `hi`}
	for i, w := range want {
		if got[i].text != w {
			t.Errorf("sent %s, want %s", got[i].text, w)
		}
	}
	if got[0].path != "/some/where?x=1" || strings.Join(got[0].header, ",") != "1,2" {
		t.Errorf("opened with %q", got[0])
	}
}
