package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/skeinhq/skein/supervisor/storage"
	"github.com/skeinhq/skein/tests/harness"
)

// dataCommand runs skein data in a directory and returns what it has printed.
func dataCommand(t *testing.T, dir string, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := runHere(t, []string{"SKEIN_DATA=" + dir}, append([]string{"data"}, args...)...)
	if code != want {
		t.Errorf("data %q: exit status %d, not %d\n%s", args, code, want, stderr)
	}
	return stdout, stderr
}

const exported = `{"skein":"data","format":1}
{"dialect":"turbowarp","project":"1","name":"☁ x","value":"5","user":"ada","time":"2026-01-02T03:04:05.678Z"}
{"dialect":"turbowarp","project":"2","name":"☁ y","value":7,"time":"2026-01-02T03:04:05.678Z"}
`

func TestDataCommands(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	dataCommand(t, dir, exitFailure, "export")
	file := filepath.Join(t.TempDir(), "export.jsonl")
	if err := os.WriteFile(file, []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _ := dataCommand(t, dir, 0, "import", file); !strings.HasPrefix(out, "2 projects, 2 variables") {
		t.Errorf("import says %q", out)
	}
	if out, _ := dataCommand(t, dir, 0, "export"); out != exported {
		t.Errorf("exported\n%s\nnot\n%s", out, exported)
	}
	if out, _ := dataCommand(t, dir, 0, "export", "--project", "2"); strings.Count(out, "\n") != 2 || !strings.Contains(out, "☁ y") {
		t.Errorf("exported\n%s", out)
	}
	primitive := t.TempDir()
	if err := os.WriteFile(filepath.Join(primitive, "3.json"), []byte(`{"☁ z":"9"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	dataCommand(t, dir, 0, "import", "--format", "primitive-cloud-server", primitive)
	dataCommand(t, dir, exitUsage, "import", "--format", "unknown", primitive)
	var i storage.Inspection
	out, _ := dataCommand(t, dir, 0, "inspect", "--json")
	if err := json.Unmarshal([]byte(out), &i); err != nil || i.Rooms != 3 || i.Variables != 3 {
		t.Errorf("inspection %s: %v", out, err)
	}
	if out, _ := dataCommand(t, dir, 0, "inspect"); !strings.Contains(out, "LARGEST") || !strings.Contains(out, `"3"`) {
		t.Errorf("inspection\n%s", out)
	}
	dataCommand(t, dir, 0, "compact")
	if out, _ := dataCommand(t, dir, 0, "verify"); !strings.Contains(out, "is whole: 3 projects, 3 variables") {
		t.Errorf("verify says %q", out)
	}
	path := filepath.Join(dir, storage.FileName)
	if err := os.Truncate(path, 20_480); err != nil {
		t.Fatal(err)
	}
	if _, stderr := dataCommand(t, dir, exitFailure, "verify"); !strings.Contains(stderr, path+": damaged: it was cut off") {
		t.Errorf("of a file that was cut off it says\n%s", stderr)
	}
	dataCommand(t, "none", exitFailure, "inspect")
}

// TestDataOfRunningServer: what a server has open is not touched, and what it says is the same as the file.
func TestDataOfRunningServer(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(t.TempDir(), "export.jsonl")
	if err := os.WriteFile(file, []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	dataCommand(t, dir, 0, "import", file)
	s := harness.Start(t, "serve", "--listen", "0", "--admin", "0", "--data", dir)
	admin := regexp.MustCompile(`http://([0-9.:]+)/`).FindStringSubmatch(s.Stderr())[1]
	for _, args := range [][]string{{"import", file}, {"verify"}, {"compact"}} {
		if _, stderr := dataCommand(t, dir, exitFailure, args...); !strings.Contains(stderr, filepath.Join(dir, storage.FileName)+" is in use") {
			t.Errorf("data %q says %s", args, stderr)
		}
	}
	other := t.TempDir() // what is kept there has no part in what the server at an address has
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(exported, "ada", "bob")), 0o600); err != nil {
		t.Fatal(err)
	}
	dataCommand(t, other, 0, "import", file)
	for d, args := range map[string][]string{dir: {"export"}, other: {"export", "--admin", admin}, "none": {"export", "--admin", admin}} {
		if out, _ := dataCommand(t, d, 0, args...); out != exported {
			t.Errorf("data %q, with the data in %s, has exported\n%s\nnot\n%s", args, d, out, exported)
		}
	}
	if _, stderr := dataCommand(t, dir, exitFailure, "export", "--records"); !strings.Contains(stderr, "stop it, or leave --records out") {
		t.Errorf("with --records it says %s", stderr)
	}
	if out, _ := dataCommand(t, dir, 0, "inspect", "--admin", admin); !strings.Contains(out, "variables  2,") {
		t.Errorf("inspection\n%s", out)
	}
}
