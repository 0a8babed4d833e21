package scratch

import "github.com/skeinhq/skein/codec"

// allowedName returns the characters of a variable's name if it is a string that is not too long. TurboWarp stores
// any string that set and create bring; longer names than its limit for rename are ignored here.
func (r *Rules) allowedName(raw codec.Raw) (name []byte, ok bool) {
	name, ok = textOf(raw)
	if !ok || len(name) > r.c.NameLength && !within(utf16Length(string(name)), r.c.NameLength) {
		return nil, false
	}
	return name, true
}

// allowedValue returns the JSON text of a value to be stored and sent, on one line, if it is allowed. Values keep
// the form in which they were sent, but for space between the parts of objects and arrays.
func (r *Rules) allowedValue(raw codec.Raw) (value []byte, ok bool) {
	switch raw.Kind() {
	case codec.KindAbsent, codec.KindNull:
		return nil, false
	case codec.KindNumber:
		return r.allowedNumber(raw)
	case codec.KindString:
		return r.allowedString(raw)
	}
	if r.c.Values == ValuesNumeric {
		return nil, false
	}
	value = raw
	if !isCompact(raw) {
		value = compact(raw)
	}
	// No reference server has a rule for these: they are as long as their text.
	return value, len(value) <= r.c.ValueLength || within(utf16Length(string(value)), r.c.ValueLength)
}

// allowedNumber bounds the text that JavaScript has for the number. A longer way to write it is replaced by that
// text, so that a stored number cannot take more space than the limit allows.
func (r *Rules) allowedNumber(raw codec.Raw) (value []byte, ok bool) {
	limit := r.c.ValueLength
	short := limit < 0 || len(raw) <= limit && jsNumberMax <= limit
	if r.c.Values != ValuesNumeric && short {
		return raw, true
	}
	if short && len(raw) <= 300 && isInteger(string(raw)) {
		return raw, true // surely finite
	}
	text, finite := jsNumber(string(raw))
	switch {
	case !finite && r.c.Values == ValuesNumeric:
		return nil, false
	case !finite:
		return raw, within(len(raw), limit)
	case !within(len(text), limit):
		return nil, false
	case !within(len(raw), limit):
		return []byte(text), true
	}
	return raw, true
}

// allowedString bounds the characters of the string. A numeric one loses its escapes, if it was written with any,
// so that it takes no more space than it has characters.
func (r *Rules) allowedString(raw codec.Raw) (value []byte, ok bool) {
	limit := r.c.ValueLength
	if r.c.Values == ValuesNumeric {
		text, _ := textOf(raw)
		if !isNumeric(string(text)) || !within(len(text), limit) {
			return nil, false
		}
		if len(text) != len(raw)-2 {
			return codec.AppendString(nil, string(text)), true
		}
		return raw, true
	}
	return raw, len(raw)-2 <= limit || within(utf16LengthOfString(raw), limit)
}
