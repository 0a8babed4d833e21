package cl4

import (
	"slices"
	"strings"

	"github.com/mailru/easyjson/jlexer"

	"github.com/skeinhq/skein/codec"
)

// Types is a set of JSON types that a Field may have.
type Types uint8

// The types of a Field. They are combined with |. TypeInteger is part of TypeNumber: a number without fraction and
// exponent.
const (
	TypeString Types = 1 << iota
	TypeInteger
	TypeNumber
	TypeBoolean
	TypeObject
	TypeList
)

// typeNames are the names that CloudLink's validator has for them, in the order of the bits.
var typeNames = [...]string{"string", "integer", "number", "boolean", "dict", "list"}

// Field is what a schema asks of one key of the message, usually one that CL4 itself does not know. null is never
// allowed.
type Field struct {
	Key string
	// Types are the allowed ones. Zero value means any.
	Types Types
	// Required tells that the key must be there.
	Required bool
}

// has tells whether a value that is not null is of one of the types.
func (t Types) has(value codec.Raw) bool {
	switch value.Kind() {
	case codec.KindString:
		return t&TypeString != 0
	case codec.KindNumber:
		return t&TypeNumber != 0 || t&TypeInteger != 0 && isInteger(value)
	case codec.KindBool:
		return t&TypeBoolean != 0
	case codec.KindObject:
		return t&TypeObject != 0
	case codec.KindArray:
		return t&TypeList != 0
	}
	return false
}

func isInteger(number codec.Raw) bool {
	for _, c := range number {
		if c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	return true
}

// text is what CloudLink's validator says of a value of another type.
func (t Types) text() string {
	var names []string
	for i, name := range typeNames {
		if t&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if len(names) == 1 {
		return "must be of " + names[0] + " type"
	}
	return "must be of ['" + strings.Join(names, "', '") + "'] type"
}

// maxUnknown is how many unknown keys an answer names. A message may hold many thousands.
const maxUnknown = 16

// ownKeys are the keys that CL4 has rules for.
var ownKeys = []string{"cmd", "val", "name", "id", "listener", "rooms"}

// checkFields checks what the built-in commands do not use. Of a repeated key the last one counts.
func (s *Schema) checkFields(m *Message, p *problems) {
	values := make([]codec.Raw, len(s.Fields))
	var unknown []string
	eachKey(m.Text, func(key string, value codec.Raw) {
		known := slices.Contains(ownKeys, key)
		for i := range s.Fields {
			if s.Fields[i].Key == key {
				values[i], known = value, true
			}
		}
		if !known && s.NoUnknown && len(unknown) < maxUnknown && !slices.Contains(unknown, key) {
			unknown = append(unknown, strings.Clone(key))
		}
	})
	for i := range s.Fields {
		switch f, v := &s.Fields[i], values[i]; {
		case v.Kind() == codec.KindAbsent:
			if f.Required {
				p.addOnce(f.Key, errRequired)
			}
		case v.Kind() == codec.KindNull:
			p.addOnce(f.Key, errNull)
		case f.Types != 0 && !f.Types.has(v):
			p.addOnce(f.Key, f.Types.text())
		}
	}
	for _, key := range unknown {
		p.addOnce(key, errUnknown)
	}
}

// eachKey calls f for every key of an object that was checked to be JSON. key is valid until f returns.
func eachKey(object codec.Raw, f func(key string, value codec.Raw)) {
	in := jlexer.Lexer{Data: object}
	in.Delim('{')
	for in.Ok() && !in.IsDelim('}') {
		key := in.UnsafeFieldName(false)
		in.WantColon()
		var value codec.Raw
		value.UnmarshalEasyJSON(&in)
		if !in.Ok() {
			return
		}
		f(key, value)
		in.WantComma()
	}
}
