package moderation

import (
	"strings"
	"testing"
)

// TestRestart sees that what an administrator does by CL4 commands is still so after a restart.
func TestRestart(t *testing.T) {
	dir := dataWith(t, "ann")
	s := start(t, "--data", dir, "--cl4-admin")
	op := dial(t, s, "")
	op.logIn("ann", password, 200)
	victim := dial(t, s, "192.0.2.7")
	victim.does("ping", 1, 100)
	op.does("admin_ban", map[string]any{"kind": "ip", "pattern": "192.0.2.0/24", "reason": "noise"}, 100)
	victim.ends(1008, "You are banned from this server: noise")
	op.does("admin_ban", map[string]any{"kind": "name", "pattern": "*troll*"}, 100)
	op.does("admin_ban", map[string]any{"kind": "name", "pattern": "shortly", "for_seconds": 1}, 100)
	op.does("admin_disable_command", map[string]any{"protocol": "cl4", "cmd": "gvar"}, 100)
	op.does("admin_motd", "be nice", 100)
	op.does("admin_add_admin_user", map[string]any{"username": "bob", "password": "another horse", "permissions": []string{"close_connections"}}, 100)
	s.Stop()

	s = start(t, "--data", dir, "--cl4-admin")
	if got := refused(t, s, "192.0.2.99", 403); got != "You are banned from this server: noise" {
		t.Errorf("told %q", got)
	}
	op = dial(t, s, "")
	op.does("setid", "Mr. TROLL", 108)
	op.does("gvar", 1, 110)
	op.does("admin_motd", "x", 108)
	op.say(`{"cmd":"handshake"}`)
	for motd := false; !motd; {
		_, text, err := op.ReadMessage()
		if err != nil || strings.Contains(string(text), "statuscode") {
			t.Fatalf("no motd: %s %v", text, err)
		}
		motd = string(text) == `{"cmd":"motd","val":"be nice"}`
	}
	if code, answer := op.ask("ping", 1); code != 100 { // that of the handshake
		t.Fatal(answer)
	}
	bob := dial(t, s, "")
	bob.logIn("bob", "another horse", 200)
	bob.does("admin_unban", map[string]any{"kind": "ip", "pattern": "192.0.2.0/24"}, 100)
	bob.does("admin_enable_command", map[string]any{"protocol": "cl4", "cmd": "gvar"}, 108)
	dial(t, s, "192.0.2.99").does("ping", 1, 100)

	if log := s.Stderr(); strings.Contains(log, password) || strings.Contains(log, "another horse") {
		t.Error("the log has passwords")
	}
}

// TestBansWithoutAdministration sees that bans are in force whatever they were made with.
func TestBansWithoutAdministration(t *testing.T) {
	dir := dataWith(t, "ann")
	s := start(t, "--data", dir, "--cl4-admin")
	op := dial(t, s, "")
	op.logIn("ann", password, 200)
	own := map[string]any{"kind": "agent", "pattern": "go-http-client/*"} // what this test's library says of itself
	op.does("admin_ban", own, 108)
	own["pattern"] = "OtherBot/*"
	op.does("admin_ban", own, 100)
	op.does("admin_ban", map[string]any{"kind": "ip", "pattern": "192.0.2.7"}, 100)
	s.Stop()
	s = start(t, "--data", dir)
	refused(t, s, "192.0.2.7", 403)
	dial(t, s, "").does("admin_auth", map[string]string{"username": "ann", "password": password}, 109)
}
