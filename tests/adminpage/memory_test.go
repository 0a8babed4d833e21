package adminpage

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/memory"
	"github.com/chromedp/chromedp"
)

// memoryStays: views that are left leave no elements and listeners behind.
func memoryStays(t *testing.T, open func(*testing.T, *server) *tab) {
	s := serve(t)
	for range 60 {
		s.dial(nil)
	}
	b := open(t, s)
	b.logIn(adminToken)
	b.see("connections")
	cycle := func() {
		for range 10 {
			for _, view := range []struct{ path, heading string }{
				{"clients", "Clients"}, {"rooms", "Rooms"}, {"settings", "Settings"}, {"actors", "Actors"},
				{"events", "Events"}, {"access", "Access"}, {"", "Overview"},
			} {
				b.show(view.path, view.heading)
			}
		}
	}
	count := func() (nodes, listeners int64) {
		b.run(heapprofiler.CollectGarbage(), chromedp.ActionFunc(func(ctx context.Context) (err error) {
			_, nodes, listeners, err = memory.GetDOMCounters().Do(ctx)
			return err
		}))
		return nodes, listeners
	}
	cycle()
	nodes, listeners := count()
	cycle()
	var n, l int64
	for range 100 { // answers to views that were left may still be on their way
		// One view that stays behind each time would be more than this.
		if n, l = count(); n < nodes+500 && l < listeners+40 {
			return
		}
	}
	t.Errorf("%d elements and %d listeners became %d and %d", nodes, listeners, n, l)
}
