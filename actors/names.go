package actors

import (
	"maps"
	"slices"

	"github.com/skeinhq/skein/codec"
)

// nameIndex finds CL4 clients by name. Nearly every name has one owner, who costs one entry of a map.
type nameIndex struct {
	first map[string]*Ref
	more  map[string][]*Ref // the others of names that several have
}

func newNameIndex() nameIndex { return nameIndex{first: make(map[string]*Ref)} }

func (x *nameIndex) add(name string, ref *Ref) {
	if x.first[name] == nil {
		x.first[name] = ref
		return
	}
	if x.more == nil {
		x.more = make(map[string][]*Ref)
	}
	x.more[name] = append(x.more[name], ref)
}

func (x *nameIndex) remove(name string, id codec.ID) {
	others := x.more[name]
	if first := x.first[name]; first == nil {
		return
	} else if first.ID == id {
		if len(others) == 0 {
			delete(x.first, name)
			return
		}
		x.first[name] = others[0]
		id = others[0].ID // it is not one of the others any more
	}
	i := slices.IndexFunc(others, func(r *Ref) bool { return r.ID == id })
	switch {
	case i < 0:
	case len(others) == 1:
		delete(x.more, name)
	default:
		x.more[name] = slices.Delete(others, i, i+1)
	}
}

// slim makes the maps as large as what is in them. Maps do not shrink by themselves.
func (x *nameIndex) slim() { x.first, x.more = slimmed(x.first), slimmed(x.more) }

func slimmed[K comparable, V any](m map[K]V) map[K]V {
	if len(m) == 0 {
		return make(map[K]V)
	}
	small := make(map[K]V, len(m))
	maps.Copy(small, m)
	return small
}

// find appends the owners of a name to dst.
func (x *nameIndex) find(dst []*Ref, name string) []*Ref {
	if first := x.first[name]; first != nil {
		dst = append(append(dst, first), x.more[name]...)
	}
	return dst
}
