package codec

import (
	"github.com/mailru/easyjson/jlexer"
	"github.com/mailru/easyjson/jwriter"
)

// Kind is what a JSON value is.
type Kind uint8

// Kinds of JSON values.
const (
	KindAbsent Kind = iota // there is no value
	KindNull
	KindBool
	KindNumber
	KindString
	KindObject
	KindArray
)

// Raw is the text of one JSON value without white space around it; empty when there is none. It is a part of the text
// that was decoded, and lives as long as that does.
//
// Decoding does not check scalars, so the whole text has to pass CheckJSON before.
//
// Generated decoders skip null instead of decoding it, so a struct's field of type Raw cannot tell null from a missing
// key, and {"a":1,"a":null} leaves it at 1. They do assign nil to a pointer. Wire structs therefore declare *Raw and,
// before decoding, point it at a Raw of their own:
//
//	type Packet struct {
//		Val *codec.Raw `json:"val"`
//
//		val codec.Raw
//	}
//
//	func (p *Packet) Reset() { p.val = nil; p.Val = &p.val }
//
// After decoding nil means null, and a pointer to an empty Raw that the key is missing. This allocates for a key that
// comes again after null, and otherwise not. In a generated []Raw an empty element means null.
type Raw []byte

// kinds has the kind of a value by its first byte.
var kinds = [256]Kind{
	'n': KindNull, 't': KindBool, 'f': KindBool, '"': KindString, '{': KindObject, '[': KindArray, '-': KindNumber,
	'0': KindNumber, '1': KindNumber, '2': KindNumber, '3': KindNumber, '4': KindNumber,
	'5': KindNumber, '6': KindNumber, '7': KindNumber, '8': KindNumber, '9': KindNumber,
}

// Kind tells what the value is, from its first byte. What is not JSON is KindAbsent too.
func (r Raw) Kind() Kind {
	if len(r) == 0 {
		return KindAbsent
	}
	return kinds[r[0]]
}

// Str decodes a JSON string. It returns false when the value is none. Halves of surrogate pairs become U+FFFD.
func (r Raw) Str() (string, bool) {
	inner, plain, ok := r.inner()
	switch {
	case !ok:
		return "", false
	case plain:
		return string(inner), true
	}
	return string(appendUnescaped(make([]byte, 0, len(inner)), inner)), true
}

// AppendStr appends what Str returns to dst.
func (r Raw) AppendStr(dst []byte) ([]byte, bool) {
	inner, plain, ok := r.inner()
	switch {
	case !ok:
		return dst, false
	case plain:
		return append(dst, inner...), true
	}
	return appendUnescaped(dst, inner), true
}

// Text returns what Str does for a string, and a number or a boolean as it is written. It returns false for others.
func (r Raw) Text() (string, bool) {
	switch r.Kind() {
	case KindString:
		return r.Str()
	case KindNumber, KindBool:
		return string(r), true
	}
	return "", false
}

// UnmarshalEasyJSON implements easyjson.Unmarshaler. It does not copy.
func (r *Raw) UnmarshalEasyJSON(in *jlexer.Lexer) {
	if in.CurrentToken() != jlexer.TokenDelim {
		*r = in.Raw()
		return
	}
	// Raw would call json.Valid, which takes most of the time for an array or object. The lexer cannot be told to
	// go on behind a value, but its position is an offset into Data: it is behind the bracket now, and behind the
	// value when Data loses the rest of the value's length in front.
	start := in.GetPos() - 1
	n, end := scanJSON(in.Data[start:], wordDepth, nil)
	if end != endGood {
		*r = in.Raw() // nested deeply, or wrong
		return
	}
	*r = in.Data[start : start+n : start+n]
	in.Delim(in.Data[start])
	in.Data = in.Data[n-1:]
}

// MarshalEasyJSON implements easyjson.Marshaler. It writes the text as it is, and null when there is none.
func (r Raw) MarshalEasyJSON(w *jwriter.Writer) { w.Raw(r, nil) }
