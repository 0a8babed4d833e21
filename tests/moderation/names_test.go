package moderation

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/skeinhq/skein/tests/harness"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFilterOnHangUp changes the filter of a server that runs.
func TestFilterOnHangUp(t *testing.T) {
	file := filepath.Join(t.TempDir(), "names.filter")
	write(t, file, "# nobody is staff\n^scratchteam$\n")
	s := start(t, "--data", "none", "--name-filter", file, "--reserved-names", "Owner,Bot")
	c := dial(t, s, "")
	c.does("setid", "ScratchTeam", 108)
	c.does("setid", "OWNER", 108)
	c.does("setid", "bot", 108)
	scratch := dial(t, s, "")
	scratch.say(`{"method":"handshake","user":"scratchteam","project_id":"7"}`)
	scratch.ends(4002, "This name is not allowed here.")

	write(t, file, "^ann$\n(\n")
	s.Signal(syscall.SIGHUP)
	s.WaitLog("reload failed")
	c.does("setid", "scratchteam", 108)
	write(t, file, "^ann$\n")
	s.Signal(syscall.SIGHUP)
	s.WaitLog(`reloaded`)
	c.does("setid", "Ann", 108)
	c.does("setid", "scratchteam", 100)
}

func TestFilterWithAMistake(t *testing.T) {
	file := filepath.Join(t.TempDir(), "names.filter")
	write(t, file, "ok\n(?=look)\n")
	for _, command := range []string{"serve", "check"} {
		s := harness.Launch(t, harness.Config{Args: []string{command, "--data", "none", "--listen", "127.0.0.1:0", "--name-filter", file}})
		if status := s.Wait(patience); status == 0 {
			t.Errorf("%s: status 0", command)
		}
		if command == "serve" && !strings.Contains(s.Stderr(), "line 2") {
			t.Errorf("%s does not say where: %s", command, s.Stderr())
		}
	}
}

func TestUniqueNames(t *testing.T) {
	s := start(t, "--data", "none", "--unique-names", "server")
	dial(t, s, "").does("setid", "ann", 100)
	dial(t, s, "").does("setid", "Ann", 112)
}
