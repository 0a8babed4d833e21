//go:build linux

package main

import "time"

var clockBase = time.Now()

// now is nanoseconds since the epoch on a clock that never steps while the process lives, so that times taken in
// one worker process can be subtracted from times taken in another.
func now() int64 {
	return clockBase.UnixNano() + int64(time.Since(clockBase))
}
