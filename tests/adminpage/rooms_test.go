package adminpage

import (
	"fmt"
	"strings"
	"testing"
)

// variables: what an administrator does to a variable arrives in the game, and the other way round.
func variables(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t)
	player := s.scratch("player", "4711")
	player.set("☁ score", "7")
	b := open(t, s)
	b.logIn(adminToken)
	b.show("rooms", "Rooms")
	b.press("4711")
	b.until("document.querySelector('tbody').innerText.includes('☁ score')")
	player.set("☁ score", "8")
	b.until("document.querySelector('tbody td.mono').textContent === '8'")

	b.pressIn("☁ score", "Edit")
	b.fill("value", "1000")
	b.press("Set")
	player.hear(`"value":"1000"`)
	b.see("☁ score was set")
	b.until("document.querySelector('tbody td.mono').textContent === '1000'")
	b.press("Set a variable")
	b.fill("name", "☁ level")
	b.fill("value", "3")
	b.press("Set")
	player.hear(`"name":"☁ level"`)
	b.pressIn("☁ score", "Delete")
	b.press("Delete it")
	b.until("!document.querySelector('tbody').innerText.includes('☁ score')")
	if got := s.scratch("newcomer", "4711").hear("☁ level"); strings.Contains(got, "☁ score") {
		t.Errorf("a newcomer is told of a variable that was deleted: %s", got)
	}

	b.see("player") // among the members
	b.press("Close the room")
	b.fill("reason", "the game is over")
	b.press("Close it")
	if got := player.ending(); got != "4004 the game is over" {
		t.Errorf("the client was closed with %s", got)
	}
}

// charts: the curve of messages rises when messages come.
func charts(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t)
	talker := s.cl4("talker", "")
	b := open(t, s)
	b.logIn(adminToken)
	const curve = `[...document.querySelectorAll(".chart")].find(c => c.innerText.startsWith("Messages per second"))?.querySelector("polyline.c0")`
	// The limits of the axis change with the highest value: what counts is that the curve leaves the ground.
	flat := b.until(curve + `?.getAttribute("points").split(" ").length >= 2 && ` + curve + `.getAttribute("points")`)
	if n := b.eval(fmt.Sprintf("String(Math.min(...%s.split(' ').map(p => Number(p.split(',')[1]))))", quoted(flat))); n != "147" {
		t.Errorf("without messages the curve is at %s of 147: %s", n, flat)
	}
	for i := range 500 {
		talker.say(map[string]any{"cmd": "gmsg", "val": i})
	}
	b.until(`Math.min(...` + curve + `.getAttribute("points").split(" ").map(p => Number(p.split(",")[1]))) < 80`) // of 150: a limit of the axis is at most twice the highest value
	raised := b.eval(curve + `.getAttribute("points")`)
	b.until(curve + `.getAttribute("points") !== ` + quoted(raised)) // it goes on
	b.until(`[...document.querySelectorAll(".figure")].some(f => f.innerText.replace(/\s+/g, " ") === "1 connections")`)
}

// pages: all clients are on one of the pages, once.
func pages(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t)
	const clients = 120
	for range clients {
		s.dial(nil)
	}
	b := open(t, s)
	b.logIn(adminToken)
	b.show("clients", "Clients")
	seen := make(map[string]bool)
	for _, page := range []string{"1–50 of 120", "51–100 of 120", "101–120 of 120"} {
		b.see(page)
		for link := range strings.SplitSeq(b.eval(`[...document.querySelectorAll("tbody tr a:first-child")].map(a => a.hash).join()`), ",") {
			seen[link] = true
		}
		if !strings.HasPrefix(page, "101") {
			b.press("Next")
		}
	}
	if len(seen) != clients {
		t.Errorf("%d clients are on the pages, want %d", len(seen), clients)
	}
	if b.eval(`String([...document.querySelectorAll(".pager button")].map(b => b.disabled))`) != "false,true" {
		t.Error("there is a page behind the last one")
	}
	b.press("Back")
	b.see("51–100 of 120")
	b.press("Since") // another order begins at the first page
	b.see("1–50 of 120")
	first := b.eval(`document.querySelector("tbody a").hash`)
	b.press("Since")
	b.until(`document.querySelector("tbody a").hash !== ` + quoted(first))
}
