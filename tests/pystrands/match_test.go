package pystrands

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// A matcher compares patterns with what was received: objects match when every key of the pattern does, metadata must
// be equal, and some strings stand for a kind of value or for a saved one.
type matcher struct {
	saved    map[string]string // values for "$name"
	metadata string            // the path whose value must be equal
	loose    bool              // the metadata is not compared: the reference broker's is wrong
}

const metadataOfLine = ".params.context.metadata"

// readJSON reads one value and keeps the digits of numbers.
func readJSON(text []byte) (v any, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	err = dec.Decode(&v)
	return v, err
}

// match says where a value does not fit a pattern.
func (m matcher) match(pattern, value any) error { return m.at("", pattern, value) }

func (m matcher) at(path string, pattern, value any) error {
	if path != "" && path == m.metadata {
		if m.loose {
			return nil
		}
		return equal(path, pattern, value)
	}
	switch p := pattern.(type) {
	case string:
		return m.text(path, p, value)
	case object:
		o, ok := value.(object)
		if !ok {
			return mismatch(path, pattern, value)
		}
		for key, inner := range p {
			v, there := o[key]
			if !there {
				return fmt.Errorf("%s.%s is missing", path, key)
			}
			if err := m.at(path+"."+key, inner, v); err != nil {
				return err
			}
		}
		return nil
	case []any:
		a, ok := value.([]any)
		if !ok || len(a) != len(p) {
			return mismatch(path, pattern, value)
		}
		for i := range p {
			if err := m.at(fmt.Sprintf("%s[%d]", path, i), p[i], a[i]); err != nil {
				return err
			}
		}
		return nil
	default:
		return equal(path, pattern, value)
	}
}

func (m matcher) text(path, pattern string, value any) error {
	s, isString := value.(string)
	_, isObject := value.(object)
	ok := false
	switch {
	case pattern == "<any>":
		ok = true
	case pattern == "<string>":
		ok = isString
	case pattern == "<object>":
		ok = isObject
	case pattern == "<uuid>":
		ok = isString && uuidForm.MatchString(s)
	case strings.HasPrefix(pattern, "$"):
		saved, known := m.saved[pattern[1:]]
		if !known {
			return fmt.Errorf("%s: nothing is saved as %q", path, pattern)
		}
		ok = isString && s == saved
	default:
		ok = isString && s == pattern
	}
	if !ok {
		return mismatch(path, pattern, value)
	}
	return nil
}

// equal compares two values as data, numbers digit by digit.
func equal(path string, want, got any) error {
	a, err1 := json.Marshal(want) // sorts keys
	b, err2 := json.Marshal(got)
	if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
		return mismatch(path, want, got)
	}
	return nil
}

func mismatch(path string, want, got any) error {
	return fmt.Errorf("%s: got %s, expected %s", strings.TrimPrefix(path, "."), compact(got), compact(want))
}

// compact writes a value for a message.
func compact(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// TestMatch has patterns that must fit and patterns that must not.
func TestMatch(t *testing.T) {
	m := matcher{saved: map[string]string{"rid": "42"}, metadata: metadataOfLine}
	const received = `{"action":"new_message","request_id":"42","n":1234567890123456789,"list":[1,"a"],
		"id":"d619694c-58bc-4237-a8dc-e681e6d61279","params":{"message":"x","context":{"metadata":{"a":1}}}}`
	for pattern, want := range map[string]bool{
		`{}`:                                                  true,
		`{"action":"new_message"}`:                            true,
		`{"action":"error"}`:                                  false,
		`{"action":"<string>"}`:                               true,
		`{"action":"<object>"}`:                               false,
		`{"action":"<uuid>"}`:                                 false,
		`{"id":"<uuid>"}`:                                     true,
		`{"n":"<string>"}`:                                    false,
		`{"n":"<any>"}`:                                       true,
		`{"n":1234567890123456789}`:                           true,
		`{"n":1234567890123456800}`:                           false,
		`{"request_id":"$rid"}`:                               true,
		`{"action":"$rid"}`:                                   false,
		`{"action":"$unknown"}`:                               false,
		`{"missing":"<any>"}`:                                 false,
		`{"list":[1,"a"]}`:                                    true,
		`{"list":[1]}`:                                        false,
		`{"list":["a",1]}`:                                    false,
		`{"params":"<object>"}`:                               true,
		`{"params":{}}`:                                       true,
		`{"params":{"message":"y"}}`:                          false,
		`{"params":{"message":{}}}`:                           false,
		`{"params":{"context":{}}}`:                           true,
		`{"params":{"message":["x"]}}`:                        false,
		`{"params":{"message":"<x>"}}`:                        false,
		`{"params":{"context":"<any>"}}`:                      true,
		`{"params":{"context":[]}}`:                           false,
		`{"params":{"message":null}}`:                         false,
		`{"params":{"context":{"a":{}}}}`:                     false,
		`{"params":{"context":{"metadata":{}}}}`:              false,
		`{"params":{"context":{"metadata":{"a":1}}}}`:         true,
		`{"params":{"context":{"metadata":{"a":1,"b":1}}}}`:   false,
		`{"params":{"context":{"metadata":{"a":"<any>"}}}}`:   false,
		`{"params":{"context":{"metadata":{"a":1.0}}}}`:       false,
		`{"params":{"context":{"metadata":"<object>"}}}`:      false,
		`{"params":{"context":{"metadata":{"a":1},"b":"x"}}}`: false,
	} {
		p, err1 := readJSON([]byte(pattern))
		v, err2 := readJSON([]byte(received))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if err := m.match(p, v); (err == nil) != want {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}
