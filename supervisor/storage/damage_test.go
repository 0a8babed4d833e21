package storage

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/skeinhq/skein/actors"
)

// filled makes a file with rooms of which it returns what they have.
func filled(t *testing.T) (content []byte, rooms map[string][]actors.StoredVariable) {
	t.Helper()
	dir := t.TempDir()
	f := open(t, dir)
	rooms = make(map[string][]actors.StoredVariable)
	for i := range 60 {
		name := fmt.Sprint("room", i)
		var vars []actors.StoredVariable
		for n := range 1 + i%10 {
			vars = append(vars, variable(fmt.Sprint("variable", n), strings.Repeat(fmt.Sprint(i), 1+rand.IntN(100)), uint64(n+1), "ada", int64(i)))
		}
		rooms[name] = vars
		commit(t, f, actors.RoomWrite{Room: room(name), Variables: vars, Time: int64(i + 1)})
	}
	if err := f.Put("ban", "192.0.2.0/24", []byte("spam")); err != nil {
		t.Fatal(err)
	}
	f.measure()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	return content[:f.Size()], rooms // behind it is only what the file grew by
}

// examine opens a file that may be damaged and reads whatever is in it. Errors have to name the file. What can be read
// is what was written, or nothing; it returns how many rooms are missing and what was reported.
func examine(t *testing.T, content []byte, rooms map[string][]actors.StoredVariable) (missing int, reported error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	named := func(err error) {
		if !strings.Contains(err.Error(), path) {
			t.Errorf("the file is not named: %v", err)
		}
		reported = errors.Join(reported, err)
	}
	f, err := OpenFile(path, Options{})
	if err != nil {
		named(err)
		return len(rooms), reported
	}
	defer f.Close()
	for name, want := range rooms {
		switch l, err := f.Load(room(name)); {
		case err != nil:
			named(err)
			missing++
		case !l.Found:
			missing++
		case !slices.Equal(l.Variables, want):
			t.Errorf("%s has %v, not %v", name, l.Variables, want)
		}
	}
	if err := f.Each("ban", func(key string, value []byte) error {
		if key != "192.0.2.0/24" || string(value) != "spam" {
			t.Errorf("there is the ban %q %q", key, value)
		}
		return nil
	}); err != nil {
		named(err)
	}
	return missing, reported
}

func TestFlippedBits(t *testing.T) {
	content, rooms := filled(t)
	if missing, err := examine(t, content, rooms); missing > 0 || err != nil {
		t.Fatalf("undamaged, but %d are missing: %v", missing, err)
	}
	noticed := 0
	for range 300 {
		damaged := bytes.Clone(content)
		at := rand.IntN(len(damaged))
		damaged[at] ^= 1 << rand.IntN(8)
		missing, err := examine(t, damaged, rooms)
		if err != nil {
			noticed++
		}
		if missing > 0 && err == nil {
			if err := verified(t, damaged); err == nil {
				t.Errorf("%d rooms are missing after a bit was flipped at %d, and nothing says so", missing, at)
			}
		}
		if t.Failed() {
			return
		}
	}
	if noticed == 0 {
		t.Error("no damage was ever noticed")
	}
}

// verified is what Verify says of a file.
func verified(t *testing.T, content []byte) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path, Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Verify()
	return err
}

func TestTornFiles(t *testing.T) {
	content, rooms := filled(t)
	for _, length := range []int{1, 100, 4096, 4 * 4096, len(content) / 4, len(content) / 2, len(content) - 4096} {
		missing, err := examine(t, content[:length], rooms)
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprintf("it was cut off after %d bytes", length)) {
			t.Errorf("cut off after %d bytes of %d: %d missing, %v", length, len(content), missing, err)
		}
	}
	if missing, err := examine(t, nil, rooms); missing != len(rooms) || err != nil {
		t.Errorf("an empty file: %d missing, %v", missing, err)
	}
	zeroed := bytes.Clone(content)
	clear(zeroed[len(zeroed)/4:])
	if missing, err := examine(t, zeroed, rooms); missing == 0 || err == nil {
		t.Errorf("three quarters are zero: %d missing, %v", missing, err)
	}
	other := []byte("#!/bin/sh\n" + strings.Repeat("echo this is no file of ours\n", 1000))
	if _, err := examine(t, other, rooms); !errors.Is(err, ErrDamaged) {
		t.Errorf("some other file: %v", err)
	}
}
