package storage

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Each implements Records.
func (f *File) Each(kind string, fn func(key string, value []byte) error) error {
	return f.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketRecords).Bucket([]byte(kind))
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, stored []byte) error {
			value, err := unseal([]byte(kind), k, stored)
			if err != nil {
				return err
			}
			return fn(string(k), value)
		})
	})
}

// Put implements Records.
func (f *File) Put(kind, key string, value []byte) error {
	if err := checkRecord(kind, key, value); err != nil {
		return err
	}
	return f.update(func(tx *bolt.Tx) error {
		b, err := tx.Bucket(bucketRecords).CreateBucketIfNotExists([]byte(kind))
		if err != nil {
			return err
		}
		return b.Put([]byte(key), seal([]byte(kind), []byte(key), append([]byte(nil), value...)))
	})
}

// Delete implements Records.
func (f *File) Delete(kind, key string) error {
	return f.update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketRecords).Bucket([]byte(kind))
		if b == nil {
			return nil
		}
		return b.Delete([]byte(key))
	})
}

func checkRecord(kind, key string, value []byte) error {
	switch {
	case kind == "" || key == "":
		return fmt.Errorf("a record needs a kind and a key")
	case len(key) > maxRecordKey:
		return fmt.Errorf("the key of a record of kind %s has %d bytes, %d are allowed", kind, len(key), maxRecordKey)
	case len(value) > maxRecordValue:
		return fmt.Errorf("the record %s %q has %d bytes, %d are allowed", kind, key, len(value), maxRecordValue)
	}
	return nil
}
