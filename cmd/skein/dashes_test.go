package main

import (
	"strings"
	"testing"
)

func TestOneDash(t *testing.T) {
	tests := []struct{ in, want string }{
		{"pystrands -ws-port 9000 -tcp-port=9001", "pystrands --ws-port 9000 --tcp-port=9001"},
		{"pystrands --ws-port 9000", "pystrands --ws-port 9000"},
		{"pystrands -queue-size -10 -ws-port 1", "pystrands --queue-size -10 --ws-port 1"},
		{"pystrands -queue-size=-10", "pystrands --queue-size=-10"},
		{"pystrands -backend-token -ws-port -tcp-port 1", "pystrands --backend-token -ws-port --tcp-port 1"},
		{"pystrands -h", "pystrands -h"},
		{"pystrands -help", "pystrands --help"},
		{"pystrands -nothing -ws-port 1", "pystrands --nothing --ws-port 1"},
		{"pystrands - -- -ws-port", "pystrands - -- -ws-port"},
		{"pystrands extra -ws-port 1", "pystrands extra --ws-port 1"},
		{"pystrands -ws-port", "pystrands --ws-port"},
		{"pystrands install -dir -x -force", "pystrands install --dir -x --force"},
		{"serve -listen 1", "serve -listen 1"},
		{"-pystrands", "-pystrands"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := strings.Join(likeGo(newRoot(), strings.Fields(tt.in)), " "); got != tt.want {
			t.Errorf("%s: got %s", tt.in, got)
		}
	}
	if got := strings.Join(likeGo(newPyStrandsServer(), []string{"-ws-port", "1"}), " "); got != "--ws-port 1" {
		t.Errorf("under its own name: %s", got)
	}
}
