package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/skeinhq/skein/tests/harness"
)

// browser starts Chromium with an empty profile and returns a function that opens the test's page in a new tab.
func browser(t *testing.T, page string) func() *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(tool(t, "chromium", "chromium-browser", "google-chrome")),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, // root, as in many containers, cannot have one
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until the browser has ended, so that its profile can be removed
		cancel()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("Chromium: %v", err)
	}
	return func() *tab {
		t.Helper()
		ctx, cancel := chromedp.NewContext(ctx)
		t.Cleanup(cancel)
		if err := chromedp.Run(ctx, chromedp.Navigate(page)); err != nil {
			t.Fatalf("%s: %v", page, err)
		}
		return &tab{t, ctx}
	}
}

// tab is a page with the functions of client.html.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// call calls a function of the page and returns what its promise becomes.
func (b *tab) call(function string, args ...any) any {
	b.t.Helper()
	var list []string
	for _, a := range args {
		text, err := json.Marshal(a)
		if err != nil {
			b.t.Fatal(err)
		}
		list = append(list, string(text))
	}
	script := fmt.Sprintf("%s(%s)", function, strings.Join(list, ", "))
	var result any
	err := chromedp.Run(b.ctx, chromedp.Evaluate(script, &result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return result
}

// messages are objects as encoding/json reads them.
type object = map[string]any

// expect compares what a call returns with patterns: their keys must be there with these values.
func (b *tab) expect(got any, patterns ...object) []object {
	b.t.Helper()
	list, ok := got.([]any)
	if !ok || len(list) != len(patterns) {
		b.t.Fatalf("got %v, want %v", got, patterns)
	}
	var messages []object
	for i, p := range patterns {
		m, _ := list[i].(object)
		for key, value := range p {
			if !reflect.DeepEqual(m[key], value) {
				b.t.Fatalf("message %d: got %v, want %v", i+1, m, p)
			}
		}
		messages = append(messages, m)
	}
	return messages
}

func servePage(t *testing.T) string {
	t.Helper()
	page := filepath.Join(folder(t), "page")
	server := httptest.NewServer(http.FileServer(http.Dir(page)))
	t.Cleanup(server.Close)
	return server.URL + "/client.html"
}

func code(listener string) object {
	return object{"cmd": "statuscode", "code": "I:100 | OK", "code_id": 100.0, "listener": listener}
}

// TestBrowserCL4: two tabs find each other and talk.
func TestBrowserCL4(t *testing.T) {
	server := harness.Start(t, "serve", "--listen", "127.0.0.1:0")
	open := browser(t, servePage(t))
	a, b := open(), open()

	join := func(c *tab, name string) object {
		t.Helper()
		if got := c.call("connect", server.URL); got != "open" {
			t.Fatalf("connect: %v", got)
		}
		c.expect(c.call("ask", object{"cmd": "handshake", "val": object{"language": "JavaScript"}, "listener": "hs"}, 5),
			object{"cmd": "client_ip", "val": "127.0.0.1"}, object{"cmd": "server_version"}, object{"cmd": "client_obj"},
			object{"cmd": "ulist", "mode": "set", "rooms": "default"}, code("hs"))
		got := c.expect(c.call("ask", object{"cmd": "setid", "val": name, "listener": "id"}, 2),
			object{"cmd": "ulist", "mode": "set", "rooms": "default"}, code("id"))
		user, _ := got[1]["val"].(object)
		if user["username"] != name {
			t.Fatalf("setid answers %v", got[1])
		}
		return user
	}
	alice := join(a, "Alice")
	bob := join(b, "Bób")
	a.expect(a.call("receive", 1), object{"cmd": "ulist", "mode": "add", "val": bob, "rooms": "default"})

	a.expect(a.call("ask", object{"cmd": "link", "val": []string{"tabs"}, "listener": "l"}, 2),
		object{"cmd": "ulist", "mode": "set", "val": []any{alice}, "rooms": "tabs"}, code("l"))
	b.expect(b.call("receive", 1), object{"cmd": "ulist", "mode": "remove", "val": alice, "rooms": "default"})
	b.expect(b.call("ask", object{"cmd": "link", "val": "tabs", "listener": "l"}, 2),
		object{"cmd": "ulist", "mode": "set", "rooms": "tabs"}, code("l"))
	a.expect(a.call("receive", 1), object{"cmd": "ulist", "mode": "add", "val": bob, "rooms": "tabs"})

	a.expect(a.call("ask", object{"cmd": "gmsg", "val": "hello 😀", "rooms": "tabs", "listener": "g"}, 1),
		object{"cmd": "gmsg", "val": "hello 😀", "rooms": "tabs", "listener": "g"})
	b.expect(b.call("receive", 1), object{"cmd": "gmsg", "val": "hello 😀", "rooms": "tabs"})
	b.expect(b.call("ask", object{"cmd": "pmsg", "id": "Alice", "val": "psst", "listener": "p"}, 1), code("p"))
	a.expect(a.call("receive", 1), object{"cmd": "pmsg", "val": "psst", "origin": bob, "rooms": "tabs"})

	if got := a.call("leave"); !reflect.DeepEqual(got, []any{1000.0, ""}) {
		t.Errorf("closing ends with %v", got)
	}
	b.expect(b.call("receive", 1), object{"cmd": "ulist", "mode": "remove", "val": alice, "rooms": "tabs"})
}

// TestBrowserScratch: a variable set in one tab arrives in the other, in TurboWarp's dialect.
func TestBrowserScratch(t *testing.T) {
	server := harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--protocols", "scratch")
	open := browser(t, servePage(t))
	a, b := open(), open()
	message := func(method, user string, more ...string) object {
		m := object{"method": method, "user": user, "project_id": "503"}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	a.call("connect", server.URL)
	a.call("say", message("handshake", "alice"))
	a.call("say", message("set", "alice", "name", "☁ first", "value", "1"))
	b.call("connect", server.URL)
	b.call("say", message("handshake", "bob"))
	b.expect(b.call("receive", 1), object{"method": "set", "name": "☁ first", "value": "1"})
	b.call("say", message("set", "bob", "name", "☁ second", "value", "22.5"))
	a.expect(a.call("receive", 1), object{"method": "set", "name": "☁ second", "value": "22.5"})
	a.call("say", message("set", "alice", "name", "☁ second", "value", "-3"))
	b.expect(b.call("receive", 1), object{"method": "set", "name": "☁ second", "value": "-3"})
}

// TestBrowserOrigin: a browser really sends the Origin that --allowed-origins looks at.
func TestBrowserOrigin(t *testing.T) {
	page := servePage(t)
	open := browser(t, page)
	tab := open()
	for _, tt := range []struct{ origins, want string }{
		{"https://elsewhere.example", "failed"},
		{strings.TrimSuffix(page, "/client.html"), "open"},
	} {
		server := harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--allowed-origins", tt.origins)
		if got := tab.call("connect", server.URL); got != tt.want {
			t.Errorf("--allowed-origins %s: %v, want %s", tt.origins, got, tt.want)
		}
	}
}
