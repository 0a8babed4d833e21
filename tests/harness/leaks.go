package harness

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// MainWithoutLeaks is Main for packages whose tests must not leave goroutines behind.
func MainWithoutLeaks(m *testing.M) {
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if binaries.dir != "" {
		_ = os.RemoveAll(binaries.dir)
	}
	os.Exit(code)
}
