package adminpage

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focused is what has the focus, as a text.
const focused = `(e => e.getAttribute("aria-label") || e.textContent.trim())(document.activeElement)`

// tabTo presses the tab key until something has the focus.
func (b *tab) tabTo(text string) {
	b.t.Helper()
	var passed []string
	for range 40 {
		b.run(chromedp.KeyEvent(kb.Tab))
		at := b.eval(focused)
		if at == text {
			return
		}
		passed = append(passed, at)
	}
	b.t.Fatalf("the tab key does not lead to %s, but to %q", text, passed)
}

// keyboard: everything can be reached and done without a mouse.
func keyboard(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t)
	victim := s.cl4("victim", "")
	b := open(t, s)
	b.until("document.activeElement.name === 'token'")
	b.run(chromedp.KeyEvent(adminToken), chromedp.KeyEvent(kb.Enter))
	b.until("document.querySelector('#nav a')")
	b.tabTo("Clients")
	b.run(chromedp.KeyEvent(kb.Enter))
	b.until("document.querySelector('h1').textContent === 'Clients'")
	b.see("victim")
	b.tabTo("Name, or start of an id or address")
	b.tabTo("Name")
	b.run(chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector("th").getAttribute("aria-sort") === "ascending"`)
	b.tabTo("victim")
	b.tabTo("Kick")
	b.run(chromedp.KeyEvent(kb.Enter))
	b.until("document.querySelector('dialog[open]')?.contains(document.activeElement)")
	for range 6 { // nowhere behind the dialog
		b.run(chromedp.KeyEvent(kb.Tab))
		if b.eval(`String([...document.querySelectorAll("nav, main, header")].some(e => e.contains(document.activeElement)))`) == "true" {
			t.Errorf("the tab key leads out of the dialog to %s", b.eval(focused))
		}
	}
	b.run(chromedp.KeyEvent(kb.Escape))
	b.until("!document.querySelector('dialog')")
	if at := b.eval(focused); at != "Kick" {
		t.Errorf("after the dialog %s has the focus, not the button that opened it", at)
	}
	// The table is loaded again every three seconds. The button stays what it is.
	b.run(chromedp.Evaluate(`window.since = document.querySelector("tbody").innerText`, nil))
	b.until(`document.querySelector("tbody").innerText !== window.since`)
	if at := b.eval(focused); at != "Kick" {
		t.Errorf("after a refresh %s has the focus", at)
	}
	b.run(chromedp.KeyEvent(kb.Enter))
	b.until("document.querySelector('dialog[open] [name=reason]') === document.activeElement")
	b.run(chromedp.KeyEvent("by keyboard"), chromedp.KeyEvent(kb.Enter))
	if got := victim.ending(); got != "1000 by keyboard" {
		t.Errorf("the client was closed with %s", got)
	}

	// The link over the navigation leads to the content of the view, not to another one.
	b.until("!document.querySelector('dialog')")
	b.run(chromedp.Evaluate("document.activeElement.blur()", nil))
	b.until(`(document.querySelector(".skip").focus(), document.activeElement.className === "skip")`)
	b.run(chromedp.KeyEvent(kb.Enter))
	b.until("document.activeElement.id === 'main' && location.hash === '#/clients'")
}
