package storage

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/skeinhq/skein/actors"
)

// chunk is how many rooms are read in one transaction. A long one would keep a server that writes meanwhile from
// using pages again.
const chunk = 200

// Room is what is known of a room without its variables.
type Room struct {
	actors.StoredRoom
	Variables int
	Bytes     int64 // of names and values
	Created   int64 // milliseconds since 1970
	Touched   int64 // milliseconds since 1970
}

// EachRoom calls fn for every room, in the order of spaces and names. Rooms that come or go meanwhile may be missed.
// What is damaged is passed over and returned in the end.
func (f *File) EachRoom(fn func(Room) error) error {
	return f.walkRooms(func(_ *bolt.Tx, room Room, _ *head) (func() error, error) {
		return func() error { return fn(room) }, nil
	})
}

// walkRooms calls read for every room within a transaction, and what it returns outside of one. An error that read
// returns is remembered; one of the function ends the walk.
func (f *File) walkRooms(read func(*bolt.Tx, Room, *head) (func() error, error)) error {
	var from []byte
	var faults []error
	for {
		var then []func() error
		var last []byte
		err := f.view(func(tx *bolt.Tx) error {
			c := tx.Bucket(bucketProjects).Cursor()
			for k, stored := c.Seek(from); k != nil && len(then) < chunk; k, stored = c.Next() {
				last = append(last[:0], k...)
				h, err := decodeHead(k, stored)
				if err == nil {
					var fn func() error
					room := h.room(k)
					if fn, err = read(tx, Room{room, int(h.count), int64(h.size), h.created, h.touched}, h); err == nil {
						then = append(then, fn)
						continue
					}
					err = fmt.Errorf("%s %q: %w", room.Space, room.Name, err)
				}
				if len(faults) < maxFaults {
					faults = append(faults, f.named(err))
				}
			}
			return nil
		})
		if err != nil {
			return errors.Join(append(faults, err)...)
		}
		for _, fn := range then {
			if err := fn(); err != nil {
				return err
			}
		}
		if last == nil {
			return errors.Join(faults...)
		}
		from = append(last, 0)
	}
}
