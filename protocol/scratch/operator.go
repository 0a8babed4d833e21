package scratch

import "github.com/skeinhq/skein/codec"

// AllowedChange puts name and value of an OpSet or OpCreate that does not come from a client to the rules that clients
// have to keep, and returns the value as it is stored. It returns false when a client could not make the change.
func (r *Rules) AllowedChange(name string, value codec.Raw) (stored string, ok bool) {
	if _, ok := r.allowedName(codec.AppendString(nil, name)); !ok {
		return "", false
	}
	v, ok := r.allowedValue(value)
	return string(v), ok
}
