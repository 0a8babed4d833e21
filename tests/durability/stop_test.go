package durability

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/tests/harness"
)

// TestStop: after SIGTERM nothing is lost that the server has received, however long the interval.
func TestStop(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	args := []string{"serve", "--listen", "127.0.0.1:0", "--protocols", "scratch", "--data", dir, "--flush-interval", "1h"}
	s := harness.Start(t, args...)
	const n = 200
	for p := range n {
		project := fmt.Sprint(p)
		w := watch(t, s.URL, project)
		conn, err := dial(s.URL, "writer", project)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, value := range []int{n + 1, n + 2, p} {
			if err := conn.WriteMessage(websocket.TextMessage, setMessage("x", value)); err != nil {
				t.Fatal(err)
			}
		}
		w.until(t, "the value is shown", func(seen map[string][]sighting) bool {
			all := seen["x"]
			return len(all) > 0 && all[len(all)-1].value == p
		})
	}
	s.Stop()
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "skein.db"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	s = harness.Start(t, args...)
	for p := range n {
		if has := state(t, s.URL, fmt.Sprint(p)); len(has) != 1 || has["x"] != p {
			t.Errorf("project %d has %v", p, has)
		}
	}
}

// TestSecondServer: two servers do not share a file.
func TestSecondServer(t *testing.T) {
	dir := t.TempDir()
	harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--data", dir)
	second := harness.Launch(t, harness.Config{Args: []string{"serve", "--listen", "127.0.0.1:0", "--data", dir}})
	if code := second.Wait(patience); code != 1 {
		t.Errorf("exit status %d", code)
	}
	if log := second.Stderr(); !strings.Contains(log, filepath.Join(dir, "skein.db")+" is in use") {
		t.Errorf("it does not say which file is in use:\n%s", log)
	}
}

// TestDamagedFile: a server does not start on a file that was cut off, does not change it, and says which it is.
func TestDamagedFile(t *testing.T) {
	dir := t.TempDir()
	args := []string{"serve", "--listen", "127.0.0.1:0", "--protocols", "scratch", "--data", dir}
	s := harness.Start(t, args...)
	state(t, s.URL, "1")
	s.Stop()
	path := filepath.Join(dir, "skein.db")
	if err := os.Truncate(path, 3*4096); err != nil {
		t.Fatal(err)
	}
	broken := harness.Launch(t, harness.Config{Args: args})
	if code := broken.Wait(patience); code != 1 {
		t.Errorf("exit status %d", code)
	}
	if log := broken.Stderr(); !strings.Contains(log, path+": damaged: it was cut off after 12288 bytes") {
		t.Errorf("it does not say which file is damaged:\n%s", log)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 3*4096 {
		t.Errorf("the file is %v now (%v)", info.Size(), err)
	}
}

// TestNothingIsKeptWithNone: with none nothing is written, and the rules of the dialects hold as if there were no disk.
func TestNothingIsKeptWithNone(t *testing.T) {
	dir := t.TempDir()
	s := harness.Run(t, harness.Config{
		Args: []string{"serve", "--listen", "127.0.0.1:0", "--protocols", "scratch", "--data", "none"},
		Env:  []string{"STATE_DIRECTORY=" + dir, "HOME=" + dir, "XDG_STATE_HOME=" + dir}, Dir: dir,
	})
	state(t, s.URL, "1")
	s.Stop()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
}
