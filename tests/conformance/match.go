package conformance

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

var (
	idForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// names holds what a scenario has learnt about its clients.
type names struct {
	ids, uuids map[string]string // by client
}

func newNames() *names { return &names{map[string]string{}, map[string]string{}} }

// A frame is one received message: JSON, or a text that is none.
type frame struct {
	text  string
	json  bool
	value Value // of JSON
}

func newFrame(text string) frame {
	v, err := parseValue([]byte(text))
	return frame{text: text, json: err == nil, value: v}
}

// matcher compares patterns with values. Matching is written with continuations, so that a choice made early
// (which element of an unordered list, which id a client has) is taken back when it does not work out later.
type matcher struct {
	names *names
	err   error // the pattern itself is wrong
}

// matchFrame reports whether a message fits a pattern. What it learns about clients is kept only when it does.
func (n *names) matchFrame(pattern Value, f frame) (bool, error) {
	return n.matchUnordered([]Value{pattern}, []frame{f})
}

// matchUnordered reports whether the messages fit the patterns in some order, one message per pattern.
func (n *names) matchUnordered(patterns []Value, frames []frame) (bool, error) {
	if len(patterns) != len(frames) {
		return false, nil
	}
	for _, p := range patterns {
		if err := checkPattern(p, true); err != nil {
			return false, err
		}
	}
	m := &matcher{names: n}
	ok := permute(len(patterns), func(p, f int, then func() bool) bool { return m.frame(patterns[p], frames[f], then) }, func() bool { return true })
	return ok && m.err == nil, m.err
}

// permute looks for an assignment of n patterns to n candidates.
func permute(n int, try func(pattern, candidate int, then func() bool) bool, then func() bool) bool {
	used := make([]bool, n)
	var next func(pattern int) bool
	next = func(pattern int) bool {
		if pattern == n {
			return then()
		}
		for c := range n {
			if used[c] {
				continue
			}
			used[c] = true
			if try(pattern, c, func() bool { return next(pattern + 1) }) {
				return true
			}
			used[c] = false
		}
		return false
	}
	return next(0)
}

func (m *matcher) frame(pattern Value, f frame, then func() bool) bool {
	if name, arg, ok := asPattern(pattern); ok {
		switch name {
		case "$text":
			return !f.json && f.text == arg.(string) && then()
		case "$text_prefix":
			return !f.json && strings.HasPrefix(f.text, arg.(string)) && then()
		case "$one_of":
			for _, p := range arg.(Array) {
				if m.frame(p, f, then) {
					return true
				}
			}
			return false
		}
	}
	return f.json && m.value(pattern, f.value, then)
}

// value matches one value and, if it fits, calls then for the rest.
func (m *matcher) value(pattern, v Value, then func() bool) bool {
	if name, arg, ok := asPattern(pattern); ok {
		return m.special(name, arg, v, then)
	}
	switch pattern := pattern.(type) {
	case Object:
		o, ok := v.(Object)
		return ok && m.object(pattern, o, then)
	case Array:
		a, ok := v.(Array)
		return ok && len(a) == len(pattern) && m.array(pattern, a, then)
	default:
		return equal(pattern, v) && then()
	}
}

func (m *matcher) array(patterns, values Array, then func() bool) bool {
	if len(patterns) == 0 {
		return then()
	}
	return m.value(patterns[0], values[0], func() bool { return m.array(patterns[1:], values[1:], then) })
}

func (m *matcher) object(pattern, o Object, then func() bool) bool {
	for _, member := range o {
		if _, ok := pattern.get(member.Key); !ok {
			return false
		}
	}
	return m.members(pattern, o, then)
}

func (m *matcher) members(pattern, o Object, then func() bool) bool {
	if len(pattern) == 0 {
		return then()
	}
	p, rest := pattern[0].Value, func() bool { return m.members(pattern[1:], o, then) }
	v, there := o.get(pattern[0].Key)
	if name, arg, ok := asPattern(p); ok && name == "$opt" {
		if !there {
			return rest()
		}
		p = arg
	}
	return there && m.value(p, v, rest)
}

func (m *matcher) special(name string, arg, v Value, then func() bool) bool {
	s, isString := v.(string)
	switch name {
	case "$id":
		return isString && idForm.MatchString(s) && m.bind(m.names.ids, arg.(string), s, then)
	case "$uuid":
		return isString && uuidForm.MatchString(s) && m.bind(m.names.uuids, arg.(string), s, then)
	case "$any":
		return (arg == "value" || arg == kind(v)) && then()
	case "$ip":
		_, err := netip.ParseAddr(s)
		return isString && err == nil && then()
	case "$prefix":
		return isString && strings.HasPrefix(s, arg.(string)) && then()
	case "$contains":
		return isString && strings.Contains(s, arg.(string)) && then()
	case "$repeat":
		return isString && s == repeated(arg) && then()
	case "$literal":
		return equal(arg, v) && then()
	case "$unordered":
		a, ok := v.(Array)
		patterns := arg.(Array)
		return ok && len(a) == len(patterns) &&
			permute(len(a), func(p, c int, then func() bool) bool { return m.value(patterns[p], a[c], then) }, then)
	case "$one_of":
		for _, p := range arg.(Array) {
			if m.value(p, v, then) {
				return true
			}
		}
		return false
	default: // $text, $text_prefix and $opt where they have no meaning
		m.err = fmt.Errorf("%s is not allowed here", name)
		return false
	}
}

// bind stores the name of a client, or compares it with the stored one. No two clients share one.
func (m *matcher) bind(known map[string]string, client, s string, then func() bool) bool {
	if old, ok := known[client]; ok {
		return old == s && then()
	}
	for _, other := range known {
		if other == s {
			return false
		}
	}
	known[client] = s
	if then() {
		return true
	}
	delete(known, client)
	return false
}

// equal compares two values as data.
func equal(a, b Value) bool {
	switch a := a.(type) {
	case Number:
		n, ok := b.(Number)
		return ok && equalNumbers(a, n)
	case Array:
		l, ok := b.(Array)
		if !ok || len(a) != len(l) {
			return false
		}
		for i := range a {
			if !equal(a[i], l[i]) {
				return false
			}
		}
		return true
	case Object:
		o, ok := b.(Object)
		if !ok || len(a) != len(o) {
			return false
		}
		for _, m := range a {
			v, there := o.get(m.Key)
			if !there || !equal(m.Value, v) {
				return false
			}
		}
		return true
	default: // nil, bool, string
		return a == b
	}
}

// asPattern takes a pattern apart: an object with a single key that starts with `$`.
func asPattern(v Value) (name string, arg Value, ok bool) {
	o, isObject := v.(Object)
	if !isObject || len(o) != 1 || !strings.HasPrefix(o[0].Key, "$") {
		return "", nil, false
	}
	return o[0].Key, o[0].Value, true
}

func repeated(arg Value) string {
	a := arg.(Array)
	return strings.Repeat(a[0].(string), mustInt(a[1].(Number)))
}

var kinds = map[string]bool{"string": true, "number": true, "bool": true, "object": true, "array": true, "null": true, "value": true}

// checkPattern finds patterns that are written wrongly before they can fail to match for the wrong reason.
func checkPattern(p Value, whole bool) error {
	name, arg, ok := asPattern(p)
	if !ok {
		switch p := p.(type) {
		case Array:
			return checkAll(p)
		case Object:
			for _, m := range p {
				inner := m.Value
				if name, arg, ok := asPattern(inner); ok && name == "$opt" {
					inner = arg
				}
				if err := checkPattern(inner, false); err != nil {
					return err
				}
			}
		}
		return nil
	}
	s, isString := arg.(string)
	list, isArray := arg.(Array)
	good := false
	switch name {
	case "$id", "$uuid":
		good = isString && s != ""
	case "$prefix", "$contains":
		good = isString
	case "$text", "$text_prefix":
		good = isString && whole
	case "$any":
		good = kinds[s]
	case "$ip":
		good = arg == true
	case "$literal":
		good = true
	case "$repeat":
		good = isRepeat(arg)
	case "$unordered":
		if isArray {
			return checkAll(list)
		}
	case "$one_of":
		for _, p := range list {
			if err := checkPattern(p, whole); err != nil {
				return err
			}
		}
		good = isArray && len(list) > 0
	}
	if !good {
		return fmt.Errorf("%s is no pattern here", encode(p))
	}
	return nil
}

func checkAll(patterns Array) error {
	for _, p := range patterns {
		if err := checkPattern(p, false); err != nil {
			return err
		}
	}
	return nil
}

func isRepeat(arg Value) bool {
	a, ok := arg.(Array)
	if !ok || len(a) != 2 {
		return false
	}
	_, isString := a[0].(string)
	n, isNumber := a[1].(Number)
	return isString && isNumber && regexp.MustCompile(`^[0-9]{1,8}$`).MatchString(string(n))
}
