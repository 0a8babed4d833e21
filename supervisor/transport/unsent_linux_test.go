package transport

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/skeinhq/skein/codec"
)

// What a peer that does not read has coming to it waits in the outbox, where it can still be sent elsewhere.
func TestStreamUnsent(t *testing.T) {
	_, h, addr := startStream(t, Options{OutboxBytes: 1 << 30}, TLS{})
	dialStream(t, addr)
	r := receive(t, h.opens, "OpenStream")
	for range 16 << 10 {
		r.c.Send(codec.RawFrame(make([]byte, 1<<10)))
	}
	eventually(t, "the socket to be full", func() bool {
		r.c.mu.Lock()
		defer r.c.mu.Unlock()
		return r.c.blocked
	})
	var unsent int
	var err error
	control(r.c, func(fd uintptr) { unsent, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQNSD) })
	// The last segment may go over it.
	if err != nil || unsent == 0 || unsent > maxUnsent+64<<10 {
		t.Errorf("%d bytes have been taken and not sent (%v)", unsent, err)
	}
	r.c.Abort(CausePeerGone)
}
