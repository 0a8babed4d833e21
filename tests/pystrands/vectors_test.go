package pystrands

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	vectors = "../vectors/pystrands"
	// original is where the vectors come from, beside the tree on the machines of those who maintain them.
	original = "../../../shared/vectors/pystrands"
)

// vectorFolder is where vectors are read from; SKEIN_PYSTRANDS_VECTORS names another folder of the same form.
func vectorFolder() string {
	if folder := os.Getenv("SKEIN_PYSTRANDS_VECTORS"); folder != "" {
		return folder
	}
	return vectors
}

// readStrictly reads a whole file of JSON and fails on keys that the test does not know.
func readStrictly(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("%s: text after the value", path)
	}
}

// unitVectors reads a file of unit vectors.
func unitVectors[T any](t testing.TB, name string) []T {
	t.Helper()
	var file struct {
		About   string `json:"about"`
		Vectors []T    `json:"vectors"`
	}
	readStrictly(t, filepath.Join(vectorFolder(), name), &file)
	if len(file.Vectors) == 0 {
		t.Fatalf("%s has no vectors", name)
	}
	return file.Vectors
}

// mayDiffer skips a vector of which is known that the reference broker does something else, when that broker is under
// test.
func mayDiffer(t testing.TB, upstream string) {
	t.Helper()
	if upstreamSide() && !strings.HasPrefix(upstream, "same") {
		t.Skip("known difference: " + upstream)
	}
}

// TestVectorsAreComplete keeps the copy from losing vectors unnoticed.
func TestVectorsAreComplete(t *testing.T) {
	exchanges, err := filepath.Glob(filepath.Join(vectors, "exchange_*.json"))
	if err != nil || len(exchanges) < 25 {
		t.Errorf("%d exchanges, there were 25 (%v)", len(exchanges), err)
	}
	for name, least := range map[string]int{
		"paths.json": 18, "headers.json": 7, "responses.json": 27, "actions.json": 39, "events.json": 12, "config.json": 15,
	} {
		var file struct{ Vectors []any }
		text, err := os.ReadFile(filepath.Join(vectors, name))
		must(t, err)
		must(t, json.Unmarshal(text, &file))
		if len(file.Vectors) < least {
			t.Errorf("%s has %d vectors, there were %d", name, len(file.Vectors), least)
		}
	}
}

// TestVectorsAreTheOriginals compares the copy with its source where that is at hand.
func TestVectorsAreTheOriginals(t *testing.T) {
	if _, err := os.Stat(original); err != nil {
		t.Skip("the originals are not beside this tree")
	}
	var names []string
	for _, root := range []string{original, vectors} {
		files, err := filepath.Glob(filepath.Join(root, "*"))
		must(t, err)
		for _, f := range files {
			if name := filepath.Base(f); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		want, err1 := os.ReadFile(filepath.Join(original, name))
		got, err2 := os.ReadFile(filepath.Join(vectors, name))
		if err1 != nil || err2 != nil || !bytes.Equal(want, got) {
			t.Errorf("%s differs from the original (%v, %v)", name, err1, err2)
		}
	}
}
