package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/skeinhq/skein/tests/harness"
)

// stranger is what another program looks like.
const stranger = "#!/bin/sh\necho another broker\n"

// tree is what stands in a directory: the names, with the content of short files and where links lead. Programs of
// ours are "skein".
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if target, err := os.Readlink(path); err == nil {
			out[e.Name()] = "-> " + target
			continue
		}
		if mine, _ := look(path); mine == ours {
			info, err := e.Info()
			if err != nil {
				t.Fatal(err)
			}
			out[e.Name()] = fmt.Sprintf("skein %o", info.Mode())
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(data)
	}
	return out
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// testInstallation is an installation of this test's program in a directory that does not exist yet.
func testInstallation(t *testing.T, goos string) *installation {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &installation{dir: filepath.Join(t.TempDir(), "home", libraryDir), goos: goos, exe: exe, say: func(format string, args ...any) {
		t.Logf(format, args...)
	}}
}

func TestInstallation(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const copied = "skein 755"
	linked := "-> " + exe
	type files = map[string]string
	tests := []struct {
		name        string
		before      files
		link, force bool
		goos        string
		wrong       string
		want, after files // when installed, and when uninstalled again
	}{
		{name: "copy", want: files{"pystrands-server": copied, ".broker_version": "v1.0.0"}, after: files{}},
		{name: "link", link: true, want: files{"pystrands-server": linked, ".broker_version": "v1.0.0"}, after: files{}},
		{
			name: "windows", goos: "windows", after: files{},
			want: files{"pystrands-server": copied, "pystrands-server.exe": copied, ".broker_version": "v1.0.0"},
		},
		{
			name: "old version file alone", before: files{".broker_version": "v0.2.0"},
			want: files{"pystrands-server": copied, ".broker_version": "v1.0.0"}, after: files{},
		},
		{
			name: "stranger", before: files{"pystrands-server": stranger, ".broker_version": "v1.0.0"},
			wrong: "is another program, so it stays: --force",
			want:  files{"pystrands-server": stranger, ".broker_version": "v1.0.0"},
		},
		{
			name: "half a stranger", goos: "windows", before: files{"pystrands-server.exe": stranger},
			wrong: "is another program, so it stays: --force", want: files{"pystrands-server.exe": stranger},
		},
		{
			name: "force, half a stranger", goos: "windows", force: true, before: files{"pystrands-server.exe": stranger},
			want: files{
				"pystrands-server": copied, "pystrands-server.exe": copied, ".broker_version": "v1.0.0",
				"pystrands-server.exe.before-skein": stranger,
			},
			after: files{"pystrands-server.exe": stranger},
		},
		{
			name: "force", force: true, before: files{"pystrands-server": stranger, ".broker_version": "v0.9.0\n", "other": "x"},
			want: files{
				"pystrands-server": copied, ".broker_version": "v1.0.0", "other": "x",
				"pystrands-server.before-skein": stranger, ".broker_version.before-skein": "v0.9.0\n",
			},
			after: files{"pystrands-server": stranger, ".broker_version": "v0.9.0\n", "other": "x"},
		},
		{
			name: "force, without a version", force: true, link: true, before: files{"pystrands-server": stranger},
			want:  files{"pystrands-server": linked, ".broker_version": "v1.0.0", "pystrands-server.before-skein": stranger},
			after: files{"pystrands-server": stranger},
		},
		{
			name: "force keeps what was kept", force: true, before: files{"pystrands-server": stranger, "pystrands-server.before-skein": "older"},
			want: files{
				"pystrands-server": copied, ".broker_version": "v1.0.0",
				"pystrands-server.before-skein": "older", "pystrands-server.before-skein.2": stranger,
			},
			after: files{"pystrands-server": stranger, "pystrands-server.before-skein": "older"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := testInstallation(t, tt.goos)
			if tt.before != nil {
				if err := os.MkdirAll(i.dir, 0o755); err != nil {
					t.Fatal(err)
				}
				write(t, i.dir, tt.before)
			}
			err := i.install(tt.link, tt.force, libraryBroker)
			if tt.wrong == "" && err != nil || tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)) {
				t.Fatalf("install: %v", err)
			}
			if diff := cmp.Diff(tt.want, tree(t, i.dir)); diff != "" {
				t.Error(diff)
			}
			if tt.wrong != "" {
				return
			}
			if err := i.install(tt.link, false, libraryBroker); err != nil {
				t.Errorf("again: %v", err)
			}
			if diff := cmp.Diff(tt.want, tree(t, i.dir)); diff != "" {
				t.Errorf("again: %s", diff)
			}
			if err := i.uninstall(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.after, tree(t, i.dir)); diff != "" {
				t.Errorf("uninstalled: %s", diff)
			}
			if err := i.uninstall(); err == nil || !strings.Contains(err.Error(), "nothing to undo") {
				t.Errorf("uninstalled twice: %v", err)
			}
		})
	}
}

