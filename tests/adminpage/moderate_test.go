package adminpage

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// kick: find a client by its name, close its connection, see it go.
func kick(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t)
	victim := s.cl4("victim", "")
	s.cl4("bystander", "")
	b := open(t, s)
	b.logIn(adminToken)
	b.show("clients", "Clients")
	b.see("bystander")
	b.search("vict")
	b.gone("bystander")
	b.pressIn("victim", "Kick")
	b.see("Close the connection of victim?")
	b.fill("reason", "enough for today")
	b.press("Close it")
	if got := victim.ending(); got != "1000 enough for today" {
		t.Errorf("the client was closed with %s", got)
	}
	b.see("victim was closed")
	b.see("Nothing fits.")
	b.search("")
	b.see("bystander")
	b.until("!document.querySelector('tbody').innerText.includes('victim')")
}

// ban: a name and an address are refused at once and until the ban is lifted.
func ban(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t)
	troll := s.cl4("troll", "")
	b := open(t, s)
	b.logIn(adminToken)

	b.show("clients", "Clients")
	b.press("troll")
	b.press("Ban its name")
	b.fill("reason", "no trolls")
	b.press("Ban")
	if got := troll.ending(); !strings.Contains(got, "no trolls") {
		t.Errorf("the client was closed with %q", got)
	}
	b.see("troll is banned; 1 connected client was closed")
	again := s.dial(nil)
	again.say(map[string]any{"cmd": "setid", "val": "troll", "listener": "name"})
	if got := again.hear(`"listener":"name"`); !strings.Contains(got, "E:108") || !strings.Contains(got, "no trolls") {
		t.Errorf("a client that takes the name is told %s", got)
	}
	b.show("bans", "Bans")
	b.pressIn("troll", "Lift")
	b.press("Lift it")
	b.see("the ban of troll was lifted")
	b.see("Nobody is banned.")
	s.cl4("troll", "")

	b.press("Ban …")
	b.fill("kind", "ip")
	b.fill("pattern", "127.0.0.0/8")
	b.press("Ban")
	b.until("document.querySelector('dialog [role=alert]').textContent") // it is the administrator's own address
	b.press("also when it bans my own address")
	b.press("Ban")
	b.see("127.0.0.0/8 is banned; 2 connected clients were closed")
	_, answer, err := websocket.DefaultDialer.Dial(s.URL, nil)
	if err == nil || answer == nil || answer.StatusCode != http.StatusForbidden {
		t.Errorf("a client with the address: %v, %v", answer, err)
	}
	b.pressIn("127.0.0.0/8", "Lift")
	b.press("Lift it")
	b.see("Nobody is banned.")
	s.cl4("troll", "")

	b.show("audit", "Audit log")
	b.until(`[...document.querySelectorAll("tbody tr")].map(r => r.querySelector("strong")?.textContent).join() === "ban.remove,ban.add,ban.remove,ban.add"`)
	b.see("configuration")
	b.see("127.0.0.1")
}
