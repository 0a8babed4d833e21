package cl4

import (
	"strings"

	"github.com/mailru/easyjson"

	"github.com/skeinhq/skein/codec"
	wire "github.com/skeinhq/skein/codec/cl4"
)

// Selector names the recipients of pmsg and pvar. It owns its values.
type Selector struct {
	// Terms are looked up one by one; what they find is united.
	Terms []Term
	// List tells an array from a single string or object.
	List bool
	// Text is how answers quote the selector.
	Text string
}

// Term is one string or object of a Selector.
type Term struct {
	// Key is an id, a uuid or else a username, where IsObject is not set. An empty one finds nobody.
	Key string
	// Object holds the keys of a user object, all of which must fit.
	Object   ObjectTerm
	IsObject bool
}

// ObjectTerm is what a user object asks for. Without any key it finds nobody.
type ObjectTerm struct {
	ID, UUID, Username          string
	HasID, HasUUID, HasUsername bool
	Never                       bool // a key has a value that no client has, such as a number
}

// Matches tells whether u is meant.
func (o ObjectTerm) Matches(u User) bool {
	if o.Never || !o.HasID && !o.HasUUID && !o.HasUsername {
		return false
	}
	return (!o.HasID || o.ID == u.ID.ULID()) &&
		(!o.HasUUID || o.UUID == u.ID.UUID()) &&
		(!o.HasUsername || u.Named && o.Username == u.Username)
}

// parseSelector reads the `id` of a message that passed validation.
func parseSelector(id codec.Raw) (Selector, bool) {
	switch id.Kind() {
	case codec.KindString, codec.KindObject:
		t, ok := parseTerm(id)
		text := t.Key
		if t.IsObject {
			text = string(id)
		}
		return Selector{Terms: []Term{t}, Text: text}, ok
	case codec.KindArray:
		elements, err := list(id)
		if err != nil {
			return Selector{}, false
		}
		s := Selector{Terms: make([]Term, len(elements)), List: true, Text: string(id)}
		for i, e := range elements {
			t, ok := parseTerm(e)
			if !ok {
				return Selector{}, false
			}
			s.Terms[i] = t
		}
		return s, true
	}
	return Selector{}, false
}

func parseTerm(raw codec.Raw) (Term, bool) {
	if key, ok := raw.Str(); ok {
		return Term{Key: clone(key)}, true
	}
	if raw.Kind() != codec.KindObject {
		return Term{}, false
	}
	var ref wire.UserRef
	ref.Reset()
	if err := easyjson.Unmarshal(raw, &ref); err != nil {
		return Term{}, false
	}
	var o ObjectTerm
	read := func(field *codec.Raw) (string, bool) {
		value := codec.FieldValue(field)
		text, ok := value.Str()
		if value.Kind() != codec.KindAbsent && !ok {
			o.Never = true
		}
		return clone(text), ok
	}
	o.ID, o.HasID = read(ref.ID)
	o.UUID, o.HasUUID = read(ref.UUID)
	o.Username, o.HasUsername = read(ref.Username)
	return Term{Object: o, IsObject: true}, true
}

// clone detaches a string from the text it was decoded from.
func clone(s string) string { return strings.Clone(s) }
