package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	bolt "go.etcd.io/bbolt"
)

// compactBytes is how much is copied in one transaction.
const compactBytes = 4 << 20

// Compact writes the file anew, without the space that nothing uses any more, and puts the new one into the place of
// the old one when it is complete. The File is closed then, whatever comes of it. It returns both sizes in bytes.
func (f *File) Compact() (before, after int64, err error) {
	defer func() { err = errors.Join(err, f.Close()) }() // the lock stays until the new file is in place
	path := f.path + ".compact"
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, 0, err
	}
	if err := f.compactTo(path); err != nil {
		return 0, 0, errors.Join(f.named(err), os.Remove(path))
	}
	if before, err = fileSize(f.path); err != nil {
		return 0, 0, err
	}
	if after, err = fileSize(path); err != nil {
		return 0, 0, err
	}
	if runtime.GOOS == "windows" { // which renames nothing that is open
		if err := f.Close(); err != nil {
			return 0, 0, err
		}
	}
	if err := os.Rename(path, f.path); err != nil {
		return 0, 0, err
	}
	return before, after, syncDirectory(filepath.Dir(f.path))
}

func (f *File) compactTo(path string) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockPatience, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	db.AllocSize = growth
	err = guard(f.path, func() error { return bolt.Compact(db, f.db, compactBytes) })
	if err != nil {
		err = fmt.Errorf("copying: %w", err)
	}
	return errors.Join(err, db.Close())
}

func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
