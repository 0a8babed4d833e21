package adminpage

import (
	"net/http"
	"strings"
	"testing"
)

// hostile are texts that would do something if they became markup, a script, a link or a path.
var hostile = []string{
	`<img src=x onerror="window.marked=1">`,
	`<script>window.marked=2</script>`,
	`"><svg onload='window.marked=3'>`,
	`javascript:window.marked=4`,
	`../../%2e%2e/a?b=c#d&lt;`,
	"`${window.marked=5}`{{window.marked=6}}",
}

// hostileNames: what clients and administrators write is shown as it is, everywhere.
func hostileNames(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t, "--scratch-values", "any", "--scratch-refused-names", "none")
	b := open(t, s)
	b.logIn(adminToken)
	everything := strings.Join(hostile, " ")
	for _, text := range hostile {
		p := s.dial(http.Header{"User-Agent": {text}})
		p.say(map[string]any{"cmd": "setid", "val": text, "listener": "name"})
		p.hear("I:100")
		p.say(map[string]any{"cmd": "link", "val": []string{text}, "listener": "room"})
		p.hear("I:100")
		s.ask("POST", "/bans", map[string]string{"kind": "name", "pattern": text + "?", "reason": text}, new(struct{}))
	}
	player := s.scratch("player", everything)
	for _, text := range hostile {
		player.set("☁ "+text, text)
	}
	s.token(hostile[0], "read")
	s.ask("PUT", "/settings", map[string]string{"motd": everything}, new(struct{}))

	literal := func(view string) {
		t.Helper()
		for _, text := range hostile {
			b.until("document.getElementById('main').innerText.includes(" + quoted(text) + ")")
		}
		if n := b.eval(`String(document.querySelectorAll("main img, main script, main [onload], main svg").length)`); n != "0" {
			t.Errorf("%s: %s elements came from outside", view, n)
		}
		if links := b.eval(`[...document.querySelectorAll("main a")].map(a => a.getAttribute("href")).filter(h => !h.startsWith("#/")).join()`); links != "" {
			t.Errorf("%s: links lead to %s", view, links)
		}
	}
	b.see("7") // the overview counts the clients
	b.show("clients", "Clients")
	literal("clients")
	b.show("rooms", "Rooms")
	literal("rooms")
	b.show("bans", "Bans")
	literal("bans")
	b.show("events", "Events")
	literal("events")
	b.show("settings", "Settings")
	literal("settings")
	b.show("audit", "Audit log")
	literal("audit")
	b.show("access", "Access")
	b.see(hostile[0])

	// One by one: a client, its room, a room of variables.
	for _, text := range hostile {
		b.show("clients", "Clients")
		b.press(text)
		b.until("document.querySelector('h1').textContent === " + quoted(text))
		b.until("document.querySelector('dl').innerText.includes(" + quoted("User agent\n"+text) + ")")
		b.press("Ban its name")
		b.until("document.querySelector('dialog [name=pattern]').value === " + quoted(text))
		b.press("Cancel")
		b.click("document.querySelector('dl a')")
		b.until("document.querySelector('h1').textContent === " + quoted(text) + " && document.querySelector('main').innerText.includes('cl4, 1 member,')")
		b.see("1–1 of 1")
	}
	b.show("rooms", "Rooms")
	b.search(everything)
	b.see("1–1 of 1")
	b.click("document.querySelector('tbody a')")
	literal("variables")
	b.pressIn("☁ "+hostile[0], "Edit")
	b.until("document.querySelector('dialog [name=value]').value === " + quoted(hostile[0]))
	b.fill("value", "<b>new</b>")
	b.press("Set")
	player.hear("<b>new</b>")
	b.see("<b>new</b>")
}
