package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (go test -update writes it anew):\n%s", path, diff)
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		env  []string
		args []string
		want int
	}{
		{name: "defaults"},
		{
			name: "layers", args: []string{"-c", "testdata/good.yaml", "--max-clients", "7"},
			env: []string{"SKEIN_MOTD=from the environment", "PORT=1"},
		},
		{
			name: "wrong", args: []string{"--config", "testdata/bad.toml", "--ping-interval", "soon"},
			env: []string{"SKEIN_MAX_MESSAGES=1", "SKEIN_LOG_LEVEL=loud", "SKEIN_ADMIN=0.0.0.0:9"}, want: exitFailure,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := runHere(t, tt.env, append([]string{"check"}, tt.args...)...)
			if code != tt.want {
				t.Errorf("exit status %d, want %d", code, tt.want)
			}
			golden(t, "check_"+tt.name+".txt", stderr+"---\n"+stdout)
		})
	}
}

func TestHelp(t *testing.T) {
	_, stdout, _ := runHere(t, nil, "serve", "--help")
	golden(t, "help_serve.txt", stdout)
	for line := range strings.Lines(stdout) {
		if len(line) > helpWidth+1 {
			t.Errorf("too long a line: %q", line)
		}
	}
}

// TestSettingsInDocumentation compares the tables of settings in the documentation with the program's. A table stands
// between the two marks.
func TestSettingsInDocumentation(t *testing.T) {
	const begin, end = "<!-- skein docs settings -->\n", "<!-- end -->"
	_, table, _ := runHere(t, nil, "docs", "settings")
	if !strings.Contains(table, "| `--max-clients` | `-1` |") {
		t.Errorf("no table:\n%s", table)
	}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		_, rest, marked := strings.Cut(string(text), begin)
		if !marked {
			continue
		}
		got, _, _ := strings.Cut(rest, end)
		if diff := cmp.Diff(table, got); diff != "" {
			t.Errorf("%s: put in the output of `skein docs settings`:\n%s", page, diff)
		}
	}
}
