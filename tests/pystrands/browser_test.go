package pystrands

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserPatience is for Chromium, which starts slowly on a busy machine.
const browserPatience = 2 * time.Minute

// TestBrowser has a page in Chromium as end client, which shows the answers it gets.
func TestBrowser(t *testing.T) {
	requireSkein(t)
	t.Parallel()
	const text = "grüße 日本 😀 \u2028 <b>&amp;"
	broker := startBroker(t)
	b := broker.attach(t)
	ctx := openPage(t)

	opened := make(chan string, 1)
	go func() { opened <- call(t, ctx, "connect", "ws://"+broker.ws+"/ws/caf\u00e9?token=x") }()
	request := b.expect(t, "connection_request")
	if url := request.params()["url"]; url != "/ws/café" {
		t.Errorf("the url is %v", url)
	}
	headers, _ := request.params()["headers"].(object)
	if headers["Origin"] == nil {
		t.Errorf("a browser sends an Origin, but the headers are %v", headers)
	}
	must(t, b.accept(request.requestID(), "browser", "room", object{}))
	if got := <-opened; got != "open" {
		t.Fatalf("connect: %s", got)
	}
	b.expect(t, "new_connection")
	call(t, ctx, "say", text)
	b.expectMessage(t, "browser", text)
	must(t, b.private("browser", "answer: "+text))
	must(t, b.room("room", "für den Raum"))
	var shown string
	err := chromedp.Run(ctx, chromedp.WaitReady("#answers li:nth-child(2)"),
		chromedp.Evaluate(`[...document.querySelectorAll("#answers li")].map((item) => item.textContent).join("|")`, &shown))
	if want := "answer: " + text + "|für den Raum"; err != nil || shown != want {
		t.Errorf("the page shows %q (%v), expected %q", shown, err, want)
	}
	if got := call(t, ctx, "leave"); got != "closed with 1000" {
		t.Errorf("leave: %s", got)
	}
	b.expect(t, "disconnected")

	go func() { opened <- call(t, ctx, "connect", "ws://"+broker.ws+"/ws/refused") }()
	must(t, b.send("response", b.expect(t, "connection_request").requestID(), object{"accepted": false}))
	if got := <-opened; got != "closed with 1006" { // all that browsers tell scripts of an HTTP status
		t.Errorf("a refused page: %s", got)
	}
}

// openPage opens the test's page in Chromium.
func openPage(t *testing.T) context.Context {
	t.Helper()
	var chromium string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && chromium == "" {
			chromium = path
		}
	}
	if chromium == "" {
		t.Fatal("no chromium: run `make deps`")
	}
	server := httptest.NewServer(http.FileServer(http.Dir("testdata")))
	t.Cleanup(server.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium),
		chromedp.UserDataDir(profile(t)),
		chromedp.NoSandbox, // root, as in many containers, cannot have one
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	ctx, cancel := context.WithTimeout(t.Context(), browserPatience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until the browser has ended, so that its profile can be removed
		cancel()
	})
	if err := chromedp.Run(ctx, chromedp.Navigate(server.URL+"/page.html")); err != nil {
		t.Fatalf("Chromium: %v", err)
	}
	return ctx
}

// profile makes a folder for the browser. Some of its processes outlive it for a moment and go on writing there.
func profile(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "skein-test-browser-")
	must(t, err)
	t.Cleanup(func() {
		for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
			if err := os.RemoveAll(folder); err == nil {
				return
			} else if time.Now().After(deadline) {
				t.Error(err)
				return
			}
		}
	})
	return folder
}

// call calls a function of the page and returns what its promise becomes.
func call(t *testing.T, ctx context.Context, function string, args ...string) string {
	var list []string
	for _, a := range args {
		list = append(list, quote(t, a))
	}
	script := fmt.Sprintf("Promise.resolve(%s(%s)).then(String)", function, strings.Join(list, ", "))
	var result string
	err := chromedp.Run(ctx, chromedp.Evaluate(script, &result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
	if err != nil {
		t.Errorf("%s: %v", script, err)
	}
	return result
}
