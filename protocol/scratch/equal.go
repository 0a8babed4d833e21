package scratch

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/skeinhq/skein/codec"
)

// equalValues says whether two valid JSON texts are the same value: numbers by their exact value however they are
// written, strings by their characters, objects in any order of their keys. Numbers, booleans and strings are
// never the same.
func equalValues(a, b string) bool {
	if a == b {
		return true
	}
	k := kindOf(a)
	if k != kindOf(b) {
		return false
	}
	switch k {
	case codec.KindNumber:
		return equalNumbers(a, b)
	case codec.KindString:
		// Texts that differ hold the same characters only if one of them was written with escapes.
		if strings.IndexByte(a, '\\') < 0 && strings.IndexByte(b, '\\') < 0 {
			return false
		}
	case codec.KindObject, codec.KindArray:
	default:
		return false // null, true and false are written in one way only, and true is no false
	}
	if hasLoneSurrogate(a) || hasLoneSurrogate(b) {
		return false // decoded they could look the same although they are not
	}
	return equalTrees(parseTree(a), parseTree(b))
}

// kindOf returns what a valid JSON text is.
func kindOf(s string) codec.Kind { return codec.Raw(s[:min(1, len(s))]).Kind() }

func parseTree(s string) any {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// hasLoneSurrogate says whether a string inside of a JSON text holds half of a surrogate pair, which no Go string can
// hold.
func hasLoneSurrogate(raw string) bool {
	for {
		i := strings.IndexByte(raw, '\\')
		if i < 0 {
			return false
		}
		unit, ok := escapedUnit(raw[i:])
		if !ok {
			raw = raw[i+2:]
			continue
		}
		raw = raw[i+6:]
		if !utf16.IsSurrogate(unit) {
			continue
		}
		low, ok := escapedUnit(raw)
		if !ok || utf16.DecodeRune(unit, low) == utf8.RuneError {
			return true
		}
		raw = raw[6:]
	}
}

// escapedUnit reads an escape of the form \uXXXX at the start of s.
func escapedUnit(s string) (unit rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

func equalTrees(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && equalNumbers(a.String(), b.String())
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equalTrees(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k := range a {
			other, ok := b[k]
			if !ok || !equalTrees(a[k], other) {
				return false
			}
		}
		return true
	}
	return a == b // string, bool, nil
}
