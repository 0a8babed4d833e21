package main

import (
	"log/slog"

	"github.com/skeinhq/skein/supervisor/transport"
)

// announceSimpleServer logs where clients of SimpleServer connect to.
func announceSimpleServer(log *slog.Logger, listeners []*transport.Listener) {
	for _, l := range listeners {
		log.Info("SimpleServer: listening on tcp://"+l.Addr().String(), "listener", l.Addr().String())
	}
}
