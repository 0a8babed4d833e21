package cl4

import (
	"slices"

	"github.com/skeinhq/skein/codec"
)

// Keys is a set of the keys of a message that a schema can require.
type Keys uint8

// The keys a command may require.
const (
	KeyVal Keys = 1 << iota
	KeyName
	KeyID
	KeyListener
	KeyRooms
)

// Schema is what a command asks of its message beyond the general validation. The zero value asks nothing.
type Schema struct {
	// Required are the keys that must be there.
	Required Keys
	// ScalarVal wants `val` to be a string, a number or a boolean.
	ScalarVal bool
	// StringID wants `id` to be a string.
	StringID bool
	// Fields are further demands, also on keys that CL4 itself does not know.
	Fields []Field
	// NoUnknown refuses keys that are neither CL4's own nor in Fields.
	NoUnknown bool
}

// The texts of CloudLink's validator.
const (
	errNull     = "null value not allowed"
	errRequired = "required field"
	errString   = "must be of string type"
	errID       = "must be of ['string', 'dict', 'list', 'set'] type"
	errListener = "must be of ['string', 'integer', 'float', 'boolean', 'number'] type"
	errUnknown  = "unknown field"
	errRooms    = "must be of ['string', 'integer', 'float', 'boolean', 'number', 'list', 'set'] type"
)

// kinds is a set of JSON types.
type kinds uint8

func kindSet(ks ...codec.Kind) (set kinds) {
	for _, k := range ks {
		set |= 1 << k
	}
	return set
}

func (s kinds) has(k codec.Kind) bool { return s&(1<<k) != 0 }

var (
	anyKind       = kindSet(codec.KindBool, codec.KindNumber, codec.KindString, codec.KindObject, codec.KindArray)
	stringKind    = kindSet(codec.KindString)
	scalarKinds   = kindSet(codec.KindBool, codec.KindNumber, codec.KindString)
	selectorKinds = kindSet(codec.KindString, codec.KindObject, codec.KindArray)
	roomKinds     = kindSet(codec.KindBool, codec.KindNumber, codec.KindString, codec.KindArray)
)

// problems collects the bad keys of one message as the object that CloudLink puts into `details`.
type problems struct {
	json codec.Raw
	keys []string // for addOnce
}

func (p *problems) add(key, text string) {
	p.keys = append(p.keys, key)
	if p.json == nil {
		p.json = append(p.json, '{')
	} else {
		p.json = append(p.json, ',')
	}
	p.json = codec.AppendString(p.json, key)
	p.json = append(p.json, ':', '[')
	p.json = codec.AppendString(p.json, text)
	p.json = append(p.json, ']')
}

// addOnce adds a problem unless the key has one already: a schema may ask twice for the same key.
func (p *problems) addOnce(key, text string) {
	if !slices.Contains(p.keys, key) {
		p.add(key, text)
	}
}

// check adds a problem for a value that is there and not of an allowed type.
func (p *problems) check(key string, value codec.Raw, allowed kinds, text string) {
	switch kind := value.Kind(); {
	case kind == codec.KindAbsent || allowed.has(kind):
	case kind == codec.KindNull:
		p.add(key, errNull)
	default:
		p.add(key, text)
	}
}

// details is nil when no problem was found.
func (p *problems) details() codec.Raw {
	if p.json == nil {
		return nil
	}
	return append(p.json, '}')
}

// checkGeneral is the validation that every message gets, also of keys that its command does not use.
func checkGeneral(cmd codec.Raw, m *Message) codec.Raw {
	var p problems
	if cmd.Kind() == codec.KindAbsent {
		p.add("cmd", errRequired)
	}
	p.check("cmd", cmd, stringKind, errString)
	p.check("val", m.Val, anyKind, "")
	p.check("name", m.Name, stringKind, errString)
	p.check("id", m.ID, selectorKinds, errID)
	p.check("listener", m.Listener, scalarKinds, errListener)
	p.check("rooms", m.Rooms, roomKinds, errRooms)
	return p.details()
}

// Check returns what is wrong with m, or nil. m has passed the general validation.
func (s Schema) Check(m *Message) *Refusal {
	if s.Required == 0 && !s.ScalarVal && !s.StringID && len(s.Fields) == 0 && !s.NoUnknown {
		return nil
	}
	var p problems
	for _, k := range []struct {
		key   Keys
		name  string
		value codec.Raw
	}{{KeyVal, "val", m.Val}, {KeyName, "name", m.Name}, {KeyID, "id", m.ID}, {KeyListener, "listener", m.Listener}, {KeyRooms, "rooms", m.Rooms}} {
		if s.Required&k.key != 0 && k.value.Kind() == codec.KindAbsent {
			p.add(k.name, errRequired)
		}
	}
	if s.ScalarVal {
		p.check("val", m.Val, scalarKinds, errString)
	}
	if s.StringID {
		p.check("id", m.ID, stringKind, errString)
	}
	if len(s.Fields) > 0 || s.NoUnknown {
		s.checkFields(m, &p)
	}
	if details := p.details(); details != nil {
		return refuseSyntax(details, m.Answerable())
	}
	return nil
}
