package storage

import (
	"bytes"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/skeinhq/skein/actors"
)

// History returns the changes of a room that are kept, oldest first.
func (f *File) History(room actors.StoredRoom) (changes []actors.StoredChange, err error) {
	err = f.view(func(tx *bolt.Tx) error {
		h, err := findHead(tx, roomKey(room))
		if err != nil || h == nil {
			return err
		}
		changes, err = history(tx, h)
		return err
	})
	return changes, err
}

func history(tx *bolt.Tx, h *head) (changes []actors.StoredChange, err error) {
	prefix := numbered(h.number)
	c := tx.Bucket(bucketHistory).Cursor()
	for k, stored := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, stored = c.Next() {
		change, err := decodeChange(k, stored)
		if err != nil {
			return nil, fmt.Errorf("history: %w", err)
		}
		changes = append(changes, change)
	}
	return changes, nil
}
