package storage

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// withFormat makes a file of some format that holds one record.
func withFormat(t *testing.T, version uint32) (path string) {
	t.Helper()
	f := open(t, t.TempDir())
	if err := f.Put("ban", "old", []byte("value")); err != nil {
		t.Fatal(err)
	}
	if err := f.update(func(tx *bolt.Tx) error { return setVersion(tx, version) }); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Path()
}

func TestNewerFormat(t *testing.T) {
	path := withFormat(t, formatVersion+1)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = OpenFile(path, Options{})
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), path) {
		t.Errorf("a newer file: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !slices.Equal(before, after) {
		t.Errorf("it was changed (%v)", err)
	}
}

func TestMigration(t *testing.T) {
	path := withFormat(t, 1)
	f, err := OpenFile(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rename := func(from, to string) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			b := tx.Bucket(bucketRecords).Bucket([]byte("ban"))
			value, err := unseal([]byte("ban"), []byte(from), b.Get([]byte(from)))
			if err != nil {
				return err
			}
			return errors.Join(b.Put([]byte(to), seal([]byte("ban"), []byte(to), slices.Clone(value))), b.Delete([]byte(from)))
		}
	}
	broken := errors.New("broken")
	if err := f.migrate(1, []func(*bolt.Tx) error{rename("old", "newer"), func(*bolt.Tx) error { return broken }}); !errors.Is(err, broken) {
		t.Fatalf("a migration that fails: %v", err)
	}
	if got, want := list(t, f, "ban"), []string{"old=value"}; !slices.Equal(got, want) {
		t.Errorf("after a migration that has failed there is %q", got)
	}
	if err := f.migrate(1, []func(*bolt.Tx) error{rename("old", "newer"), rename("newer", "newest")}); err != nil {
		t.Fatal(err)
	}
	if got, want := list(t, f, "ban"), []string{"newest=value"}; !slices.Equal(got, want) {
		t.Errorf("after the migration there is %q, not %q", got, want)
	}
	if v, err := f.version(); err != nil || v != 3 {
		t.Errorf("the version is %d (%v)", v, err)
	}
	backup, err := OpenFile(path+".format1", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backup.Close()
	if got, want := list(t, backup, "ban"), []string{"old=value"}; !slices.Equal(got, want) {
		t.Errorf("in the copy there is %q, not %q", got, want)
	}
}

func TestSomeOtherBboltFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(path, Options{}); err == nil || !strings.Contains(err.Error(), "some other program") {
		t.Errorf("opened with %v", err)
	}
}
