package durability

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/tests/harness"
)

// TestDiskFull runs the server on a disk of its own, fills that, and makes room again: the service goes on, the server
// says what is the matter, and in the end everything is on the disk.
func TestDiskFull(t *testing.T) {
	for _, mode := range []string{"interval", "sync"} {
		t.Run(mode, func(t *testing.T) { diskFull(t, mode) })
	}
}

func diskFull(t *testing.T, mode string) {
	disk := t.TempDir()
	if out, err := exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=1m", "none", disk).CombinedOutput(); err != nil {
		t.Skipf("no small disk can be mounted here: %v %s", err, out)
	}
	const script = `mount -t tmpfs -o size=3m none "$0" && exec "$@"`
	s := harness.Run(t, harness.Config{Binary: "unshare", Args: []string{
		"-rm", "sh", "-c", script, disk, harness.Skein(t), "serve", "--listen", "127.0.0.1:0", "--protocols", "scratch",
		"--data", disk, "--durability", mode, "--flush-interval", "20ms", "--admin", "127.0.0.1:0",
	}})
	inside := fmt.Sprintf("/proc/%d/root%s", s.Pid(), disk) // what only the server sees at that path
	admin := regexp.MustCompile(`http://[0-9.:]+/`).FindString(s.Stderr())
	until := func(path, want string) {
		t.Helper()
		var text string
		eventually(t, path+" says "+want, func() bool {
			resp, err := http.Get(admin + path)
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			text = string(b)
			return err == nil && resp.StatusCode == http.StatusOK && strings.Contains(text, want)
		})
	}
	w := watch(t, s.URL, "1")
	conn, err := dial(s.URL, "writer", "1")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	value := 0
	change := func(variable string) {
		t.Helper()
		value++
		want := value
		if err := conn.WriteMessage(websocket.TextMessage, setMessage(variable, want)); err != nil {
			t.Fatal(err)
		}
		w.until(t, "a change is shown", func(seen map[string][]sighting) bool {
			all := seen[variable]
			return len(all) > 0 && all[len(all)-1].value == want
		})
	}
	change("before")
	until("readyz", "ready")
	fill(t, filepath.Join(inside, "filler"))
	// Long values need pages that the disk has not got.
	long := `{"method":"set","name":"long","value":"` + strings.Repeat("1", 90_000) + `"}`
	other, err := dial(s.URL, "writer", "2")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for i := range 20 {
		if err := other.WriteMessage(websocket.TextMessage, []byte(strings.Replace(long, "long", fmt.Sprint("long", i), 1))); err != nil {
			t.Fatal(err)
		}
	}
	until("readyz", "degraded: data cannot be written")
	until("metrics", "skein_data_failing 1")
	for i := range 30 {
		change(fmt.Sprint("v", i%10))
	}
	s.WaitLog("data cannot be written")
	if err := os.Remove(filepath.Join(inside, "filler")); err != nil {
		t.Fatal(err)
	}
	until("readyz", "ready")
	until("metrics", "skein_data_pending_changes 0")
	s.WaitLog("data can be written again")

	// What is on the disk now is what a server that starts with it has.
	content, err := os.ReadFile(filepath.Join(inside, "skein.db"))
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.WriteFile(filepath.Join(copied, "skein.db"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	again := harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--protocols", "scratch", "--data", copied)
	has := state(t, again.URL, "1")
	for name, want := range w.latest(t, time.Now().Add(time.Hour)) {
		if has[name] != want {
			t.Errorf("%s is %d, not %d", name, has[name], want)
		}
	}
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size >= 1; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// eventually waits for a state that nothing tells about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	harness.Eventually(t, patience, what, ok)
}
