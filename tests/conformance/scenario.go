package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// A Scenario is one recorded conversation; tests/vectors/README.md explains every key.
type Scenario struct {
	Name     string `json:"name"`
	About    string `json:"about"`
	Dialect  string `json:"dialect"`
	Config   string `json:"config"`
	Upstream string `json:"upstream"`
	Note     string `json:"note"`
	Steps    []Step `json:"steps"`
}

// A Step is one thing to do; which one, Verb says.
type Step struct {
	Verb   string // open, send, expect, expect_none, expect_close, close, drop or sleep
	Client string
	For    string // required, upstream or empty

	Headers Object // open
	Path    string // open

	Payload Value  // send: the value of json or text before placeholders are replaced
	Form    string // send: json, text or binary_base64
	MayFail bool   // send

	Patterns  []Value // expect
	Unordered bool    // expect

	Clients []string // expect_none
	Millis  int      // expect_none, sleep

	Codes   []int    // expect_close; empty: any
	Reasons []string // expect_close; empty: any
}

// verbs lists the keys that each kind of step may have beside "for".
var verbs = map[string][]string{
	"open":         {"headers", "path"},
	"send":         {"json", "text", "binary_base64", "may_fail"},
	"expect":       {"messages", "unordered"},
	"expect_none":  {"ms"},
	"expect_close": {"code", "reason"},
	"close":        {},
	"drop":         {},
	"sleep":        {},
}

// load reads the scenarios of a vector file.
func load(path string) ([]Scenario, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Format    int        `json:"format"`
		Scenarios []Scenario `json:"scenarios"`
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: text after the end", path)
	}
	if file.Format != 1 {
		return nil, fmt.Errorf("%s: format %d", path, file.Format)
	}
	for _, s := range file.Scenarios {
		if err := s.check(); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, s.Name, err)
		}
	}
	return file.Scenarios, nil
}

// check refuses scenarios that could pass without looking at anything.
func (s *Scenario) check() error {
	looks := false
	for _, step := range s.Steps {
		switch step.Verb {
		case "expect", "expect_none", "expect_close":
			looks = looks || step.For != "upstream"
		}
		for _, p := range step.Patterns {
			if err := checkPattern(p, true); err != nil {
				return err
			}
		}
	}
	if s.Name == "" || s.Dialect == "" || s.Config == "" || !looks {
		return errors.New("incomplete scenario")
	}
	return nil
}

// UnmarshalJSON reads a step strictly: an unknown or misplaced key is an error.
func (s *Step) UnmarshalJSON(text []byte) error {
	var o Object
	if err := o.UnmarshalJSON(text); err != nil {
		return err
	}
	for verb := range verbs {
		if _, ok := o.get(verb); ok {
			if s.Verb != "" {
				return fmt.Errorf("%s and %s in one step", s.Verb, verb)
			}
			s.Verb = verb
		}
	}
	if s.Verb == "" {
		return fmt.Errorf("no known step: %s", text)
	}
	for _, m := range o {
		if err := s.set(m); err != nil {
			return fmt.Errorf("%w in %s", err, text)
		}
	}
	return s.complete()
}

func (s *Step) set(m Member) error {
	if m.Key != s.Verb && m.Key != "for" && !slices.Contains(verbs[s.Verb], m.Key) {
		return fmt.Errorf("unknown key %q", m.Key)
	}
	ok := true
	switch m.Key {
	case "for":
		s.For, ok = m.Value.(string)
		ok = ok && (s.For == "required" || s.For == "upstream")
	case "expect_none":
		s.Clients, ok = stringList(m.Value)
	case "sleep", "ms":
		s.Millis, ok = intOf(m.Value)
	case "open", "send", "expect", "expect_close", "close", "drop":
		s.Client, ok = m.Value.(string)
	case "headers":
		s.Headers, ok = m.Value.(Object)
	case "path":
		s.Path, ok = m.Value.(string)
	case "json", "text", "binary_base64":
		ok = s.Form == ""
		s.Form, s.Payload = m.Key, m.Value
	case "may_fail":
		s.MayFail, ok = m.Value.(bool)
	case "messages", "unordered":
		var list Array
		list, ok = m.Value.(Array)
		ok = ok && s.Patterns == nil
		s.Patterns, s.Unordered = list, m.Key == "unordered"
	case "code":
		s.Codes, ok = intList(m.Value)
	case "reason":
		s.Reasons, ok = stringList(m.Value)
	}
	if !ok {
		return fmt.Errorf("bad value of %q", m.Key)
	}
	return nil
}

func (s *Step) complete() error {
	missing := false
	switch s.Verb {
	case "send":
		missing = s.Form == ""
	case "expect":
		missing = len(s.Patterns) == 0
	case "expect_none":
		missing = len(s.Clients) == 0 || s.Millis == 0
	case "sleep":
		missing = s.Millis == 0
	}
	if missing {
		return fmt.Errorf("incomplete %s", s.Verb)
	}
	return nil
}

// conversations are the folders of vectors that are replayed here. Those of the broker and of SimpleServer are of other
// kinds, and have replayers of their own.
var conversations = []string{"cl4", "scratch"}

// loadAll reads every vector file below a folder, in the order of their names.
func loadAll(folder string) (map[string][]Scenario, []string, error) {
	var files []string
	for _, dialect := range conversations {
		list, err := filepath.Glob(filepath.Join(folder, dialect, "*.json"))
		if err != nil {
			return nil, nil, err
		}
		files = append(files, list...)
	}
	all := map[string][]Scenario{}
	seen := map[string]string{}
	for _, path := range files {
		list, err := load(path)
		if err != nil {
			return nil, nil, err
		}
		for _, s := range list {
			key := s.Dialect + "/" + s.Name
			if other, ok := seen[key]; ok {
				return nil, nil, fmt.Errorf("%s is in %s and %s", key, other, path)
			}
			seen[key] = path
		}
		all[path] = list
	}
	return all, files, nil
}

func stringList(v Value) ([]string, bool) {
	if s, ok := v.(string); ok {
		return []string{s}, true
	}
	a, ok := v.(Array)
	var list []string
	for _, e := range a {
		s, isString := e.(string)
		list, ok = append(list, s), ok && isString
	}
	return list, ok
}

func intList(v Value) ([]int, bool) {
	if n, ok := intOf(v); ok {
		return []int{n}, true
	}
	a, ok := v.(Array)
	var list []int
	for _, e := range a {
		n, isInt := intOf(e)
		list, ok = append(list, n), ok && isInt
	}
	return list, ok
}

func intOf(v Value) (int, bool) {
	n, ok := v.(Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(string(n))
	return i, err == nil
}

func mustInt(n Number) int {
	i, err := strconv.Atoi(string(n))
	if err != nil {
		panic(err) // checkPattern has looked at it
	}
	return i
}
