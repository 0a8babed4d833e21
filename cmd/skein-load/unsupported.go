//go:build !linux

// Command skein-load drives servers with load. It needs Linux: its clients are bare descriptors on epoll.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "skein-load: needs Linux (epoll, /proc)")
	os.Exit(1)
}
