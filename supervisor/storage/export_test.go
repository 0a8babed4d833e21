package storage

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/scratch"
)

// openWith opens a file with a history.
func openWith(t *testing.T, o Options) *File {
	t.Helper()
	f, err := Open(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func export(t *testing.T, f *File, o ExportOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.Export(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExportAndImport(t *testing.T) {
	f := openWith(t, Options{History: 10})
	const day = 24 * 3600 * 1000
	commit(t, f,
		actors.RoomWrite{Room: room("123"), Time: day, Variables: []actors.StoredVariable{
			variable("☁ <b>", `"5"`, 1, "ada", day), variable("☁ a", `-0.50`, 2, "", day+1)},
			History: []actors.StoredChange{
				{Change: scratch.Change{Op: scratch.OpRename, Name: "x", NewName: "☁ a"}, User: "ada", Time: day},
				{Change: scratch.Change{Op: scratch.OpSet, Name: "x", Value: `7`}, User: "ada", Time: day},
			}},
		actors.RoomWrite{Room: actors.StoredRoom{Space: actors.SpaceCL4, Name: "default"}, Time: day, Variables: []actors.StoredVariable{variable(`"score"`, `{"a":[1]}`, 1, "", day)}},
	)
	for i := range 3 * chunk / 2 { // more than one transaction
		commit(t, f, actors.RoomWrite{Room: room(fmt.Sprint("p", i)), Time: day, Variables: []actors.StoredVariable{variable("x", "1", 1, "", day)}})
	}
	if err := f.Put("ban", "k", []byte("v")); err != nil {
		t.Fatal(err)
	}
	text := export(t, f, ExportOptions{Records: true})
	project := "123"
	const want = `{"skein":"data","format":1}
{"dialect":"turbowarp","project":"123","name":"☁ <b>","value":"5","user":"ada","time":"1970-01-02T00:00:00.000Z"}
{"dialect":"turbowarp","project":"123","name":"☁ a","value":-0.50,"time":"1970-01-02T00:00:00.001Z"}
{"dialect":"turbowarp","project":"123","name":"x","user":"ada","time":"1970-01-02T00:00:00.000Z","change":"rename","new_name":"☁ a"}
{"dialect":"turbowarp","project":"123","name":"x","value":7,"user":"ada","time":"1970-01-02T00:00:00.000Z","change":"set"}
`
	if got := export(t, f, ExportOptions{Project: &project}); got != want {
		t.Errorf("exported\n%s\nnot\n%s", got, want)
	}
	again := openWith(t, Options{History: 10})
	done, err := again.Import(strings.NewReader(text))
	if want := (Imported{Rooms: 2 + 3*chunk/2, Variables: 3 + 3*chunk/2, Changes: 2, Records: 1}); err != nil || done != want {
		t.Errorf("imported %+v (%v), not %+v", done, err, want)
	}
	if got := export(t, again, ExportOptions{Records: true}); got != text {
		t.Errorf("imported and exported again:\n%s\nnot\n%s", got, text)
	}
	if _, err := again.Verify(); err != nil {
		t.Error(err)
	}
}

func TestImportIntoWhatIsThere(t *testing.T) {
	f := open(t, t.TempDir())
	commit(t, f, actors.RoomWrite{Room: room("1"), Time: 5, Variables: []actors.StoredVariable{variable("a", "1", 3, "", 5), variable("b", "1", 9, "", 5)}})
	_, err := f.Import(strings.NewReader(`{"skein":"data","format":1}
{"dialect":"turbowarp","project":"1","name":"new","value":2}
{"dialect":"turbowarp","project":"1","name":"a","value":"2","user":"eve","time":"2026-01-01T00:00:00Z"}
`))
	if err != nil {
		t.Fatal(err)
	}
	got := load(t, f, room("1"))
	if d := time.Since(time.UnixMilli(got[2].Time)); d < 0 || d > time.Hour {
		t.Errorf("without a time it is %v old", d)
	}
	got[2].Time = 0
	if want := []actors.StoredVariable{variable("a", `"2"`, 3, "eve", 1767225600000), variable("b", "1", 9, "", 5), variable("new", "2", 10, "", 0)}; !slices.Equal(got, want) {
		t.Errorf("there is\n%v, not\n%v", got, want)
	}
}

func TestImportRefuses(t *testing.T) {
	const head = `{"skein":"data","format":1}` + "\n"
	for text, want := range map[string]string{
		`{"a":1}`:                      "line 1",
		`{"skein":"other","format":1}`: "no export",
		`{"skein":"data","format":2}`:  "format 2",
		head + `{"dialect":"turbowarp","name":"a","value":1}`:                            "line 2",
		head + `{"dialect":"basic","project":"1","name":"a","value":1}`:                  `"basic" is no dialect`,
		head + `{"dialect":"turbowarp","project":"1","name":"a","value":null}`:           "null",
		head + `{"dialect":"turbowarp","project":"1","name":"a"}`:                        "the value of",
		head + `{"dialect":"turbowarp","project":"1","name":"a","value":1,"x":1}`:        "unknown field",
		head + `{"dialect":"turbowarp","project":"1","name":"a","change":"jump"}`:        "no change",
		head + `{"dialect":"turbowarp","project":"1","name":"a","value":1,"time":"now"}`: "line 2",
	} {
		if _, err := open(t, t.TempDir()).Import(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v, not %q", text, err, want)
		}
	}
}

func TestImportPrimitive(t *testing.T) {
	f := open(t, t.TempDir())
	at := time.UnixMilli(1_700_000_000_000)
	dir := fstest.MapFS{
		"10.json":    {Data: []byte(`{"☁ z": "1", "☁ a": 2, "☁ none": null}`), ModTime: at},
		"20.json":    {Data: []byte(`{"☁ z": "1", `), ModTime: at},
		"30.json":    {Data: []byte(`[]`), ModTime: at},
		"README.txt": {Data: []byte(`hello`)},
	}
	done, err := f.ImportPrimitive(dir, actors.SpaceTurboWarp)
	for _, want := range []string{"20.json: ", "30.json: it is no JSON object", `10.json: the value of "☁ none" is null`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the errors are %v, without %q", err, want)
		}
	}
	if done.Rooms != 2 || done.Variables != 3 {
		t.Errorf("imported %+v", done)
	}
	want := []actors.StoredVariable{variable("☁ z", `"1"`, 1, "", at.UnixMilli()), variable("☁ a", `2`, 2, "", at.UnixMilli())}
	if got := load(t, f, room("10")); !slices.Equal(got, want) {
		t.Errorf("there is %v, not %v", got, want)
	}
}

func TestInspectAndCompact(t *testing.T) {
	f := open(t, t.TempDir())
	for i := range 100 {
		commit(t, f, actors.RoomWrite{Room: room(fmt.Sprint(i)), Time: int64(1000 - i), Variables: []actors.StoredVariable{variable("x", strings.Repeat("1", 10*i+10_000), 1, "", 5)}})
	}
	for i := range 50 {
		commit(t, f, actors.RoomWrite{Room: room(fmt.Sprint(i)), Time: 2000, Forget: true})
	}
	before := export(t, f, ExportOptions{})
	i, err := f.Inspect(2)
	if err != nil {
		t.Fatal(err)
	}
	if i.Rooms != 50 || i.Variables != 50 || i.ByDialect["turbowarp"] != 50 || i.Bytes < 500_000 || i.Used >= i.Size {
		t.Errorf("inspection: %+v", i)
	}
	if len(i.Largest) != 2 || i.Largest[0].Project != "99" || i.Largest[1].Project != "98" || len(i.Oldest) != 2 || i.Oldest[0].Project != "99" {
		t.Errorf("largest %v, oldest %v", i.Largest, i.Oldest)
	}
	old, compacted, err := f.Compact()
	if err != nil || compacted >= old {
		t.Fatalf("compacted %d bytes to %d: %v", old, compacted, err)
	}
	if info, err := os.Stat(f.Path()); err != nil || info.Size() != compacted || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v (%v)", info, err)
	}
	f, err = OpenFile(f.Path(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if after := export(t, f, ExportOptions{}); after != before {
		t.Error("what is kept has changed")
	}
	commit(t, f, actors.RoomWrite{Room: room("new"), Time: 1, Variables: []actors.StoredVariable{variable("x", "1", 1, "", 5)}})
	if v, err := f.Verify(); err != nil || v.Rooms != 51 {
		t.Errorf("verified %+v: %v", v, err)
	}
}
