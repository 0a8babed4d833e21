package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// FileName is the name of the file in its directory.
const FileName = "skein.db"

// lockPatience is how long Open waits for another process to let go of the file: one that is just ending.
const lockPatience = 500 * time.Millisecond

// growth is by how many bytes the file grows.
const growth = 1 << 20

// Options configures a File.
type Options struct {
	// ReadOnly opens an existing file for reading, beside others that do so too.
	ReadOnly bool
	// MaxBytes is from how many bytes in use on rooms that are not kept yet are refused. Zero: no limit.
	MaxBytes int64
	// History is how many of the latest changes of each room are kept.
	History int
}

// File is the file that everything is kept in. It is safe for use by many goroutines.
type File struct {
	path    string
	db      *bolt.DB
	max     int64
	history int

	used, size atomic.Int64 // bytes
}

var _ Records = (*File)(nil)

// Open opens the file in a directory, which it makes, for its owner alone, if there is none. It fails with ErrInUse
// while another process has it open, with ErrNewer when it cannot read it, and with ErrDamaged when it can tell.
func Open(dir string, o Options) (*File, error) {
	if !o.ReadOnly {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("the directory for data: %w; give another one with --data DIR, or --data none to keep everything in memory", err)
		}
	}
	return OpenFile(filepath.Join(dir, FileName), o)
}

// OpenFile is Open for a file of any name.
func OpenFile(path string, o Options) (*File, error) {
	f := &File{path: path, max: o.MaxBytes, history: o.History}
	err := guard(path, func() error {
		if err := checkLength(path); err != nil {
			return err
		}
		db, err := bolt.Open(path, 0o600, &bolt.Options{
			Timeout:      lockPatience,
			ReadOnly:     o.ReadOnly,
			FreelistType: bolt.FreelistMapType,
			// Only addresses: a writer need not wait for readers to make the map larger.
			InitialMmapSize: mapSize(),
			PreLoadFreelist: true,
		})
		if err != nil {
			return openError(path, err)
		}
		db.AllocSize = growth
		f.db = db
		if err := f.prepare(o.ReadOnly); err != nil {
			return errors.Join(err, db.Close())
		}
		f.measure()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// mapSize is how much of the address space is set aside for the file. Windows would make the file that large, and
// where addresses have 32 bits they are too few.
func mapSize() int {
	if runtime.GOOS == "windows" || strconv.IntSize < 64 {
		return 0
	}
	return 1 << 30
}

// syncDirectory has the name of a new file on disk, as well as the file.
func syncDirectory(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // which does that by itself, and opens no directories
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// openError says in plain words what bbolt has met.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%s is %w by another server, or by a skein data command", path, ErrInUse)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return fmt.Errorf("%s is %w or no file of this program: %w; restore a copy, or move it away to begin with nothing", path, ErrDamaged, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// Path is where the file is.
func (f *File) Path() string { return f.path }

// Close lets go of the file.
func (f *File) Close() error { return f.db.Close() }

// view and update run fn in a transaction. What they return names the file.
func (f *File) view(fn func(*bolt.Tx) error) error {
	return guard(f.path, func() error { return f.named(f.db.View(fn)) })
}

func (f *File) update(fn func(*bolt.Tx) error) error {
	return guard(f.path, func() error { return f.named(f.db.Update(fn)) })
}

func (f *File) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", f.path, err)
}
