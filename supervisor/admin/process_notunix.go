//go:build !unix

package admin

import "time"

// cpuTime is what the process has used so far. It is not known here.
func cpuTime() time.Duration { return 0 }

// openFiles is how many files the process may have open. It is not known here.
func openFiles() int { return 0 }
