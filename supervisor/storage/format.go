package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// formatVersion is the version of what is in the file.
const formatVersion = 1

// The buckets of the file.
var (
	bucketMeta     = []byte("meta")     // "version" → uint32
	bucketRecords  = []byte("records")  // a bucket for each kind: key → value
	bucketProjects = []byte("projects") // dialect, project → its head
	bucketValues   = []byte("values")   // number of the project, name → variable
	bucketHistory  = []byte("history")  // number of the project, sequence → change
)

var keyVersion = []byte("version")

// prepare brings a file that was just opened to the current version.
func (f *File) prepare(readOnly bool) error {
	version, err := f.version()
	switch {
	case err != nil:
		return err
	case version > formatVersion:
		return fmt.Errorf("%s was %w of Skein: it has format %d, this version reads up to %d", f.path, ErrNewer, version, formatVersion)
	case version == formatVersion:
		return nil
	case readOnly:
		return fmt.Errorf("%s has format %d of %d: start the server once to bring it up to date", f.path, version, formatVersion)
	case version == 0:
		return errors.Join(f.update(create), syncDirectory(filepath.Dir(f.path)))
	}
	return f.migrate(version, migrations)
}

// version is 0 for a file that has just been made.
func (f *File) version() (version uint32, err error) {
	err = f.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketMeta)
		if b == nil {
			if name, _ := tx.Cursor().First(); name != nil {
				return errors.New("a bbolt file of some other program")
			}
			return nil
		}
		stored, err := unseal(bucketMeta, keyVersion, b.Get(keyVersion))
		if err != nil {
			return err
		}
		version = binary.BigEndian.Uint32(stored)
		return nil
	})
	return version, err
}

// create makes the buckets of an empty file.
func create(tx *bolt.Tx) error {
	for _, name := range [][]byte{bucketMeta, bucketRecords, bucketProjects, bucketValues, bucketHistory} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return setVersion(tx, formatVersion)
}

func setVersion(tx *bolt.Tx, version uint32) error {
	value := binary.BigEndian.AppendUint32(nil, version)
	return tx.Bucket(bucketMeta).Put(keyVersion, seal(bucketMeta, keyVersion, value))
}

// migrations[v] turns format v+1 into v+2.
var migrations []func(*bolt.Tx) error

// migrate brings an older file up to date after it has made a copy beside it.
func (f *File) migrate(from uint32, steps []func(*bolt.Tx) error) error {
	backup := fmt.Sprintf("%s.format%d", f.path, from)
	if err := f.Copy(backup); err != nil {
		return fmt.Errorf("%s has format %d; it is not touched before there is a copy: %w", f.path, from, err)
	}
	return f.update(func(tx *bolt.Tx) error {
		for v := from; int(v) <= len(steps); v++ {
			if err := steps[v-1](tx); err != nil {
				return fmt.Errorf("from format %d to %d: %w (a copy is in %s)", v, v+1, err, backup)
			}
			if err := setVersion(tx, v+1); err != nil {
				return err
			}
		}
		return nil
	})
}

// Copy writes a consistent copy of the file, for its owner alone. It does not disturb writers.
func (f *File) Copy(path string) error {
	return f.view(func(tx *bolt.Tx) error { return tx.CopyFile(path, 0o600) })
}
