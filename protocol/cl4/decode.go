package cl4

import (
	"encoding/json"
	"errors"
	"reflect"

	"github.com/skeinhq/skein/codec"
)

// Get returns the value of any key of the message, empty when the key is absent. Of a repeated key the last one
// counts. Like Val it lives as long as the message.
func (m *Message) Get(key string) (value codec.Raw) {
	eachKey(m.Text, func(k string, v codec.Raw) {
		if k == key {
			value = v
		}
	})
	return value
}

// Decode reads the message into a struct or a map, as encoding/json does. What does not fit is a StatusError, so that
// a handler that returns it answers E:101.
func (m *Message) Decode(v any) error {
	err := json.Unmarshal(m.Text, v)
	if err == nil {
		return nil
	}
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return &StatusError{Status: StatusSyntax, Details: err.Error()}
	}
	key, text := wrong.Field, "must be of another type"
	if t := typesOf(wrong.Type); t != 0 {
		text = t.text()
	}
	var p problems
	p.add(key, text)
	return &StatusError{Status: StatusSyntax, Object: p.details()}
}

// typesOf returns the types of JSON that fit into a type of Go.
func typesOf(t reflect.Type) Types {
	if t == nil {
		return 0
	}
	switch t.Kind() {
	case reflect.String:
		return TypeString
	case reflect.Bool:
		return TypeBoolean
	case reflect.Float32, reflect.Float64:
		return TypeNumber
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return TypeInteger
	case reflect.Struct, reflect.Map:
		return TypeObject
	case reflect.Slice, reflect.Array:
		return TypeList
	}
	return 0
}
