package admin

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/supervisor/admin/token"
)

func (w *world) get(path string) request {
	return request{method: "GET", path: path, token: w.tokens[token.Read]}
}

// clientsOf pages through the list of clients and fails unless every page is as it should be.
func (w *world) clientsOf(query string, limit int) (all []clientInfo) {
	w.t.Helper()
	next := ""
	for pages := 0; ; pages++ {
		if pages > 5_000 {
			w.t.Fatalf("%s: the pages do not end", query)
		}
		var page clientPage
		w.ok(w.get(fmt.Sprintf("/clients?limit=%d&%s&cursor=%s", limit, query, url.QueryEscape(next))), &page)
		all = append(all, page.Clients...)
		if next = page.Next; next == "" {
			if len(all) != page.Total {
				w.t.Errorf("%s: %d rows of %d", query, len(all), page.Total)
			}
			return all
		}
		if len(page.Clients) != limit {
			w.t.Fatalf("%s: a page of %d rows that is not the last", query, len(page.Clients))
		}
	}
}

func TestPagesOfManyClients(t *testing.T) {
	w := newWorld(t, true)
	const n = 1_500
	for i := range n {
		w.connect(addrOf(i).String(), fmt.Sprintf(`{"cmd":"setid","val":"player%04d"}`, n-i))
	}
	eventually(t, "all are in the list", func() bool { return w.sys.Clients().Len() == n })
	eventually(t, "all have a name", func() bool {
		found, err := w.sys.Clients().ByUsername("player0001")
		return err == nil && len(found) == 1 && w.sys.Counters.CL4Clients.Load() == n
	})
	rows := w.clientsOf("", 1000)
	if len(rows) != n || !slices.IsSortedFunc(rows, func(a, b clientInfo) int { return strings.Compare(a.ID, b.ID) }) {
		t.Errorf("%d rows, or not in order", len(rows))
	}
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.ID] = true
	}
	if len(seen) != n {
		t.Errorf("%d different ids", len(seen))
	}
	backwards := w.clientsOf("sort=-id", 777)
	slices.Reverse(backwards)
	for i := range rows {
		if rows[i].ID != backwards[i].ID {
			t.Fatalf("backwards it is another order at %d", i)
		}
	}
	byName := w.clientsOf("sort=username", 999)
	if len(byName) != n || byName[0].Username != "player0001" || !slices.IsSortedFunc(byName, func(a, b clientInfo) int { return strings.Compare(a.Username, b.Username) }) {
		t.Errorf("by name: %d, first %q", len(byName), byName[0].Username)
	}
	down := w.clientsOf("sort=-username&q=PLAYER001", 3)
	if len(down) != 10 || down[0].Username != "player0019" || down[9].Username != "player0010" {
		t.Errorf("filtered, downwards: %d rows, from %q", len(down), down[0].Username)
	}
	if got := w.clientsOf("address=10.0.0.0/24&sort=address", 100); len(got) != 256 || got[0].Address != "10.0.0.0" || got[255].Address != "10.0.0.255" {
		t.Errorf("%d from the range", len(got))
	}
	if got := w.clientsOf("address=10.0.0.77", 100); len(got) != 1 || got[0].Rooms[0] != "default" || got[0].QueuedBytes != 7 || got[0].Messages != 1 {
		t.Errorf("%+v from the address", got)
	}
	if got := w.clientsOf("protocol=scratch", 100); len(got) != 0 {
		t.Errorf("%d of another protocol", len(got))
	}
	if got := w.clientsOf("room=default&protocol=cl4", 1000); len(got) != n {
		t.Errorf("%d in the room", len(got))
	}
}

// TestPageBehindOneThatIsGone: the rows that a cursor names may have gone.
func TestPageBehindOneThatIsGone(t *testing.T) {
	w := newWorld(t, true)
	var peers []*peer
	for i := range 30 {
		peers = append(peers, w.cl4(fmt.Sprintf("n%02d", i), "r"))
	}
	var page clientPage
	w.ok(w.get("/clients?sort=username&limit=10"), &page)
	peers[9].Close(1000, "")
	eventually(t, "it is gone", func() bool { return w.sys.Clients().Len() == 29 })
	w.advance(time.Hour) // the snapshot is made anew
	w.ok(w.get("/clients?sort=username&limit=10&cursor="+page.Next), &page)
	if page.Total != 29 || page.Clients[0].Username != "n10" {
		t.Errorf("%d in all, the next is %q", page.Total, page.Clients[0].Username)
	}
}

