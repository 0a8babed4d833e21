package main

import (
	"log/slog"
	"net"
	"os"
	"strings"
)

// notifySystemd tells systemd about the state of the service when it asks for that with Type=notify. See
// sd_notify(3).
func notifySystemd(log *slog.Logger) func(state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return func(string) {}
	}
	if strings.HasPrefix(path, "@") {
		path = "\x00" + path[1:] // a name that is not in the file system
	}
	return func(state string) {
		c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
		if err != nil {
			log.Warn("cannot notify systemd", "error", err)
			return
		}
		defer c.Close()
		if _, err := c.Write([]byte(state)); err != nil {
			log.Warn("cannot notify systemd", "error", err)
		}
	}
}
