package e2e

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/skeinhq/skein/tests/harness"
)

// patience bounds what hangs; nothing that works comes near it.
const patience = 2 * time.Minute

func TestMain(m *testing.M) { harness.Main(m) }

// TestClients runs a conversation in each language, without and with compression on offer.
func TestClients(t *testing.T) {
	home := folder(t)
	clients := map[string][]string{
		"python websockets": {python(t), filepath.Join(home, "clients", "conversation.py")},
		"npm ws":            {node(t, home), filepath.Join(home, "clients", "conversation.mjs")},
	}
	servers := map[string][]string{"plain": nil, "compression": {"--compression"}}
	for client, command := range clients {
		for server, flags := range servers {
			t.Run(client+", "+server, func(t *testing.T) {
				t.Parallel()
				s := harness.Start(t, append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				cmd := exec.CommandContext(ctx, command[0], append(command[1:], s.URL)...)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%v: %v\n%s", cmd.Args, err, out)
				}
			})
		}
	}
}
