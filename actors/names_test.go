package actors

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/skeinhq/skein/codec"
)

// TestNameIndex compares the index with a map of lists.
func TestNameIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x, model := newNameIndex(), make(map[string][]*Ref)
	for range 5000 {
		name := fmt.Sprint(r.IntN(20))
		if owners := model[name]; len(owners) > 0 && r.IntN(2) == 0 {
			i := r.IntN(len(owners))
			x.remove(name, owners[i].ID)
			model[name] = slices.Delete(owners, i, i+1)
		} else {
			ref := &Ref{ID: codec.NewID()}
			x.add(name, ref)
			model[name] = append(model[name], ref)
		}
		x.remove(name, codec.NewID()) // nobody's
		got := x.find(nil, name)
		if len(got) != len(model[name]) {
			t.Fatalf("%d owners, not %d", len(got), len(model[name]))
		}
		for _, ref := range model[name] {
			if !slices.Contains(got, ref) {
				t.Fatal("an owner is missing")
			}
		}
	}
	for name, owners := range model {
		for _, ref := range owners {
			x.remove(name, ref.ID)
		}
	}
	if len(x.first)+len(x.more) > 0 {
		t.Errorf("%d and %d names are left", len(x.first), len(x.more))
	}
}

// TestRoster has rooms grow and shrink across the sizes at which they get and lose their index.
func TestRoster(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	room := newRoster(&System{}, RoomKey{}, nil, func(id *codec.ID) codec.ID { return *id })
	var model []codec.ID
	indexed := 0
	for step := range 20_000 {
		growing := step/500%2 == 0
		if len(model) == 0 || growing == (r.IntN(4) > 0) {
			id := codec.NewID()
			room.add(id)
			model = append(model, id)
		} else {
			i := r.IntN(len(model))
			if m, ok := room.remove(model[i]); !ok || m != model[i] {
				t.Fatal("a member was not taken out")
			}
			if _, ok := room.remove(model[i]); ok {
				t.Fatal("a member was taken out twice")
			}
			model = slices.Delete(model, i, i+1)
		}
		if room.index != nil {
			indexed++
		}
		if len(room.list) != len(model) || (len(model) > indexAbove && room.index == nil) || (len(model) <= indexBelow && room.index != nil) {
			t.Fatalf("%d members, not %d", len(room.list), len(model))
		}
		for _, id := range model {
			if m, ok := room.find(id); !ok || *m != id {
				t.Fatal("a member is not found")
			}
		}
	}
	if indexed == 0 {
		t.Error("the room never had an index")
	}
}

// TestRegistrySlims: what many clients have left behind goes, those who have stayed are found.
func TestRegistrySlims(t *testing.T) {
	shard := &registryShard{clients: make(map[codec.ID]*Ref), names: newNameIndex()}
	var ids []codec.ID
	for i := range 4 * slimFrom {
		ref := &Ref{ID: codec.NewID()}
		ids = append(ids, ref.ID)
		shard.clients[ref.ID] = ref
		shard.peak = max(shard.peak, len(shard.clients))
		shard.names.add(fmt.Sprint(i), ref)
	}
	for i, id := range ids[1:] {
		shard.names.remove(fmt.Sprint(i+1), id)
		shard.onUnregister(&unregister{id: id})
	}
	if shard.peak > slimFrom {
		t.Errorf("the maps were not made anew: %d", shard.peak)
	}
	if len(shard.clients) != 1 || len(shard.find("0", true)) != 1 || len(shard.find(ids[0].ULID(), false)) != 1 {
		t.Error("who has stayed is not found")
	}
}
