package harness

import (
	"testing"
	"time"
)

// Eventually returns as soon as ok does, and fails the test when that has not happened in time. It is for what has no
// event of its own to wait for.
func Eventually(t testing.TB, patience time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}
