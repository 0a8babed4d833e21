package audit

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/supervisor/storage"
)

var quiet = slog.New(slog.DiscardHandler)

func TestPages(t *testing.T) {
	records := storage.NewMemory()
	var watched []string
	l, err := New(records, 25, quiet)
	if err != nil {
		t.Fatal(err)
	}
	l.Watch(func(e Entry, encoded []byte) { watched = append(watched, e.Target+" "+string(encoded)) })
	l.now = func() time.Time { return time.Unix(1, 0) } // a clock that stands must not make two entries one
	for i := range 40 {
		who := []string{"ada", "bob"}[i%2]
		action := []string{"ban.add", "ban.remove", "drain"}[i%3]
		l.Add(Entry{Who: who, Action: action, Target: string(rune('A' + i))}, nil, i)
	}
	if l.Len() != 25 || len(watched) != 40 || !strings.Contains(watched[39], `"after":39`) {
		t.Errorf("%d kept, %d watched, the last %q", l.Len(), len(watched), watched[len(watched)-1])
	}
	all := func(l *Log, f Filter, limit int) (targets string) {
		t.Helper()
		for {
			page, more, err := l.Page(f, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				targets += e.Target
			}
			if !more {
				return targets
			}
			if len(page) != limit {
				t.Fatalf("a page of %d although there is more", len(page))
			}
			f.Before = page[len(page)-1].ID
		}
	}
	var want []byte
	for i := 39; i >= 15; i-- {
		want = append(want, byte('A'+i))
	}
	for _, limit := range []int{1, 7, 25, 1000} {
		if got := all(l, Filter{}, limit); got != string(want) {
			t.Errorf("limit %d: %q, want %q", limit, got, want)
		}
	}
	var bans []byte
	for _, c := range want {
		if i := int(c - 'A'); i%2 == 0 && i%3 != 2 {
			bans = append(bans, c)
		}
	}
	if got := all(l, Filter{Who: "ada", Action: "ban"}, 2); got != string(bans) {
		t.Errorf("filtered: %q, want %q", got, bans)
	}
	again, err := New(records, 10, quiet)
	if err != nil {
		t.Fatal(err)
	}
	again.Add(Entry{Target: "!"}, nil, nil)
	if got := all(again, Filter{}, 3); got != "!"+string(want[:9]) {
		t.Errorf("after a restart: %q", got)
	}
}

func TestLargeValuesAreCut(t *testing.T) {
	l, err := New(storage.NewMemory(), 0, quiet)
	if err != nil {
		t.Fatal(err)
	}
	l.Add(Entry{}, strings.Repeat("ä", 100_000), func() {})
	page, _, err := l.Page(Filter{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(page[0].Before); n > maxValue || n < 1000 || !json.Valid(page[0].Before) || !json.Valid(page[0].After) {
		t.Errorf("%d bytes", n)
	}
}

// broken fails to keep anything.
type broken struct{ storage.Records }

func (broken) Put(string, string, []byte) error { return errors.New("the disk is full") }

func TestWhatCannotBeKeptIsLogged(t *testing.T) {
	var b strings.Builder
	l, err := New(broken{storage.NewMemory()}, 0, slog.New(slog.NewTextHandler(&b, nil)))
	if err != nil {
		t.Fatal(err)
	}
	l.Add(Entry{Who: "ada", Action: "drain"}, nil, nil)
	if l.Failures() != 1 || l.Len() != 0 {
		t.Errorf("%d failures, %d kept", l.Failures(), l.Len())
	}
	lines := strings.Split(b.String(), "\n")
	if !slices.ContainsFunc(lines, func(s string) bool { return strings.Contains(s, "the disk is full") && strings.Contains(s, "ada") }) {
		t.Errorf("the log says %q", lines)
	}
}
