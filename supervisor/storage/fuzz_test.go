package storage

import (
	"bytes"
	"strings"
	"testing"

	"github.com/skeinhq/skein/actors"
)

// FuzzImport imports anything. Whatever of it is taken is whole afterwards, and can be exported and imported again.
func FuzzImport(f *testing.F) {
	const head = `{"skein":"data","format":1}` + "\n"
	for _, seed := range []string{
		"", head, `{"skein":"data","format":9}`, "null", "[]",
		head + `{"dialect":"turbowarp","project":"1","name":"☁ x","value":"5","user":"ada","time":"2026-01-02T03:04:05.678Z"}`,
		head + `{"dialect":"cl4","project":"default","name":"\"x\"","value":{"a":[1, 2]}}` + "\n" + `{"dialect":"cl4","project":"default","name":"\"x\"","value":7}`,
		head + `{"dialect":"cloudlink","project":"","name":"","value":1e400,"change":"set"}`,
		head + `{"record":"ban","key":"k","data":"dmFsdWU="}`,
		head + `{"dialect":"turbowarp","project":"1","name":"` + strings.Repeat("n", 2*maxText) + `","value":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Open(t.TempDir(), Options{History: 100})
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		file.db.NoSync = true
		done, _ := file.Import(bytes.NewReader(text))
		v, err := file.Verify()
		if err != nil || v.Variables > done.Variables {
			t.Fatalf("imported %+v, verified %+v: %v", done, v, err)
		}
		var b, again bytes.Buffer
		if err := file.Export(&b, ExportOptions{Records: true}); err != nil {
			t.Fatal(err)
		}
		other, err := Open(t.TempDir(), Options{History: 100})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		other.db.NoSync = true
		if _, err := other.Import(bytes.NewReader(b.Bytes())); err != nil {
			t.Fatalf("an export cannot be imported: %v\n%s", err, &b)
		}
		if err := other.Export(&again, ExportOptions{Records: true}); err != nil || again.String() != b.String() {
			t.Fatalf("imported and exported again (%v):\n%s\nnot\n%s", err, &again, &b)
		}
	})
}

// FuzzDecode decodes anything that has the right checksum, as a later version may have written it.
func FuzzDecode(f *testing.F) {
	v := variable("name", `"5"`, 3, "ada", 7)
	f.Add(encodeVariable(&v))
	f.Add(encodeChange(&actors.StoredChange{User: "ada"}))
	f.Add((&head{number: 7}).encode())
	f.Fuzz(func(t *testing.T, value []byte) {
		key := append(numbered(1), "name"...)
		if v, err := decodeVariable(key, seal(bucketValues, key, bytes.Clone(value))); err == nil {
			again, err := decodeVariable(key, seal(bucketValues, key, encodeVariable(&v)))
			if err != nil || again != v {
				t.Errorf("%+v became %+v (%v)", v, again, err)
			}
		}
		_, _ = decodeChange(key, seal(bucketHistory, key, bytes.Clone(value)))
		_, _ = decodeHead(key, seal(bucketProjects, key, bytes.Clone(value)))
	})
}
