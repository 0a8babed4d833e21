// Package e2e lets clients that others have written talk to the server: Python's websockets, npm's ws, and a page
// in Chromium. See tests/README.md.
package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/skeinhq/skein/tests/harness"
)

// python returns an interpreter that has the websockets package. Debian's package belongs to Debian's Python, which
// need not be the first in PATH.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(name, "-c", "import websockets").Run() == nil {
			return name
		}
	}
	t.Fatal("no python3 with the websockets package: run `make deps`")
	return ""
}

// node returns Node.js, having looked for what npm installs.
func node(t *testing.T, folder string) string {
	t.Helper()
	path := tool(t, "node", "nodejs")
	if _, err := filepath.EvalSymlinks(filepath.Join(folder, "node_modules", "ws", "package.json")); err != nil {
		t.Fatal("npm's ws package is not installed: run `make deps`")
	}
	return path
}

func tool(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("no %s: run `make deps`", names[0])
	return ""
}

func folder(t *testing.T) string {
	t.Helper()
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "tests", "e2e")
}
