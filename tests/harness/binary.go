package harness

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// binaries remembers what this test process has built, so that each program is linked once.
var binaries struct {
	sync.Mutex
	dir  string
	path map[string]string
	err  map[string]error
}

// Main runs the tests of a package and removes the binaries they built. Call it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if binaries.dir != "" {
		_ = os.RemoveAll(binaries.dir)
	}
	os.Exit(code)
}

// Skein returns the path of the server's binary. It is built from the tree on first use, with the race detector
// when the tests have it. SKEIN_BIN names another binary to test instead.
func Skein(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("SKEIN_BIN"); path != "" {
		return path
	}
	return Build(t, "./cmd/skein")
}

// Build builds the program in a folder of the module and returns the path of its binary.
func Build(t testing.TB, folder string) string {
	t.Helper()
	path, err := build(folder)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func build(folder string) (string, error) {
	binaries.Lock()
	defer binaries.Unlock()
	if path, ok := binaries.path[folder]; ok {
		return path, binaries.err[folder]
	}
	if binaries.dir == "" {
		dir, err := os.MkdirTemp("", "skein-test-")
		if err != nil {
			return "", err
		}
		binaries.dir, binaries.path, binaries.err = dir, map[string]string{}, map[string]error{}
	}
	path := filepath.Join(binaries.dir, filepath.Base(folder))
	binaries.path[folder], binaries.err[folder] = path, compile(folder, path)
	return path, binaries.err[folder]
}

func compile(folder, path string) error {
	root, err := Root()
	if err != nil {
		return err
	}
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, folder)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", folder, err, out)
	}
	return nil
}

// Root returns the folder of go.mod.
func Root() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	mod := strings.TrimSpace(string(out))
	if mod == "" || mod == os.DevNull {
		return "", errors.New("not inside a Go module")
	}
	return filepath.Dir(mod), nil
}
