package admin

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/supervisor/admin/token"
)

// example is a request for an operation that does no harm and may fail for other reasons than authorization.
func example(e endpoint) request {
	path := strings.NewReplacer("{id}", "nobody", "{dialect}", "cl4", "{name}", "nowhere", "{project}", "0", "{username}", "nobody").Replace(e.path)
	r := request{method: e.method, path: path}
	if e.maxBody > 0 {
		r.body = `{"unknown field":1}`
	}
	if e.path == "/events" {
		r.path += "?types=nothing"
	}
	return r
}

// TestAuthorization tries every operation with every kind of token.
func TestAuthorization(t *testing.T) {
	w := newWorld(t, true)
	expired, _, err := w.api.Tokens.Create(token.Token{Scope: token.Admin, Expires: w.clock().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	w.advance(2 * time.Hour)
	revoked, made, err := w.api.Tokens.Create(token.Token{Scope: token.Admin})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.api.Tokens.Revoke(made.ID); err != nil {
		t.Fatal(err)
	}
	status := func(r request) int { w.t.Helper(); return w.do(r).Code }
	for _, e := range w.api.endpoints() {
		name := e.method + " " + e.path
		r := example(e)
		for _, remote := range []string{"", "192.0.2.1:1"} {
			r.remote = remote
			for _, scope := range token.Scopes {
				r.token = w.tokens[scope]
				got := status(r)
				if allowed := scope.Allows(e.scope); allowed == (got == http.StatusForbidden) || got == http.StatusUnauthorized {
					t.Errorf("%s with the scope %s, which is enough: %v: %d", name, scope, allowed, got)
				}
			}
			r.token = ""
			if got := status(r); got != http.StatusUnauthorized {
				t.Errorf("%s without a token although there are some: %d", name, got)
			}
		}
		for kind, text := range map[string]string{
			"wrong": "skein_0000000000000000_" + strings.Repeat("a", 52), "no": "hello", "expired": expired, "revoked": revoked,
		} {
			r.token = text
			if got := status(r); got != http.StatusUnauthorized {
				t.Errorf("%s with a token that is %s: %d", name, kind, got)
			}
			w.advance(time.Hour) // out of the reach of the lock-out
		}
	}
}

// TestWithoutTokens: while there is no token, this machine may look.
func TestWithoutTokens(t *testing.T) {
	w := newWorld(t, false)
	for _, e := range w.api.endpoints() {
		r := example(e)
		want := http.StatusForbidden
		if e.scope == token.Read {
			want = 0 // anything else
		}
		got := w.do(r).Code
		if want != 0 && got != want || want == 0 && (got == http.StatusForbidden || got == http.StatusUnauthorized) {
			t.Errorf("%s %s from this machine: %d", e.method, e.path, got)
		}
		for what, change := range map[string]func(*request){
			"from elsewhere":       func(r *request) { r.remote = "192.0.2.1:1" },
			"through a proxy":      func(r *request) { r.header = map[string]string{"X-Forwarded-For": "192.0.2.1"} },
			"from a page":          func(r *request) { r.header = map[string]string{"Sec-Fetch-Site": "cross-site"} },
			"under a foreign name": func(r *request) { r.host = "rebound.example:6060" },
		} {
			r := example(e)
			change(&r)
			if got := w.do(r).Code; got != http.StatusUnauthorized {
				t.Errorf("%s %s %s: %d", e.method, e.path, what, got)
			}
		}
	}
	for _, host := range []string{"127.0.0.1:6060", "localhost", "[::1]:6060", "LOCALHOST:1"} {
		w.ok(request{method: "GET", path: "/info", host: host}, nil)
	}
}

func TestBadAuthorizationHeaders(t *testing.T) {
	w := newWorld(t, false)
	for _, h := range []string{"Basic YTpi", "Bearer", "Bearer ", "Bearer " + strings.Repeat("x", 600), "hello"} {
		w.refused(request{method: "GET", path: "/info", header: map[string]string{"Authorization": h}}, 401, "unauthorized", "Bearer TOKEN")
	}
	out := w.do(request{method: "GET", path: "/info", remote: "192.0.2.1:1"})
	if out.Header().Get("WWW-Authenticate") == "" {
		t.Error("no WWW-Authenticate")
	}
}

func TestLocalKey(t *testing.T) {
	w := newWorld(t, true)
	w.api.Tokens.AddFixed(token.Token{Name: "this machine", Scope: token.Admin}, "key of this machine", true)
	w.ok(request{method: "GET", path: "/tokens", token: "key of this machine"}, nil)
	w.refused(request{method: "GET", path: "/tokens", token: "key of this machine", remote: "192.0.2.1:1"}, 401, "unauthorized", "no such token")
	w.refused(request{method: "GET", path: "/tokens", token: "key of this machine", header: map[string]string{"Forwarded": "for=1.2.3.4"}}, 401, "unauthorized", "no such token")
}

func TestLockout(t *testing.T) {
	w := newWorld(t, true)
	wrong := request{method: "GET", path: "/info", token: "wrong", remote: "192.0.2.9:1"}
	for range lockoutTries {
		w.refused(wrong, 401, "unauthorized", "no such token")
	}
	w.refused(wrong, 429, "locked_out", "60 s")
	right := request{method: "GET", path: "/info", token: w.tokens[token.Read], remote: "192.0.2.9:2"}
	w.refused(right, 429, "locked_out", "too many wrong tokens")
	right.remote = "192.0.2.10:1"
	w.ok(right, nil)
	right.remote = "192.0.2.9:3"
	w.ok(right, nil) // it was right before, so that others on the same address, a proxy's, cannot keep it out
	w.advance(lockoutTime)
	other := request{method: "GET", path: "/info", token: w.tokens[token.Admin], remote: "192.0.2.9:4"}
	w.ok(other, nil)
	for range lockoutTries - 1 {
		w.refused(wrong, 401, "unauthorized", "no such token")
	}
	w.advance(lockoutWindow + time.Second)
	w.refused(wrong, 401, "unauthorized", "no such token")
	if n := w.api.counters.locked.Load(); n != 2 {
		t.Errorf("%d counted", n)
	}
}

func TestLockoutByNetwork(t *testing.T) {
	w := newWorld(t, true)
	for i := range lockoutTries {
		w.refused(request{method: "GET", path: "/info", token: "wrong", remote: "[2001:db8::" + string(rune('1'+i%9)) + "]:1"}, 401, "unauthorized", "")
	}
	w.refused(request{method: "GET", path: "/info", token: "wrong", remote: "[2001:db8::ffff]:1"}, 429, "locked_out", "")
	w.refused(request{method: "GET", path: "/info", token: "wrong", remote: "[2001:db8:0:1::1]:1"}, 401, "unauthorized", "")
}

func TestLockoutIsBounded(t *testing.T) {
	w := newWorld(t, false)
	for i := range lockoutMost + 500 {
		w.api.lockout.failed(addrOf(i))
	}
	if n := len(w.api.lockout.tries); n > lockoutMost {
		t.Errorf("%d addresses are remembered", n)
	}
}
