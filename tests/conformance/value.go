package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Value is a JSON value that keeps what encoding/json loses: the order of keys and the digits of numbers. It is
// nil, bool, Number, string, Array or Object.
type Value any

type (
	// Number is a number as it was written.
	Number string
	// Array is a JSON array.
	Array []Value
	// Object is a JSON object in the order it was written.
	Object []Member
	// Member is one key of an Object.
	Member struct {
		Key   string
		Value Value
	}
)

var errRepeatedKey = errors.New("repeated key")

// parseValue reads one JSON value and nothing after it. Repeated keys are an error: no server should write them.
func parseValue(text []byte) (Value, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	v, err := readValue(dec)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the value")
	}
	return v, nil
}

func readValue(dec *json.Decoder) (Value, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Number:
		return Number(token), nil
	case json.Delim:
		if token == '[' {
			return readArray(dec)
		}
		return readObject(dec)
	default: // nil, bool or string
		return token, nil
	}
}

func readArray(dec *json.Decoder) (Value, error) {
	a := Array{}
	for dec.More() {
		v, err := readValue(dec)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	_, err := dec.Token()
	return a, err
}

func readObject(dec *json.Decoder) (Value, error) {
	o := Object{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok {
			return nil, fmt.Errorf("key %v is no string", key)
		}
		if _, ok := o.get(name); ok {
			return nil, fmt.Errorf("%w %q", errRepeatedKey, name)
		}
		v, err := readValue(dec)
		if err != nil {
			return nil, err
		}
		o = append(o, Member{name, v})
	}
	_, err := dec.Token()
	return o, err
}

// UnmarshalJSON makes Object usable as a field of the structs that vector files are read into.
func (o *Object) UnmarshalJSON(text []byte) error {
	v, err := parseValue(text)
	if err != nil {
		return err
	}
	got, ok := v.(Object)
	if !ok {
		return fmt.Errorf("%s where an object was expected", kind(v))
	}
	*o = got
	return nil
}

func (o Object) get(key string) (Value, bool) {
	for _, m := range o {
		if m.Key == key {
			return m.Value, true
		}
	}
	return nil, false
}

// kind names the type of a value as `$any` does.
func kind(v Value) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "bool"
	case Number:
		return "number"
	case string:
		return "string"
	case Array:
		return "array"
	default:
		return "object"
	}
}

// encode writes a value in the spaced form, ", " and ": ", with non-ASCII characters as they are.
func encode(v Value) string {
	var b strings.Builder
	write(&b, v)
	return b.String()
}

func write(b *strings.Builder, v Value) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case Number:
		b.WriteString(string(v))
	case string:
		writeString(b, v)
	case Array:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, e)
		}
		b.WriteByte(']')
	case Object:
		b.WriteByte('{')
		for i, m := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			writeString(b, m.Key)
			b.WriteString(": ")
			write(b, m.Value)
		}
		b.WriteByte('}')
	}
}

func writeString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// maxExponent bounds what equalNumbers expands to digits.
const maxExponent = 5000

// equalNumbers compares by mathematical value: integers without loss, other numbers as 64-bit floats.
func equalNumbers(a, b Number) bool {
	if a == b {
		return true
	}
	x, y := rational(a), rational(b)
	return x != nil && y != nil && x.Cmp(y) == 0
}

// rational returns what a number means, or nil when it is beyond all reason.
func rational(n Number) *big.Rat {
	s := string(n)
	if !strings.ContainsAny(s, ".eE") {
		r, _ := new(big.Rat).SetString(s)
		return r
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return new(big.Rat).SetFloat64(f)
	}
	// Too large for a float: 1e400 still equals 1e400 and nothing smaller.
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if e, err := strconv.Atoi(s[i+1:]); err != nil || e > maxExponent || e < -maxExponent {
			return nil
		}
	}
	r, _ := new(big.Rat).SetString(s)
	return r
}
