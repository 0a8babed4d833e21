package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRecords(t *testing.T) {
	implementations := map[string]func(t *testing.T) Records{
		"memory": func(*testing.T) Records { return NewMemory() },
		"file":   func(t *testing.T) Records { return open(t, t.TempDir()) },
	}
	for name, make := range implementations {
		t.Run(name, func(t *testing.T) {
			r := make(t)
			for _, key := range []string{"b", "a", "c", "d"} {
				if err := r.Put("ban", key, []byte("old "+key)); err != nil {
					t.Fatal(err)
				}
			}
			value := []byte("new")
			if err := errors.Join(r.Put("ban", "b", value), r.Put("token", "x", nil), r.Delete("ban", "c"),
				r.Delete("ban", "unknown"), r.Delete("unknown", "a")); err != nil {
				t.Fatal(err)
			}
			value[0] = 'X'
			if got, want := list(t, r, "ban"), []string{"a=old a", "b=new", "d=old d"}; !slices.Equal(got, want) {
				t.Errorf("bans are %q, not %q", got, want)
			}
			if got, want := list(t, r, "token"), []string{"x="}; !slices.Equal(got, want) {
				t.Errorf("tokens are %q, not %q", got, want)
			}
			if got := list(t, r, "audit"); got != nil {
				t.Errorf("there are %q of a kind that was never used", got)
			}
			stop := errors.New("enough")
			if err := r.Each("ban", func(string, []byte) error { return stop }); !errors.Is(err, stop) {
				t.Errorf("the error of the function became %v", err)
			}
			for _, err := range []error{
				r.Put("", "a", nil), r.Put("ban", "", nil),
				r.Put("ban", strings.Repeat("k", maxRecordKey+1), nil),
				r.Put("ban", "k", slices.Repeat([]byte("v"), maxRecordValue+1)),
			} {
				if err == nil {
					t.Error("a record without limits was taken")
				}
			}
		})
	}
}

func list(t *testing.T, r Records, kind string) (out []string) {
	t.Helper()
	if err := r.Each(kind, func(key string, value []byte) error {
		out = append(out, fmt.Sprintf("%s=%s", key, value))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// open opens the file of a directory until the end of the test.
func open(t *testing.T, dir string) *File {
	t.Helper()
	f, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestFileKeepsRecords(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	f := open(t, dir)
	if err := f.Put("user", "operator", []byte("hash")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, f.Path(): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, not %v (%v)", path, info.Mode().Perm(), want, err)
		}
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), f.Path()) {
		t.Errorf("a second one on the same file got %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := list(t, open(t, dir), "user"), []string{"operator=hash"}; !slices.Equal(got, want) {
		t.Errorf("after a restart there is %q, not %q", got, want)
	}
}
