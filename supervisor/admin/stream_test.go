package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/supervisor/admin/token"
)

// viewing is a stream of events under test.
type viewing struct {
	t      *testing.T
	w      *world
	lines  *bufio.Scanner
	cancel context.CancelFunc
	body   io.Closer
}

func (w *world) watch(t *testing.T, base, types string) *viewing {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+apiPrefix+"/events?types="+types, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.tokens[token.Read])
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %s", resp.StatusCode, resp.Header)
	}
	v := &viewing{t, w, bufio.NewScanner(resp.Body), cancel, resp.Body}
	t.Cleanup(v.leave)
	return v
}

func (v *viewing) leave() {
	v.cancel()
	v.body.Close()
}

// event returns the next event of a kind, checked against the description.
func (v *viewing) event(kind, schema string) map[string]any {
	v.t.Helper()
	at := ""
	for v.lines.Scan() {
		line := v.lines.Text()
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			at = name
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok || at != kind {
			continue
		}
		var e map[string]any
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			v.t.Fatal(err)
		}
		for _, p := range v.w.spec.check(v.w.spec.Components.Schemas[schema], e, kind) {
			v.t.Error(p)
		}
		return e
	}
	v.t.Fatalf("the stream ended before a %s: %v", kind, v.lines.Err())
	return nil
}

func TestEvents(t *testing.T) {
	w := newWorld(t, true)
	srv := httptest.NewServer(w.api)
	t.Cleanup(srv.Close)
	v := w.watch(t, srv.URL, "")
	v.event(eventCounters, "Counters")
	ann := w.cl4("ann", "r")
	if e := v.event(eventConnect, "ClientEvent"); e["address"] != "192.0.2.1" {
		t.Errorf("%v", e)
	}
	ann.Close(4001, "bye")
	if e := v.event(eventDisconnect, "ClientEvent"); e["code"] != 4001.0 || e["reason"] != "bye" || e["username"] != "ann" || e["protocol"] != "cl4" {
		t.Errorf("%v", e)
	}
	w.do(w.operate("POST", "/bans", `{"kind":"name","pattern":"eve"}`))
	if e := v.event(eventBan, "AuditEntry"); e["action"] != "ban.add" || e["who"] != "test operate" {
		t.Errorf("%v", e)
	}
	if e := v.event(eventChange, "AuditEntry"); e["action"] != "ban.add" {
		t.Errorf("%v", e)
	}
	w.sys.CrashRegistry()
	if e := v.event(eventFailure, "FailureEvent"); e["actor"] != "registry shard" && e["actor"] != "directory shard" {
		t.Errorf("%v", e)
	}
	var tree actorTree
	eventually(t, "the failures are in the tree", func() bool {
		w.ok(w.get("/actors"), &tree)
		n := uint64(0)
		for _, c := range tree.Root.Children {
			n += c.Restarts
		}
		return n == 2
	})
	if e := v.event(eventCounters, "Counters"); e["viewers"] != 1.0 {
		t.Errorf("%v", e)
	}
}

// TestOnlyWhatIsWanted: types choose the events.
func TestOnlyWhatIsWanted(t *testing.T) {
	w := newWorld(t, true)
	srv := httptest.NewServer(w.api)
	t.Cleanup(srv.Close)
	v := w.watch(t, srv.URL, "change")
	w.connect("192.0.2.1")
	w.ok(w.operate("POST", "/broadcast", `{"val":1}`), nil)
	var events []string
	for v.lines.Scan() {
		if name, ok := strings.CutPrefix(v.lines.Text(), "event: "); ok {
			events = append(events, name)
			break
		}
	}
	if len(events) != 1 || events[0] != "change" {
		t.Errorf("%q", events)
	}
}

// TestNothingHappensWithoutViewers: observing actors and counting end with the last viewer.
func TestNothingHappensWithoutViewers(t *testing.T) {
	w := newWorld(t, true)
	srv := httptest.NewServer(w.api)
	t.Cleanup(srv.Close)
	a, b := w.watch(t, srv.URL, "counters"), w.watch(t, srv.URL, "counters")
	a.event(eventCounters, "Counters")
	a.leave()
	b.leave()
	eventually(t, "nobody watches", func() bool { return w.api.events.watching() == 0 })
	w.api.events.ended.Wait()
	w.connect("192.0.2.1")
	if n := w.api.events.suppressed.Load(); n != 0 || len(w.api.events.queue) != 0 {
		t.Errorf("%d suppressed, %d queued", n, len(w.api.events.queue))
	}
}

func TestViewersAreBounded(t *testing.T) {
	w := newWorld(t, true)
	var all []*viewer
	for range maxViewers {
		all = append(all, w.api.events.watch(nil))
	}
	w.refused(w.get("/events"), 429, "busy", "64 streams")
	// One who does not read is cut off, and nobody else.
	for range viewerBacklog + 1 {
		w.api.events.publish(eventChange, "x")
		for _, v := range all[1:] {
			<-v.events
		}
	}
	if n := w.api.events.watching(); n != maxViewers-1 || w.api.events.cut.Load() != 1 {
		t.Errorf("%d viewers, %d cut off", n, w.api.events.cut.Load())
	}
}

// TestStormsAreCounted: more connects than anybody can read are only counted.
func TestStormsAreCounted(t *testing.T) {
	w := newWorld(t, true)
	v := w.api.events.watch(map[string]bool{eventConnect: true})
	for range 3 * toldPerSecond {
		w.connect("192.0.2.1")
	}
	eventually(t, "all are connected", func() bool { return w.sys.Clients().Len() == 3*toldPerSecond })
	told := len(v.events)
	if suppressed := w.api.events.suppressed.Load(); suppressed == 0 && told > 2*toldPerSecond {
		t.Errorf("%d told, %d suppressed", told, suppressed)
	}
}

// TestStreamsEndWithTheServer: Close ends them, and the requests with them.
func TestStreamsEndWithTheServer(t *testing.T) {
	w := newWorld(t, true)
	srv := httptest.NewServer(w.api)
	v := w.watch(t, srv.URL, "counters")
	v.event(eventCounters, "Counters")
	w.api.Close()
	for v.lines.Scan() {
	}
	done := make(chan struct{})
	go func() { srv.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Error("the request does not end")
	}
	w.refused(w.get("/events"), 429, "busy", "")
}