func TestCopyInThePlaceOfALink(t *testing.T) {
	i := testInstallation(t, "linux")
	for _, link := range []bool{true, false, true} {
		if err := i.install(link, false, libraryBroker); err != nil {
			t.Fatal(err)
		}
		got := tree(t, i.dir)[pystrandsServer]
		if strings.HasPrefix(got, "->") != link {
			t.Errorf("link %v: %s", link, got)
		}
	}
	if mine, err := look(i.exe); mine != ours || err != nil {
		t.Fatalf("the program itself is gone: %v", err)
	}
	// The program in that place cannot become a link to itself.
	if err := i.install(false, false, libraryBroker); err != nil {
		t.Fatal(err)
	}
	i.exe = i.programs()[0]
	if err := i.install(true, false, libraryBroker); err == nil || !strings.Contains(err.Error(), "link to itself") {
		t.Errorf("link to itself: %v", err)
	}
}

func TestLinkThatLeadsNowhere(t *testing.T) {
	i := testInstallation(t, "linux")
	if err := os.MkdirAll(i.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(i.dir, "gone"), i.programs()[0]); err != nil {
		t.Fatal(err)
	}
	if err := i.install(false, false, libraryBroker); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, i.dir)[pystrandsServer]; got != "skein 755" {
		t.Error(got)
	}
}

func TestUninstallLeavesOthers(t *testing.T) {
	i := testInstallation(t, "linux")
	if err := os.MkdirAll(i.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"pystrands-server": stranger, ".broker_version": "v1.0.0"}
	write(t, i.dir, files)
	if err := i.uninstall(); err == nil {
		t.Error("nothing is wrong")
	}
	if diff := cmp.Diff(files, tree(t, i.dir)); diff != "" {
		t.Error(diff)
	}
}

func TestInstallRefusesADirectory(t *testing.T) {
	i := testInstallation(t, "linux")
	if err := os.MkdirAll(i.programs()[0], 0o755); err != nil {
		t.Fatal(err)
	}
	if err := i.install(false, true, libraryBroker); err == nil || !strings.Contains(err.Error(), "is no file") {
		t.Error(err)
	}
}

// TestInstallCommand also starts what it has installed.
func TestInstallCommand(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	dir := filepath.Join(home, libraryDir)
	code, stdout, stderr := runHere(t, nil, "pystrands", "install")
	if code != 0 {
		t.Fatalf("exit status %d\n%s", code, stderr)
	}
	for _, want := range []string{
		"Copied ", "Wrote v1.0.0 into " + filepath.Join(dir, libraryVersionFile), "To undo this: skein pystrands uninstall\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not say %q:\n%s", want, stdout)
		}
	}
	if code, _, stderr := runHere(t, nil, "pystrands", "uninstall"); code != 0 {
		t.Errorf("exit status %d\n%s", code, stderr)
	}
	if left := tree(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, args := range [][]string{{"install", "--copy", "--link"}, {"install", "here"}, {"uninstall", "--force"}} {
		if code, _, _ := runHere(t, nil, append([]string{"pystrands"}, args...)...); code != exitUsage {
			t.Errorf("%v: exit status %d", args, code)
		}
	}
	if code, _, stderr := runHere(t, nil, "pystrands", "uninstall"); code != exitFailure || !strings.Contains(stderr, "nothing to undo") {
		t.Errorf("exit status %d\n%s", code, stderr)
	}
}

// TestInstalledProgram runs the built program's install, and then what it has installed, by the name it has there.
func TestInstalledProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "with a space")
	s := harness.Launch(t, harness.Config{Args: []string{"pystrands", "install", "-dir", dir}})
	if code := s.Wait(stopLimit); code != 0 {
		t.Fatalf("exit status %d\n%s", code, s.Stderr())
	}
	names := []string{}
	for name := range tree(t, dir) {
		names = append(names, name)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{libraryVersionFile, pystrandsServer}, names); diff != "" {
		t.Error(diff)
	}
	s = harness.Launch(t, harness.Config{Binary: filepath.Join(dir, pystrandsServer), Args: []string{"--queue-size", "x"}})
	if code := s.Wait(stopLimit); code != exitUsage || !strings.HasPrefix(s.Stderr(), "pystrands-server: --queue-size:") {
		t.Errorf("exit status %d\n%s", code, s.Stderr())
	}
}
