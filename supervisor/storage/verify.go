package storage

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/skeinhq/skein/actors"
)

// maxFaults bounds what Verify reports.
const maxFaults = 100

// Verified is what Verify has looked at.
type Verified struct {
	Rooms, Variables, Changes, Records int
}

// Verify reads everything and checks every page and every checksum. It returns all that it has found to be wrong, up
// to a bound.
func (f *File) Verify() (v Verified, err error) {
	var faults []error
	fault := func(err error) {
		if len(faults) < maxFaults {
			faults = append(faults, err)
		}
	}
	structure := f.view(func(tx *bolt.Tx) error {
		for err := range tx.Check() { // to its end: it has a goroutine
			fault(fmt.Errorf("%w: %w", ErrDamaged, err))
		}
		return nil
	})
	if structure != nil {
		fault(structure)
	}
	if len(faults) == 0 { // pages that are wrong are not to be walked through
		if err := f.view(func(tx *bolt.Tx) error { return v.walk(tx, fault) }); err != nil {
			fault(err)
		}
	}
	return v, f.named(errors.Join(faults...))
}

// walk looks at every value.
func (v *Verified) walk(tx *bolt.Tx, fault func(error)) error {
	numbers := make(map[uint64]bool)
	var variablesOfRooms uint64
	err := tx.Bucket(bucketProjects).ForEach(func(key, stored []byte) error {
		v.Rooms++
		h, err := decodeHead(key, stored)
		if err != nil {
			fault(err)
			return nil
		}
		room := h.room(key)
		if numbers[h.number] {
			fault(fmt.Errorf("%w: %s %q shares its variables with another room", ErrDamaged, room.Space, room.Name))
		}
		numbers[h.number] = true
		vars, err := variables(tx, h)
		if err != nil {
			fault(fmt.Errorf("%s %q: %w", room.Space, room.Name, err))
			return nil
		}
		variablesOfRooms += uint64(len(vars))
		v.checkOrder(room, vars, fault)
		changes, err := history(tx, h)
		if err != nil {
			fault(fmt.Errorf("%s %q: %w", room.Space, room.Name, err))
		}
		v.Changes += len(changes)
		return nil
	})
	if err != nil {
		return err
	}
	v.Variables = int(variablesOfRooms)
	if n := tx.Bucket(bucketValues).Stats().KeyN; uint64(n) != variablesOfRooms && len(numbers) == v.Rooms {
		fault(fmt.Errorf("%w: there are %d variables, of which %d belong to rooms", ErrDamaged, n, variablesOfRooms))
	}
	return v.walkRecords(tx, fault)
}

func (v *Verified) checkOrder(room actors.StoredRoom, vars []actors.StoredVariable, fault func(error)) {
	for i := 1; i < len(vars); i++ {
		if vars[i].Order == vars[i-1].Order {
			fault(fmt.Errorf("%s %q: %q and %q have one place in the order", room.Space, room.Name, vars[i-1].Name, vars[i].Name))
		}
	}
}

func (v *Verified) walkRecords(tx *bolt.Tx, fault func(error)) error {
	records := tx.Bucket(bucketRecords)
	return records.ForEachBucket(func(kind []byte) error {
		return records.Bucket(kind).ForEach(func(key, stored []byte) error {
			v.Records++
			if _, err := unseal(kind, key, stored); err != nil {
				fault(err)
			}
			return nil
		})
	})
}
