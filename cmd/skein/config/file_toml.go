package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/BurntSushi/toml"
)

// parseTOML takes a TOML document apart. On an error it returns the line too.
func parseTOML(data []byte) ([]fileEntry, int, error) {
	var raw map[string]toml.Primitive
	meta, err := toml.Decode(string(data), &raw)
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return nil, pe.Position.Line, errors.New("not valid TOML: " + pe.Message)
		}
		return nil, 0, err
	}
	entries := make([]fileEntry, 0, len(raw))
	for key, primitive := range raw {
		var v located
		// The library gives the place of a key away in errors only, so the value refuses to be read.
		var pe toml.ParseError
		if err := meta.PrimitiveDecode(primitive, &v); !errors.As(err, &pe) {
			return nil, 0, err
		}
		e := fileEntry{key: key, line: pe.Position.Line}
		tomlValue(&e, v.value)
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b fileEntry) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.key, b.key))
	})
	return entries, 0, nil
}

// located keeps a value and fails, so that the error tells where the value stands.
type located struct{ value any }

var errLocated = errors.New("located")

// UnmarshalTOML implements toml.Unmarshaler.
func (l *located) UnmarshalTOML(v any) error {
	l.value = v
	return errLocated
}

func tomlValue(e *fileEntry, v any) {
	switch v := v.(type) {
	case []any:
		e.list = true
		for _, item := range v {
			text, ok := tomlScalar(item)
			if !ok {
				e.wrong = "a list of single values is wanted"
				return
			}
			e.texts = append(e.texts, text)
		}
	default:
		text, ok := tomlScalar(v)
		if !ok {
			e.wrong = "a value is wanted, not keys of its own"
			return
		}
		e.texts = []string{text}
	}
}

func tomlScalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool, int64, float64:
		return fmt.Sprint(v), true
	}
	return "", false
}
