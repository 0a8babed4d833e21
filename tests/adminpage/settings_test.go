package adminpage

import (
	"strings"
	"testing"
)

// settings: what is changed is in force, is in the audit log, and can be put back.
func settings(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t)
	b := open(t, s)
	b.logIn(adminToken)
	b.show("settings", "Settings")
	b.pressIn("message of the day for CL4 clients", "Change")
	b.fill("value", "Welcome to the tests")
	b.press("Change")
	b.see("motd was changed")
	c := s.dial(nil)
	c.say(map[string]any{"cmd": "handshake", "val": map[string]string{"language": "Go"}})
	if got := c.hear(`"motd"`); !strings.Contains(got, "Welcome to the tests") {
		t.Errorf("the message of the day is %s", got)
	}
	b.show("audit", "Audit log")
	b.see("Welcome to the tests")
	b.see("setting.change")
	b.show("settings", "Settings")
	b.pressIn("message of the day for CL4 clients", "Reset")
	b.gone("Welcome to the tests")

	b.pressIn("connections, unidentified ones too", "Change")
	b.fill("value", "-5")
	b.press("Change")
	b.until("document.querySelector('dialog [role=alert]').textContent.includes('max_clients')") // the server says no
	b.press("Cancel")

	c.say(map[string]any{"cmd": "setid", "val": "listener"})
	b.press("Send everybody a message")
	b.fill("val", "the server says hello")
	b.press("Send")
	c.hear("the server says hello")
	b.see("sent to 1")
}

// drain: the server ends, but not before it was asked again.
func drain(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t)
	c := s.cl4("guest", "")
	b := open(t, s)
	b.logIn(adminToken)
	b.show("settings", "Settings")
	b.press("End the server")
	b.see("End the server?")
	b.press("Cancel")
	b.until("!document.querySelector('dialog')")
	c.say(map[string]any{"cmd": "ping", "listener": "still"})
	c.hear(`"listener":"still"`)
	b.press("End the server")
	b.press("End it")
	if got := c.ending(); !strings.HasPrefix(got, "1001") && !strings.HasPrefix(got, "1012") {
		t.Errorf("the client was closed with %s", got)
	}
	if status := s.Wait(patience); status != 0 {
		t.Errorf("the server ended with %d", status)
	}
	b.until("document.getElementById('state').textContent === 'The server does not answer.'")
}

// readOnly: whoever may only look has no button to press.
func readOnly(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t)
	player := s.scratch("player", "4711")
	player.set("☁ score", "7")
	s.ask("POST", "/bans", map[string]string{"kind": "name", "pattern": "troll"}, new(struct{}))
	b := open(t, s)
	b.logIn(s.token("visitor", "read"))
	b.see("visitor (read)")
	const usable = `[...document.querySelectorAll("main button")].filter(b => !b.disabled).map(b => b.textContent).join()`
	for _, view := range []struct{ path, heading, ready, usable string }{
		{"clients", "Clients", "player", "Name,Address,Since,Messages,Queued"},
		{"rooms/scratch/4711", "4711", "☁ score", "Name,Address,Since,Messages,Queued"},
		{"bans", "Bans", "troll", ""},
		{"settings", "Settings", "enable_motd", ""},
		{"access", "Access", "scope admin", ""},
	} {
		b.show(view.path, view.heading)
		b.until(`document.getElementById("main").innerText.includes(` + quoted(view.ready) + `)`)
		if view.path == "rooms/scratch/4711" {
			b.see("1–1 of 1")
		}
		if got := b.eval(usable); got != view.usable {
			t.Errorf("%s: these buttons can be pressed: %s", view.heading, got)
		}
	}
}
