package simpleserver

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vectorFolder has the vectors that the server as a whole is tested with too; its README says what they mean.
const vectorFolder = "../../tests/vectors/simpleserver"

// eachVector runs f for each vector of a file.
func eachVector[T any](t *testing.T, file string, name func(T) string, f func(*testing.T, T)) {
	b, err := os.ReadFile(filepath.Join(vectorFolder, file))
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		About   string `json:"about"`
		Vectors []T    `json:"vectors"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Vectors) == 0 {
		t.Fatalf("%s has no vectors", file)
	}
	for _, v := range vectors.Vectors {
		t.Run(name(v), func(t *testing.T) { f(t, v) })
	}
}

// content is a body of a vector.
type content struct {
	Body       *string `json:"body"`
	BodyHex    *string `json:"body_hex"`
	BodyRepeat []any   `json:"body_repeat"`
}

func (c *content) bytes(t *testing.T) []byte {
	t.Helper()
	switch {
	case c.Body != nil:
		return []byte(*c.Body)
	case c.BodyHex != nil:
		return unhex(t, *c.BodyHex)
	case c.BodyRepeat != nil:
		return []byte(strings.Repeat(c.BodyRepeat[0].(string), int(c.BodyRepeat[1].(float64))))
	}
	t.Fatal("no body")
	return nil
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// vectorMessage is a message of a vector.
type vectorMessage struct {
	Headers [][2]string `json:"headers"`
	content
}

func (v *vectorMessage) message(t *testing.T) *Message {
	t.Helper()
	m := &Message{Body: v.bytes(t)}
	for _, h := range v.Headers {
		m.Add(h[0], h[1])
	}
	return m
}

// checkUpstream compares the model of the Python decoder with what was measured.
func checkUpstream(t *testing.T, wire string, measured json.RawMessage, same []*Message) {
	t.Helper()
	if measured == nil {
		return
	}
	headers, body, exception := pythonSees(wire)
	var text string
	if json.Unmarshal(measured, &text) == nil && text != "same" {
		if exception != text {
			t.Errorf("Python: %q, want %q", exception, text)
		}
		return
	}
	var want *Message
	if text == "same" {
		if len(same) != 1 {
			t.Fatalf("%d messages", len(same))
		}
		want = same[0]
	} else {
		var v vectorMessage
		if err := json.Unmarshal(measured, &v); err != nil {
			t.Fatal(err)
		}
		want = v.message(t)
	}
	if got := (&Message{headers, []byte(body)}); exception != "" || show(got) != show(want) {
		t.Errorf("Python: %s %s, want %s", show(got), exception, show(want))
	}
}

func TestEncodeVectors(t *testing.T) {
	type vector struct {
		Name string `json:"name"`
		vectorMessage
		Framed    bool    `json:"framed"`
		Expect    *string `json:"expect"`
		ExpectHex *string `json:"expect_hex"`
		Error     string  `json:"error"`
		Upstream  string  `json:"upstream"`
	}
	eachVector(t, "encode.json", func(v vector) string { return v.Name }, func(t *testing.T, v vector) {
		m := v.message(t)
		encode := m.AppendLegacy
		if v.Framed {
			encode = m.AppendFramed
		}
		got, err := encode([]byte("before"))
		var want string
		switch {
		case v.Expect != nil:
			want = *v.Expect
		case v.ExpectHex != nil:
			want = string(unhex(t, *v.ExpectHex))
		case v.Error == "":
			t.Fatal("neither bytes nor error")
		}
		checkError(t, err, v.Error)
		if string(got) != "before"+want {
			t.Errorf("got %q, want %q", got, want)
		}
		checkError(t, m.Check(), v.Error)
		switch v.Upstream {
		case "":
		case "same":
			if got := pythonEncodes(m); got != want {
				t.Errorf("Python: %q, want %q", got, want)
			}
		default:
			if got := pythonEncodes(m); got != v.Upstream {
				t.Errorf("Python: %q, want %q", got, v.Upstream)
			}
		}
	})
}

func checkError(t testing.TB, err error, name string) {
	t.Helper()
	if name == "" {
		if err != nil {
			t.Errorf("got %v", err)
		}
		return
	}
	var e *Error
	if !errors.As(err, &e) || e.Name != name {
		t.Errorf("got %v, want %s", err, name)
	}
}

func TestDecodeVectors(t *testing.T) {
	type vector struct {
		Name   string `json:"name"`
		Events []struct {
			Read    *string `json:"read"`
			ReadHex *string `json:"read_hex"`
			Idle    bool    `json:"idle"`
			Stall   bool    `json:"stall"`
			EOF     bool    `json:"eof"`
		} `json:"events"`
		Expect []vectorMessage `json:"expect"`
		Counts []int           `json:"counts"`
		Close  *string         `json:"close"`
		Framed bool            `json:"framed"`
		Limits struct {
			MaxMessage int `json:"max_message"`
			MaxHead    int `json:"max_head"`
		} `json:"limits"`
		UnitOnly bool            `json:"unit_only"`
		Upstream json.RawMessage `json:"upstream"`
	}
	eachVector(t, "decode.json", func(v vector) string { return v.Name }, func(t *testing.T, v vector) {
		var events []string
		reads := 0
		for _, e := range v.Events {
			switch {
			case e.Read != nil:
				events = append(events, *e.Read)
				reads++
			case e.ReadHex != nil:
				events = append(events, string(unhex(t, *e.ReadHex)))
				reads++
			case e.Idle:
				events = append(events, idle)
			case e.Stall:
				events = append(events, stall)
			case e.EOF:
				events = append(events, eof)
			default:
				t.Fatal("unknown event")
			}
		}
		l := &Limits{MaxMessage: v.Limits.MaxMessage, MaxHead: v.Limits.MaxHead}
		got := play(t, l, events)

		var counts []int
		var shown []string
		total, reason, framed := 0, "", false
		for i, o := range got {
			total += o.count
			counts = append(counts, total)
			if o.shown != "" && o.reason == "" {
				shown = append(shown, o.shown)
			}
			if reason == "" {
				reason = o.reason
			}
			if reason == "" && events[i] == eof {
				reason = "eof"
			}
			framed = o.framed
		}
		var want []*Message
		for i := range v.Expect {
			want = append(want, v.Expect[i].message(t))
		}
		if got := strings.Join(shown, "; "); got != showAll(want) {
			t.Errorf("got %s, want %s", got, showAll(want))
		}
		if !slices.Equal(counts, v.Counts) {
			t.Errorf("counts %v, want %v", counts, v.Counts)
		}
		wantReason := ""
		if v.Close != nil {
			wantReason = *v.Close
		}
		if reason != wantReason {
			t.Errorf("close %q, want %q", reason, wantReason)
		}
		if framed != v.Framed {
			t.Errorf("framed %v, want %v", framed, v.Framed)
		}
		if byModel := playModel(l, events); !slices.Equal(byModel, got) {
			t.Errorf("the model says %v, not %v", byModel, got)
		}
		if reads == 1 {
			checkUpstream(t, events[0], v.Upstream, want)
		}
	})
}

func TestLegacySendVectors(t *testing.T) {
	type vector struct {
		Name string `json:"name"`
		vectorMessage
		Percent    string          `json:"percent"`
		Parts      int             `json:"parts"`
		Sizes      []int           `json:"sizes"`
		Wire       []string        `json:"wire"`
		First      string          `json:"first"`
		Last       string          `json:"last"`
		Error      string          `json:"error"`
		PythonSees json.RawMessage `json:"python_client_sees"`
	}
	eachVector(t, "legacy_send.json", func(v vector) string { return v.Name }, func(t *testing.T, v vector) {
		policy, ok := map[string]PercentPolicy{"keep": PercentKeep, "fullwidth": PercentFullWidth}[v.Percent]
		if !ok {
			t.Fatalf("unknown policy %q", v.Percent)
		}
		parts, err := v.message(t).LegacyParts(policy)
		checkError(t, err, v.Error)
		if v.Error != "" {
			return
		}
		var sizes []int
		var wire []string
		for _, part := range parts {
			sizes = append(sizes, len(part))
			wire = append(wire, string(part))
		}
		if len(parts) != v.Parts || !slices.Equal(sizes, v.Sizes) {
			t.Errorf("%d parts, want %d: %v, want %v", len(parts), v.Parts, sizes, v.Sizes)
		}
		switch {
		case v.Wire != nil:
			if !slices.Equal(wire, v.Wire) {
				t.Errorf("got %q, want %q", wire, v.Wire)
			}
		case wire[0] != v.First || wire[len(wire)-1] != v.Last:
			t.Errorf("got %q ... %q, want %q ... %q", wire[0], wire[len(wire)-1], v.First, v.Last)
		}
		if v.PythonSees != nil {
			checkUpstream(t, wire[0], v.PythonSees, nil)
		}
	})
}
