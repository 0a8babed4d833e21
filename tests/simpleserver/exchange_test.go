package simpleserver

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/tests/harness"
)

// vectors are what codec/simpleserver is tested with too.
const vectors = "../vectors/simpleserver"

// vectorFolder is where vectors are read from; SKEIN_SIMPLESERVER_VECTORS names another folder of the same form.
func vectorFolder() string {
	if folder := os.Getenv("SKEIN_SIMPLESERVER_VECTORS"); folder != "" {
		return folder
	}
	return vectors
}

// readStrictly fails on keys that the test does not know.
func readStrictly(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// An exchange is a recorded conversation; vectors/simpleserver/README.md is its format.
type exchange struct {
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	About    string   `json:"about"`
	Upstream string   `json:"upstream"`
	Flags    []string `json:"flags"`
	Steps    []step   `json:"steps"`
}

// A step holds the keys of all kinds of steps; nil and empty mean that a key is not there.
type step struct {
	Wait   int    `json:"wait,omitempty"`
	Client string `json:"client,omitempty"`
	Do     string `json:"do,omitempty"`

	Send       *string `json:"send,omitempty"`
	SendHex    *string `json:"send_hex,omitempty"`
	SendRepeat []any   `json:"send_repeat,omitempty"`

	Expect        *string `json:"expect,omitempty"`
	ExpectHex     *string `json:"expect_hex,omitempty"`
	ExpectNothing int     `json:"expect_nothing,omitempty"`
	ExpectEOF     bool    `json:"expect_eof,omitempty"`

	// Within is not looked at: a busy machine is no fault of the server.
	Within int `json:"within_ms,omitempty"`
}

// TestExchanges plays every exchange on a demo of its own.
func TestExchanges(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(vectorFolder(), "exchange_*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no exchanges in %s (%v)", vectorFolder(), err)
	}
	harness.Skein(t) // so that one of them builds it
	for _, path := range files {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "exchange_"), ".json"), func(t *testing.T) {
			t.Parallel()
			var e exchange
			readStrictly(t, path, &e)
			if e.Kind != "simpleserver" || len(e.Steps) == 0 {
				t.Fatalf("%s is no exchange", path)
			}
			d := startDemo(t, e.Flags...)
			clients := map[string]*client{}
			for i, s := range e.Steps {
				if err := s.play(t, d, clients); err != nil {
					text, _ := json.Marshal(s)
					t.Fatalf("%s\nstep %d of %d, %s: %v\n%s", e.About, i+1, len(e.Steps), clip(string(text)), err, d.Stderr())
				}
			}
		})
	}
}

var errStep = errors.New("the step is of no known kind")

func (s step) play(t testing.TB, d *demo, clients map[string]*client) error {
	if s.Client == "" {
		if s.Wait <= 0 {
			return errStep
		}
		time.Sleep(time.Duration(s.Wait) * time.Millisecond)
		return nil
	}
	if s.Do == "connect" {
		clients[s.Client] = d.connect(t)
		return nil
	}
	c := clients[s.Client]
	switch {
	case c == nil:
		return fmt.Errorf("there is no client %s", s.Client)
	case s.Do == "close":
		return c.Close()
	case s.Do == "abort":
		return c.abort()
	case s.Do == "half_close":
		return c.CloseWrite()
	case s.Do != "":
		return errStep
	case s.Send != nil:
		return c.send(*s.Send)
	case s.SendHex != nil:
		text, err := hex.DecodeString(*s.SendHex)
		if err != nil {
			return err
		}
		return c.send(string(text))
	case len(s.SendRepeat) == 2:
		return c.send(strings.Repeat(s.SendRepeat[0].(string), int(s.SendRepeat[1].(float64))))
	case s.Expect != nil:
		return c.expect(*s.Expect)
	case s.ExpectHex != nil:
		text, err := hex.DecodeString(*s.ExpectHex)
		if err != nil {
			return err
		}
		return c.expect(string(text))
	case s.ExpectNothing > 0:
		return c.expectNothing(time.Duration(s.ExpectNothing) * time.Millisecond)
	case s.ExpectEOF:
		return c.expectEOF()
	}
	return errStep
}

// TestVectorsAreComplete keeps the copy from losing vectors unnoticed.
func TestVectorsAreComplete(t *testing.T) {
	exchanges, err := filepath.Glob(filepath.Join(vectors, "exchange_*.json"))
	if err != nil || len(exchanges) < 15 {
		t.Errorf("%d exchanges, there were 15 (%v)", len(exchanges), err)
	}
	for name, least := range map[string]int{"decode.json": 56, "encode.json": 26, "legacy_send.json": 13} {
		var file struct{ Vectors []any }
		text, err := os.ReadFile(filepath.Join(vectors, name))
		must(t, err)
		must(t, json.Unmarshal(text, &file))
		if len(file.Vectors) < least {
			t.Errorf("%s has %d vectors, there were %d", name, len(file.Vectors), least)
		}
	}
}
