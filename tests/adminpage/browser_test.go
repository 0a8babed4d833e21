// Package adminpage uses the administration page in Chromium as an administrator would, against the real server. Any
// script that fails, anything that the Content-Security-Policy stops and any request to elsewhere is a failure.
package adminpage

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/skeinhq/skein/tests/harness"
)

// patience bounds what hangs; nothing that works comes near it.
const patience = 30 * time.Second

func TestMain(m *testing.M) { harness.Main(m) }

// browser starts Chromium with an empty profile.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, // root, as in many containers, cannot have one
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("lang", "en-US"),
	)
	// The context of the test ends before the cleanups, in which open tabs are looked at once more.
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	// The browser sends events that this version of chromedp does not know, and says so each time.
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until the browser has ended, so that its profile can be removed
		cancel()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("Chromium: %v", err)
	}
	return ctx
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no chromium: run `make deps`")
	return ""
}

// reports are for what a page notices itself and the browser would only write to the console.
const reports = `document.addEventListener("securitypolicyviolation", e =>
	console.error("stopped by the policy: " + e.violatedDirective + " " + e.blockedURI));`

// tab is an open page, and what went wrong in it.
type tab struct {
	t      *testing.T
	ctx    context.Context
	origin string

	mu       sync.Mutex
	problems []string
}

// open opens the page of a server in a new tab. The test's end looks for what went wrong.
func open(t *testing.T, browser context.Context, s *server) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, origin: s.admin}
	chromedp.ListenTarget(ctx, b.watch)
	if err := chromedp.Run(ctx); err != nil { // the tab lives as long as the context of its first action
		t.Fatal(err)
	}
	t.Cleanup(b.check)
	b.run(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(reports).Do(ctx)
		return err
	}), chromedp.EmulateViewport(1280, 800), chromedp.Navigate(s.admin))
	return b
}

// watch notes what must not happen.
func (b *tab) watch(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		b.problem("exception: " + text)
	case *runtime.EventConsoleAPICalled:
		for _, a := range e.Args {
			b.problem(fmt.Sprintf("console.%s: %s", e.Type, a.Value))
		}
	case *log.EventEntryAdded:
		switch e.Entry.Source {
		case log.SourceNetwork: // such as an answer 401, which a test may want
		case log.SourceRecommendation: // for password managers
		default:
			b.problem(fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text))
		}
	case *page.EventJavascriptDialogOpening:
		b.problem("alert: " + e.Message)
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, b.origin) && !strings.HasPrefix(e.Request.URL, "data:,") {
			b.problem("asks elsewhere: " + e.Request.URL)
		}
	}
}

func (b *tab) problem(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.problems, text) {
		b.problems = append(b.problems, text)
	}
}

// check fails the test for what went wrong. Scripts of strangers would have left a mark on the window.
func (b *tab) check() {
	b.mu.Lock()
	for _, p := range b.problems {
		b.t.Error(p)
	}
	b.mu.Unlock()
	if marked := b.eval("String(window.marked)"); marked != "undefined" {
		b.t.Errorf("a script of somebody else has run: %s", marked)
	}
}

// do carries out actions; it gives up when patience ends.
func (b *tab) do(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

func (b *tab) run(actions ...chromedp.Action) {
	b.t.Helper()
	if err := b.do(actions...); err != nil {
		b.t.Fatalf("%v; the page is at %s", err, b.shown())
	}
}

// eval returns what an expression is, as a text.
func (b *tab) eval(expression string) string {
	b.t.Helper()
	var result string
	err := b.do(chromedp.Evaluate(expression, &result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return result
}

// until waits until an expression is true in JavaScript's sense, and returns it as a text. chromedp's own Poll needs
// eval, which the page's policy forbids.
func (b *tab) until(expression string) string {
	b.t.Helper()
	var result string
	script := `(async () => { for (;;) { const v = (` + expression + `); if (v) return String(v); await new Promise(go => setTimeout(go, 20)); } })()`
	err := b.do(chromedp.Evaluate(script, &result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
	if err != nil {
		b.t.Fatalf("%s: %v; the page is at %s", expression, err, b.shown())
	}
	return result
}

// shown is where the page is and what it says, for messages about failures.
func (b *tab) shown() string {
	var text string
	if err := b.do(chromedp.Evaluate("location.href + '\\n' + document.body.innerText", &text)); err != nil {
		return err.Error()
	}
	return text
}

// quoted makes a literal of JavaScript.
func quoted(text string) string { return strconv.QuoteToASCII(text) }

// see waits until the content, a dialog or a toast has a text.
func (b *tab) see(text string) {
	b.t.Helper()
	b.until("document.body.innerText.includes(" + quoted(text) + ")")
}

// gone waits until a text is no longer in the content.
func (b *tab) gone(text string) {
	b.t.Helper()
	b.until("!document.getElementById('main').innerText.includes(" + quoted(text) + ")")
}

// show goes to a view and waits for its heading.
func (b *tab) show(path, heading string) {
	b.t.Helper()
	b.run(chromedp.Evaluate("location.hash = "+quoted("#/"+path), nil))
	b.until("document.querySelector('h1')?.textContent === " + quoted(heading))
}

// press clicks the button, link or check box with a text, of the open dialog where there is one.
func (b *tab) press(text string) {
	b.t.Helper()
	b.pressIn("", text)
}

// pressIn is press within a row of a table that has another text.
func (b *tab) pressIn(row, text string) {
	b.t.Helper()
	within := "document.querySelector('dialog[open]') ?? document.body"
	if row != "" {
		within = "[...document.querySelectorAll('tbody tr')].find(r => r.innerText.includes(" + quoted(row) + "))"
	}
	b.click(fmt.Sprintf("[...((%s)?.querySelectorAll('button, a, label.check') ?? [])].find(e => e.textContent.trim() === %s)", within, quoted(text)))
}

// click clicks an element, given as JavaScript, with the mouse.
func (b *tab) click(find string) {
	b.t.Helper()
	b.until(find)
	b.run(chromedp.Evaluate("document.querySelector('[data-pressed]')?.removeAttribute('data-pressed')", nil),
		chromedp.Evaluate(find+".setAttribute('data-pressed', '')", nil), chromedp.Click("[data-pressed]", chromedp.ByQuery))
}

// fill sets the input, select or textarea with a name, of the open dialog where there is one, as if it were typed.
func (b *tab) fill(name, text string) {
	b.t.Helper()
	find := fmt.Sprintf("(document.querySelector('dialog[open]') ?? document).querySelector('[name=%s]')", name)
	b.until(find)
	if b.eval(find+".tagName") == "SELECT" {
		b.until(fmt.Sprintf("((f, v) => { f.value = v; f.dispatchEvent(new Event('change', { bubbles: true })); return f.value === v; })(%s, %s)", find, quoted(text)))
		return
	}
	b.until(fmt.Sprintf("(f => { f.focus(); f.select(); return document.activeElement === f; })(%s)", find))
	b.typeText(text)
}

// typeText replaces what is selected.
func (b *tab) typeText(text string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent("\b"), chromedp.KeyEvent(text))
}

// search types into the search field of the view.
func (b *tab) search(text string) {
	b.t.Helper()
	b.until("(f => { f?.focus(); f?.select(); return f && document.activeElement === f; })(document.querySelector('main input[type=search]'))")
	b.typeText(text)
}

// logIn logs in with a token and waits until it is done.
func (b *tab) logIn(token string) {
	b.t.Helper()
	b.fill("token", token)
	b.press("Log in")
	b.until("document.querySelector('#nav a')")
}
