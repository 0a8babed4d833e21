package adminpage

import (
	"strings"
	"testing"
)

// TestPage uses the page. The parts share a browser, but no server.
func TestPage(t *testing.T) {
	b := browser(t)
	for _, part := range []struct {
		name string
		test func(t *testing.T, open func(*testing.T, *server) *tab)
	}{
		{"log in", logIn}, {"kick", kick}, {"ban", ban}, {"variables", variables}, {"charts", charts}, {"pages", pages},
		{"settings", settings}, {"drain", drain}, {"read only", readOnly}, {"hostile names", hostileNames}, {"keyboard", keyboard}, {"memory stays", memoryStays},
	} {
		t.Run(part.name, func(t *testing.T) {
			part.test(t, func(t *testing.T, s *server) *tab { return open(t, b, s) })
		})
	}
}

// logIn: with a wrong token, a right one, and none.
func logIn(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t)
	b := open(t, s)
	b.fill("token", "nobody-has-ever-made-this-one")
	b.press("Log in")
	b.until("document.querySelector('[role=alert]').textContent === 'there is no such token'")
	if stored := b.eval("JSON.stringify(sessionStorage)"); stored != "{}" {
		t.Errorf("the page remembers a wrong token: %s", stored)
	}
	b.logIn(adminToken)
	b.see("configuration (admin)")
	b.until("document.getElementById('state').textContent === 'ready'")
	b.press("Log out")
	b.see("skein admin token create")
	if text := b.eval("document.body.innerText"); strings.Contains(text, "Clients") || b.eval("JSON.stringify(sessionStorage)") != "{}" {
		t.Errorf("after logging out there is still %s", text)
	}
}
