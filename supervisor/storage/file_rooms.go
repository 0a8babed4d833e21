package storage

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/skeinhq/skein/actors"
)

var _ actors.Storage = (*File)(nil)

// Load implements actors.Storage.
func (f *File) Load(room actors.StoredRoom) (l actors.LoadedRoom, err error) {
	err = f.view(func(tx *bolt.Tx) error {
		l = actors.LoadedRoom{}
		h, err := findHead(tx, roomKey(room))
		if err != nil || h == nil {
			return err
		}
		l.Found, l.Touched = true, h.touched
		l.Variables, err = variables(tx, h)
		return err
	})
	switch {
	case err != nil:
		return actors.LoadedRoom{}, fmt.Errorf("%s %q: %w", room.Space, room.Name, err)
	case !l.Found && f.full():
		return l, fmt.Errorf("%w: %s has %d bytes in use of %d; give it more with --data-max, or remove old projects with --scratch-keep",
			actors.ErrStorageFull, f.path, f.used.Load(), f.max)
	}
	return l, nil
}

// findHead returns nil for a room that is unknown.
func findHead(tx *bolt.Tx, key []byte) (*head, error) {
	stored := tx.Bucket(bucketProjects).Get(key)
	if stored == nil {
		return nil, nil
	}
	return decodeHead(key, stored)
}

// variables returns the variables of a room in the order of their creation.
func variables(tx *bolt.Tx, h *head) ([]actors.StoredVariable, error) {
	out := make([]actors.StoredVariable, 0, min(h.count, 1<<10))
	prefix := numbered(h.number)
	c := tx.Bucket(bucketValues).Cursor()
	for k, stored := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, stored = c.Next() {
		v, err := decodeVariable(k, stored)
		if err != nil {
			return nil, fmt.Errorf("variable %q: %w", k[numberLen:], err)
		}
		out = append(out, v)
	}
	if n := uint64(len(out)); n != h.count {
		return nil, fmt.Errorf("%w: it has %d variables, %d were found", ErrDamaged, h.count, n)
	}
	slices.SortStableFunc(out, func(a, b actors.StoredVariable) int { return cmp.Compare(a.Order, b.Order) })
	return out, nil
}

// Commit implements actors.Storage. Rooms that are damaged are returned, and the others written all the same.
func (f *File) Commit(writes []actors.RoomWrite) (refused []actors.RoomError, err error) {
	err = f.update(func(tx *bolt.Tx) error {
		refused = nil
		for i := range writes {
			w := &writes[i]
			switch err := f.write(tx, w); {
			case errors.Is(err, ErrDamaged):
				refused = append(refused, actors.RoomError{Room: w.Room, Err: f.named(err)})
			case err != nil:
				return err
			}
		}
		return nil
	})
	if err == nil {
		f.measure()
	}
	return refused, err
}

// write writes one room. It changes nothing when it fails with ErrDamaged.
func (f *File) write(tx *bolt.Tx, w *actors.RoomWrite) error {
	key := roomKey(w.Room)
	h, err := findHead(tx, key)
	switch {
	case err != nil:
		return err
	case w.Forget:
		if h == nil || h.touched >= w.Time {
			return nil
		}
		return forget(tx, key, h)
	case h == nil && len(w.Variables) == 0 && len(w.History) == 0:
		return nil
	case h == nil:
		n, err := tx.Bucket(bucketValues).NextSequence()
		if err != nil {
			return err
		}
		h = &head{number: n, created: w.Time, name: fullText(w.Room.Name)}
	}
	if w.Only != nil {
		if err := h.dropOthers(tx.Bucket(bucketValues), w.Only); err != nil {
			return err
		}
	}
	if err := h.writeVariables(tx.Bucket(bucketValues), w.Variables); err != nil {
		return err
	}
	if err := h.writeHistory(tx.Bucket(bucketHistory), w.History, f.history); err != nil {
		return err
	}
	if h.count == 0 && h.changes == 0 {
		return tx.Bucket(bucketProjects).Delete(key)
	}
	h.touched = max(h.touched, w.Time)
	return tx.Bucket(bucketProjects).Put(key, seal(bucketProjects, key, h.encode()))
}