func TestPagesOfRooms(t *testing.T) {
	w := newWorld(t, true)
	const n = 100
	for i := range n {
		w.cl4("a", fmt.Sprintf("room %03d/?#", i))
	}
	crowd := []*peer{w.cl4("b", "room 007/?#"), w.cl4("c", "room 007/?#"), w.cl4("d", "room 008/?#")}
	crowd[0].say(`{"cmd":"gmsg","val":1,"rooms":"room 007/?#"}`)
	crowd[1].until("gmsg")
	w.scratch("ann", "4711")
	eventually(t, "the variable is there", func() bool { return w.sys.Counters.Variables.Load() == 1 })
	page := func(query string) (p roomPage) { t.Helper(); w.ok(w.get("/rooms?"+query), &p); return p }
	all := page("limit=1000")
	if all.Total != n+1 || len(all.Rooms) != all.Total { // and the project; the default room is empty
		t.Errorf("%d rooms, %d shown", all.Total, len(all.Rooms))
	}
	if !slices.IsSortedFunc(all.Rooms, func(a, b room) int {
		return cmp.Or(strings.Compare(a.Dialect, b.Dialect), strings.Compare(a.Name, b.Name))
	}) {
		t.Error("not in order")
	}
	if p := page("sort=-members&limit=2"); p.Rooms[0].Name != "room 007/?#" || p.Rooms[0].Members != 3 || p.Rooms[0].Messages != 1 || p.Rooms[1].Members != 2 {
		t.Errorf("largest %+v", p.Rooms)
	}
	if p := page("dialect=scratch"); p.Total != 1 || p.Rooms[0].Name != "4711" || p.Rooms[0].Variables != 1 || p.Rooms[0].Messages != 1 {
		t.Errorf("projects %+v", p.Rooms)
	}
	if p := page("q=M+0"); p.Total != n {
		t.Errorf("%d found", p.Total)
	}
	names := map[string]bool{}
	for next := ""; ; {
		p := page("sort=members&limit=7&cursor=" + next)
		for _, r := range p.Rooms {
			names[r.Dialect+r.Name] = true
		}
		if next = p.Next; next == "" {
			break
		}
	}
	if len(names) != n+1 {
		t.Errorf("%d rooms by pages", len(names))
	}
}

// TestListingCost: however often a list is asked for, it is made once in a while.
func TestListingCost(t *testing.T) {
	now := time.Unix(1000, 0)
	made := 0
	l := listing[int]{
		now:         func() time.Time { return now },
		load:        func() []int { made++; return []int{3, 1, 2} },
		compareID:   func(a, b *int) int { return cmp.Compare(*a, *b) },
		cursorID:    func(r *int) string { return fmt.Sprint(*r) },
		compareText: func(r *int, id string) int { return strings.Compare(fmt.Sprint(*r), id) },
	}
	defer l.stop()
	for range 100 {
		if rows, total, _ := l.page(query[int]{limit: 2}); total != 3 || rows[0] != 1 {
			t.Fatalf("%v of %d", rows, total)
		}
	}
	if made != 1 {
		t.Errorf("made %d times at one moment", made)
	}
	l.cost = time.Second // a list that took so long
	now = now.Add((listingShare - 1) * time.Second)
	l.page(query[int]{limit: 2})
	now = now.Add(2 * time.Second)
	l.page(query[int]{limit: 2})
	if made != 2 {
		t.Errorf("made %d times in %d s", made, listingShare+1)
	}
	for i := range 10 * maxViews {
		l.page(query[int]{name: fmt.Sprint(i), limit: 1, keep: func(*int) bool { return true }})
	}
	if len(l.views) > maxViews {
		t.Errorf("%d views are kept", len(l.views))
	}
}

func TestRates(t *testing.T) {
	w := newWorld(t, true)
	p := w.cl4("ann", "r")
	w.clientsOf("", 10)
	for range 20 {
		p.say(`{"cmd":"ping","listener":9}`)
	}
	eventually(t, "they were counted", func() bool { c, _ := w.sys.Clients().ByUsername("ann"); return c[0].Received() == 22 })
	w.advance(10 * time.Second)
	if got := w.clientsOf("", 10); got[0].Messages != 22 || got[0].MessagesPerSecond != 2 {
		t.Errorf("%d messages, %v a second", got[0].Messages, got[0].MessagesPerSecond)
	}
	var one clientDetail
	w.ok(w.get("/clients/ann"), &one)
	if one.MessagesPerSecond != 2 || one.Username != "ann" || !slices.Equal(one.Rooms, []string{"r"}) || one.Listener != "test" {
		t.Errorf("%+v", one)
	}
}
