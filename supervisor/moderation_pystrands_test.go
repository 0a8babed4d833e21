package supervisor_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/internal/wstest"
	"github.com/skeinhq/skein/supervisor/moderation"
	"github.com/skeinhq/skein/supervisor/pystrands"
)

// TestBannedFromPyStrandsAtOnce bans a client whose backend knows it: the client hears why, its backend that it has gone.
func TestBannedFromPyStrandsAtOnce(t *testing.T) {
	s := serve(t, nil, func(o *supervisor.Options) {
		o.PyStrands = supervisor.PyStrandsOptions{Listen: []string{"127.0.0.1:0"}, Backends: []string{"127.0.0.1:0"}}
	})
	heard := newEvents()
	backend := pystrands.New(pystrands.Options{Addrs: []string{s.BackendListeners()[0].Addr().String()}, Logger: slog.New(slog.DiscardHandler)})
	backend.OnConnectionRequest(func(r *pystrands.ConnectionRequest) { r.ClientID, r.Accepted = "ann", true })
	backend.OnNewConnection(func(c *pystrands.Context) { heard.add("opened %s", c.ClientID) })
	backend.OnDisconnect(func(c *pystrands.Context) { heard.add("left %s", c.ClientID) })
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- backend.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	s.eventually("the backend", func() bool { return s.Broker.Backends.Load() == 1 })

	conn, err := wstest.Dial(s.PyStrandsListeners()[0].URL()+"ws/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{conn, t}
	t.Cleanup(c.Close)
	heard.want(t, "opened ann")
	if n := s.ban(moderation.KindName, "ann", ""); n != 0 {
		t.Errorf("%d clients are closed for names that a backend has given them", n)
	}
	if n := s.ban(moderation.KindIP, "127.0.0.0/8", "noise"); n != 1 {
		t.Errorf("%d closed", n)
	}
	c.ends("1008 " + bannedText)
	heard.want(t, "left ann")
}
