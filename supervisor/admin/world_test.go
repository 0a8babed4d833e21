package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/supervisor/admin/audit"
	"github.com/skeinhq/skein/supervisor/admin/token"
	"github.com/skeinhq/skein/supervisor/moderation"
	"github.com/skeinhq/skein/supervisor/storage"
	"github.com/skeinhq/skein/supervisor/transport"
	"github.com/skeinhq/skein/tests/harness"
)

const patience = 20 * time.Second

// world is an API on actors without sockets.
type world struct {
	t        testing.TB
	api      *API
	sys      *actors.System
	bans     *moderation.List
	controls *fakeControls
	tokens   map[token.Scope]string
	spec     *description

	mu  sync.Mutex
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// newWorld makes a world with one token of each scope, unless it is to have none.
func newWorld(t testing.TB, withTokens bool) *world {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	w := &world{t: t, now: time.Now(), controls: new(fakeControls), tokens: map[token.Scope]string{}, spec: describe(t)}
	w.sys = actors.NewSystem(actors.Options{Logger: quiet})
	if err := w.sys.Start(); err != nil {
		t.Fatal(err)
	}
	records := storage.NewMemory()
	w.bans = moderation.NewList(w.clock)
	users := moderation.NewUsers(w.clock)
	tokens, err := token.NewStore(records, w.clock)
	if err == nil {
		err = w.bans.Load(records)
	}
	if err == nil {
		err = users.Load(records)
	}
	log, auditErr := audit.New(records, 0, quiet)
	if err != nil || auditErr != nil {
		t.Fatal(err, auditErr)
	}
	w.api = NewAPI(APIOptions{
		System: w.sys, Transport: func() transport.Stats { return transport.Stats{} }, Server: w.controls,
		Bans: w.bans, Users: users, Tokens: tokens, Audit: log, Version: "dev", Logger: quiet, Now: w.clock,
	})
	t.Cleanup(func() {
		w.api.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := w.sys.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	if withTokens {
		for _, scope := range token.Scopes {
			text, _, err := tokens.Create(token.Token{Name: "test " + string(scope), Scope: scope})
			if err != nil {
				t.Fatal(err)
			}
			w.tokens[scope] = text
		}
	}
	return w
}

// fakeControls is a server that does nothing.
type fakeControls struct {
	mu       sync.Mutex
	drained  []time.Duration
	reloaded int
}

func (f *fakeControls) State() State {
	return State{Node: "test", Started: time.Now(), Ready: true, State: "ready", Protocols: []string{"cl4"}, Data: "none"}
}

func (f *fakeControls) Drain(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drained = append(f.drained, d)
}

func (f *fakeControls) Reload() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reloaded++
	return nil
}

func (f *fakeControls) Settings() []Setting {
	return []Setting{{Name: "motd", Value: "x", Default: "", Type: "text", Help: "h"}, {Name: "secret", Restart: true, Type: "text", Help: "h"}}
}

func (f *fakeControls) ChangeSettings(changes map[string]json.RawMessage) ([]Change, error) {
	if _, ok := changes["motd"]; !ok {
		return nil, fmt.Errorf("%w: unknown", ErrSetting)
	}
	return []Change{{Name: "motd", Before: "x", After: "y"}}, nil
}

// request is what a test sends. Its zero value comes from this machine without a token.
type request struct {
	method, path, body, token string
	remote                    string // default 127.0.0.1:1
	host                      string // default localhost
	header                    map[string]string
}

func (w *world) do(r request) *httptest.ResponseRecorder {
	w.t.Helper()
	req := httptest.NewRequest(r.method, apiPrefix+r.path, strings.NewReader(r.body))
	req.RemoteAddr, req.Host = "127.0.0.1:1", "localhost"
	if r.remote != "" {
		req.RemoteAddr = r.remote
	}
	if r.host != "" {
		req.Host = r.host
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	out := httptest.NewRecorder()
	w.api.ServeHTTP(out, req)
	w.validate(r, out)
	return out
}

// validate compares an answer with the description.
func (w *world) validate(r request, out *httptest.ResponseRecorder) {
	w.t.Helper()
	path, _, _ := strings.Cut(r.path, "?")
	op := w.operation(r.method, path)
	if op == nil || strings.HasPrefix(out.Header().Get("Content-Type"), "text/event-stream") {
		return
	}
	var v any
	if err := json.Unmarshal(out.Body.Bytes(), &v); err != nil {
		w.t.Errorf("%s %s: %d %q: %v", r.method, r.path, out.Code, out.Body, err)
		return
	}
	s := w.spec.Components.Schemas["Error"]
	if out.Code < 300 {
		s = op.Responses[fmt.Sprint(out.Code)].Content["application/json"].Schema
	} else if _, described := op.Responses[fmt.Sprint(out.Code)]; !described && out.Code != http.StatusMethodNotAllowed {
		w.t.Errorf("%s %s: the answer %d is not described: %s", r.method, r.path, out.Code, out.Body)
	}
	for _, p := range w.spec.check(s, v, r.method+" "+r.path) {
		w.t.Error(p)
	}
}

// operation finds the operation of a path. Literal parts win over parameters.
func (w *world) operation(method, path string) *operation {
	parts := strings.Split(path, "/")
	var best *operation
	fewest := 100
	for pattern, operations := range w.spec.Paths {
		want := strings.Split(pattern, "/")
		params := 0
		fits := len(want) == len(parts)
		for i := 0; fits && i < len(want); i++ {
			if strings.HasPrefix(want[i], "{") {
				params++
			} else {
				fits = want[i] == parts[i]
			}
		}
		if o := operations[strings.ToLower(method)]; fits && o != nil && params < fewest {
			best, fewest = o, params
		}
	}
	return best
}

// ok expects success and decodes the answer.
func (w *world) ok(r request, into any) {
	w.t.Helper()
	out := w.do(r)
	if out.Code >= 300 {
		w.t.Fatalf("%s %s: %d %s", r.method, r.path, out.Code, out.Body)
	}
	if into != nil {
		if err := json.Unmarshal(out.Body.Bytes(), into); err != nil {
			w.t.Fatal(err)
		}
	}
}

// refused expects an error.
func (w *world) refused(r request, status int, code, part string) {
	w.t.Helper()
	out := w.do(r)
	var body struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal(out.Body.Bytes(), &body); err != nil || out.Code != status || body.Error.Code != code || !strings.Contains(body.Error.Message, part) {
		w.t.Errorf("%s %s %s: %d %s, want %d %s with %q", r.method, r.path, r.body, out.Code, bytes.TrimSpace(out.Body.Bytes()), status, code, part)
	}
}

// peer is a client without a socket.
type peer struct {
	t       testing.TB
	session *actors.Session
	frames  chan string
	once    sync.Once
}

// Send keeps the latest frames, so that nobody waits for a test that does not look.
func (p *peer) Send(f *codec.Frame) bool {
	p.hear(string(f.Payload()))
	return true
}

func (p *peer) hear(text string) {
	for {
		select {
		case p.frames <- text:
			return
		default:
		}
		select {
		case <-p.frames:
		default:
		}
	}
}

func (p *peer) TrySend(f *codec.Frame) bool { return p.Send(f) }
func (p *peer) Pending() int                { return 7 }

func (p *peer) Close(code uint16, reason string) {
	p.once.Do(func() {
		p.hear(fmt.Sprintf("closed: %d %s", code, reason))
		go p.session.Closed(actors.End{Code: code, Reason: reason, Cause: "server_closed"})
	})
}

// connect connects a client that has said something.
func (w *world) connect(ip string, says ...string) *peer {
	p := &peer{t: w.t, frames: make(chan string, 256)}
	addr := netip.Addr{}
	if ip != "" {
		addr = netip.MustParseAddr(ip)
	}
	p.session = w.sys.Connect(actors.Peer{Out: p, IP: addr, ClientIP: ip, Listener: "test"})
	for _, text := range says {
		p.say(text)
	}
	return p
}

func (p *peer) say(text string) { p.session.Message(codec.NewMessage([]byte(text), false)) }

// until waits for a frame with a text in it.
func (p *peer) until(part string) string {
	p.t.Helper()
	for {
		select {
		case f := <-p.frames:
			if strings.Contains(f, part) {
				return f
			}
		case <-time.After(patience):
			p.t.Fatalf("nothing with %q came", part)
		}
	}
}

// cl4 connects a client with a name in a room.
func (w *world) cl4(name, room string) *peer {
	w.t.Helper()
	p := w.connect("192.0.2.1", fmt.Sprintf(`{"cmd":"setid","val":%q,"listener":1}`, name), fmt.Sprintf(`{"cmd":"link","val":%q,"listener":2}`, room))
	p.until(`"listener":2`)
	return p
}

// scratch connects a player of a project.
func (w *world) scratch(name, project string) *peer {
	w.t.Helper()
	p := w.connect("192.0.2.2", fmt.Sprintf(`{"method":"handshake","user":%q,"project_id":%q}`, name, project))
	p.say(fmt.Sprintf(`{"method":"set","user":%q,"project_id":%q,"name":"☁ %s","value":1}`, name, project, name))
	return p
}

// eventually waits for a state that nothing tells about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	harness.Eventually(t, patience, what, ok)
}

// addrOf is the address with a number.
func addrOf(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}
