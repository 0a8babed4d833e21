//go:build linux

// Command floor is the least a server can do: one thread, one epoll descriptor, one write per delivery or answer.
// What a real server needs beyond this is the price of its features.
package main

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:3100", "address")
	echo := flag.Bool("echo", false, "send every message back instead of speaking CloudLink 4")
	flag.Parse()
	runtime.LockOSThread()
	addr, err := netip.ParseAddrPort(*listen)
	if err == nil {
		var s *server
		if s, err = newServer(addr, *echo); err == nil {
			fmt.Printf("ws://%s/\n", addr)
			err = s.run()
		}
	}
	fmt.Fprintln(os.Stderr, "floor:", err)
	os.Exit(1)
}