// dropOthers deletes all variables but some.
func (h *head) dropOthers(b *bolt.Bucket, names []string) error {
	stay := make(map[string]bool, len(names))
	for _, name := range names {
		stay[string(variableKey(h.number, name))] = true
	}
	var drop [][]byte
	prefix := numbered(h.number)
	c := b.Cursor()
	for k, stored := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, stored = c.Next() {
		if !stay[string(k)] {
			drop = append(drop, bytes.Clone(k))
			h.count--
			h.size -= min(h.size, uint64(len(k)+len(stored)))
		}
	}
	for _, k := range drop {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

func (h *head) writeVariables(b *bolt.Bucket, vars []actors.StoredVariable) error {
	for i := range vars {
		v := &vars[i]
		key := variableKey(h.number, v.Name)
		if old := b.Get(key); old != nil {
			h.count--
			h.size -= min(h.size, uint64(len(key)+len(old)))
		}
		if v.Deleted {
			if err := b.Delete(key); err != nil {
				return err
			}
			continue
		}
		value := seal(bucketValues, key, encodeVariable(v))
		h.count++
		h.size += uint64(len(key) + len(value))
		if err := b.Put(key, value); err != nil {
			return err
		}
	}
	return nil
}

// writeHistory keeps the latest changes, and drops older ones also where fewer are to be kept than once.
func (h *head) writeHistory(b *bolt.Bucket, changes []actors.StoredChange, limit int) error {
	for i := range changes {
		key := changeKey(h.number, h.changes)
		h.changes++
		if err := b.Put(key, seal(bucketHistory, key, encodeChange(&changes[i]))); err != nil {
			return err
		}
	}
	if h.changes <= uint64(limit) {
		return nil
	}
	return deleteRange(b, numbered(h.number), changeKey(h.number, h.changes-uint64(limit)))
}

// forget drops a room.
func forget(tx *bolt.Tx, key []byte, h *head) error {
	first, behind := numbered(h.number), numbered(h.number+1)
	return errors.Join(
		deleteRange(tx.Bucket(bucketValues), first, behind),
		deleteRange(tx.Bucket(bucketHistory), first, behind),
		tx.Bucket(bucketProjects).Delete(key),
	)
}

// deleteRange deletes from one key up to, and without, another one.
func deleteRange(b *bolt.Bucket, first, behind []byte) error {
	c := b.Cursor()
	for {
		k, _ := c.Seek(first) // again: a cursor is not to be trusted after a deletion
		if k == nil || bytes.Compare(k, behind) >= 0 {
			return nil
		}
		if err := c.Delete(); err != nil {
			return err
		}
	}
}

// Stale implements actors.Storage.
func (f *File) Stale(before int64, limit int) (rooms []actors.StoredRoom, err error) {
	err = f.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketProjects).Cursor()
		for k, stored := c.First(); k != nil && len(rooms) < limit; k, stored = c.Next() {
			h, err := decodeHead(k, stored)
			if err != nil {
				continue // whoever loads it is told
			}
			if h.touched < before {
				rooms = append(rooms, h.room(k))
			}
		}
		return nil
	})
	return rooms, err
}

// measure takes note of how much of the file is in use.
func (f *File) measure() {
	stats := f.db.Stats()
	var size int64
	_ = f.view(func(tx *bolt.Tx) error {
		size = tx.Size()
		return nil
	})
	f.used.Store(size - int64(stats.FreePageN+stats.PendingPageN)*int64(f.db.Info().PageSize))
	f.size.Store(size)
}

func (f *File) full() bool { return f.max > 0 && f.used.Load() >= f.max }

// Used is how many bytes of the file are in use.
func (f *File) Used() int64 { return f.used.Load() }

// Size is how many bytes the file has. It does not shrink when something is deleted; the space is used again.
func (f *File) Size() int64 { return f.size.Load() }
