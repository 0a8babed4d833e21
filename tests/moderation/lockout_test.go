package moderation

import "testing"

// TestGuessing tries passwords over many connections.
func TestGuessing(t *testing.T) {
	s := start(t, "--data", dataWith(t, "ann"), "--cl4-admin")
	for range 5 {
		dial(t, s, "127.0.0.2").logIn("ann", "guess", 202)
	}
	for range 3 {
		dial(t, s, "127.0.0.2").logIn("ann", password, 108)
	}
	dial(t, s, "127.0.0.1").logIn("ann", password, 200)
	dial(t, s, "192.0.2.1").logIn("ann", password, 204)
	s.WaitLog("log-in")
}
