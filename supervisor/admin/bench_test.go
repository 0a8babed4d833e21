package admin

import (
	"fmt"
	"testing"
	"time"

	"github.com/skeinhq/skein/supervisor/admin/token"
)

// BenchmarkList turns one page of 100,000 clients, with a snapshot that is as old as it may be.
func BenchmarkList(b *testing.B) {
	w := newWorld(b, true)
	const n = 100_000
	for i := range n {
		w.connect(addrOf(i).String())
	}
	eventually(b, "all are connected", func() bool { return w.sys.Clients().Len() == n })
	for name, path := range map[string]string{
		"id": "/clients?limit=100", "username": "/clients?limit=100&sort=-username", "search": "/clients?limit=100&q=nobody",
	} {
		for _, fresh := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/fresh=%v", name, fresh), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if fresh {
						w.advance(time.Hour)
					}
					w.ok(w.get(path), nil)
				}
			})
		}
	}
}

// BenchmarkSecond is what one second costs with ten viewers and nothing else going on.
func BenchmarkSecond(b *testing.B) {
	w := newWorld(b, true)
	var all []*viewer
	for range 10 {
		all = append(all, w.api.events.watch(nil))
	}
	<-all[0].events
	b.ReportAllocs()
	for b.Loop() {
		w.api.events.count()
		for _, v := range all {
			select {
			case <-v.events:
			default:
			}
		}
	}
}

// BenchmarkKnown is what a token that was verified costs.
func BenchmarkKnown(b *testing.B) {
	w := newWorld(b, true)
	w.ok(w.get("/openapi.json"), nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.api.Tokens.Known(w.tokens[token.Read], false); err != nil {
			b.Fatal(err)
		}
	}
}
