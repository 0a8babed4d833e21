package admin

import (
	_ "embed"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/admin/audit"
	"github.com/skeinhq/skein/supervisor/admin/token"
	"github.com/skeinhq/skein/supervisor/moderation"
	"github.com/skeinhq/skein/supervisor/storage"
	"github.com/skeinhq/skein/supervisor/transport"
)

// apiPrefix is where the API is.
const apiPrefix = "/api/v1"

// openapi describes the API. A test compares it with what is served.
//
//go:embed openapi.json
var openapi []byte

// Controls are what only the server as a whole can do. Its methods are called by many goroutines.
type Controls interface {
	// State tells what the server is and does.
	State() State
	// Drain begins an orderly end, which may take so long; 0 means as long as the configuration says. It does not wait.
	Drain(timeout time.Duration)
	// Reload reads again what may change in files.
	Reload() error
	// Settings returns all settings, with what is in force.
	Settings() []Setting
	// ChangeSettings changes some, all of them or none, and returns what has changed. Null puts back what the
	// configuration says. What is wrong with a value matches ErrSetting.
	ChangeSettings(changes map[string]json.RawMessage) ([]Change, error)
}

// APIOptions configures an API. Everything but Data and Now is needed.
type APIOptions struct {
	System *actors.System
	// Transport returns the figures of all ports together.
	Transport func() transport.Stats
	Server    Controls
	Bans      *moderation.List
	Users     *moderation.Users
	Tokens    *token.Store
	Audit     *audit.Log
	// Data is the file with everything that is kept. Nil means that nothing is.
	Data            *storage.File
	Version, Commit string
	Logger          *slog.Logger
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// API serves /api/v1.
type API struct {
	APIOptions
	events   *hub
	lockout  *lockout
	clients  listing[clientRow]
	rooms    listing[roomRow]
	mux      *http.ServeMux
	counters apiCounters
}

// apiCounters are what the API counts.
type apiCounters struct {
	requests [6]atomic.Uint64 // by the hundreds of the status
	denied   atomic.Uint64    // wrong and expired tokens
	locked   atomic.Uint64    // requests from locked addresses
}

// NewAPI prepares an API.
func NewAPI(o APIOptions) *API {
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &API{APIOptions: o, lockout: newLockout(o.Now), mux: http.NewServeMux()}
	a.events = newHub(a.System, a.counts)
	o.Audit.Watch(a.events.changed)
	a.clients = a.newClientListing()
	a.rooms = a.newRoomListing()
	for _, e := range a.endpoints() {
		a.mux.Handle(e.method+" "+apiPrefix+e.path, a.serve(e))
	}
	a.mux.HandleFunc(apiPrefix+"/", a.notFound)
	return a
}

// Close ends the streams of events, and what runs in the background.
func (a *API) Close() {
	a.events.close()
	a.clients.stop()
	a.rooms.stop()
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// endpoint is one operation of the API.
type endpoint struct {
	method, path string
	scope        token.Scope
	// query are the parameters that may be given.
	query []string
	// maxBody bounds the body in bytes. 0 means that there is none.
	maxBody int64
	status  int // of success
	// handle returns what is sent as JSON. It may have answered already, when it returns errAnswered.
	handle func(*call) (any, error)
}

// Bounds of bodies.
const (
	smallBody = 64 << 10
	valueBody = 2 << 20 // a value of a cloud variable can be 100,000 characters, and more where configured
)

var pages = []string{"limit", "cursor"}

func (a *API) endpoints() []endpoint {
	read, operate, admin := token.Read, token.Operate, token.Admin
	const variable = "/rooms/scratch/{project}/variables/{name}"
	list := func(more ...string) []string { return append(more, pages...) }
	closing := []string{"code", "reason"}
	return []endpoint{
		{"GET", "/info", read, nil, 0, 200, a.info},
		{"GET", "/openapi.json", read, nil, 0, 200, a.openapi},
		{"GET", "/clients", read, list("sort", "q", "protocol", "room", "address"), 0, 200, a.listClients},
		{"DELETE", "/clients", operate, append([]string{"all", "protocol", "room", "address"}, closing...), 0, 200, a.closeClients},
		{"GET", "/clients/{id}", read, nil, 0, 200, a.getClient},
		{"DELETE", "/clients/{id}", operate, closing, 0, 200, a.closeClient},
		{"POST", "/clients/{id}/message", operate, nil, valueBody, 200, a.messageClient},
		{"GET", "/rooms", read, list("sort", "q", "dialect"), 0, 200, a.listRooms},
		{"GET", "/rooms/{dialect}/{name}", read, nil, 0, 200, a.getRoom},
		{"DELETE", "/rooms/{dialect}/{name}", operate, closing, 0, 200, a.closeRoom},
		{"POST", "/rooms/{dialect}/{name}/message", operate, nil, valueBody, 200, a.messageRoom},
		{"GET", "/rooms/scratch/{project}/variables", read, nil, 0, 200, a.listVariables},
		{"GET", variable, read, nil, 0, 200, a.getVariable},
		{"PUT", variable, operate, nil, valueBody, 200, a.setVariable},
		{"DELETE", variable, operate, nil, 0, 200, a.deleteVariable},
		{"GET", "/bans", read, list("kind", "q"), 0, 200, a.listBans},
		{"POST", "/bans", operate, nil, smallBody, 201, a.addBan},
		{"DELETE", "/bans/{id}", operate, nil, 0, 200, a.removeBan},
		{"GET", "/settings", read, nil, 0, 200, a.getSettings},
		{"PUT", "/settings", admin, nil, smallBody, 200, a.changeSettings},
		{"POST", "/drain", admin, nil, smallBody, 202, a.drain},
		{"POST", "/reload", admin, nil, 0, 200, a.reload},
		{"POST", "/broadcast", operate, nil, valueBody, 200, a.broadcast},
		{"GET", "/data", read, nil, 0, 200, a.inspectData},
		{"GET", "/data/export", read, []string{"project"}, 0, 200, a.exportData},
		{"GET", "/backends", read, nil, 0, 200, a.listBackends},
		{"GET", "/actors", read, nil, 0, 200, a.tree},
		{"GET", "/audit", read, list("action", "who"), 0, 200, a.listAudit},
		{"GET", "/events", read, []string{"types"}, 0, 200, a.stream},
		{"GET", "/tokens", admin, nil, 0, 200, a.listTokens},
		{"POST", "/tokens", admin, nil, smallBody, 201, a.createToken},
		{"DELETE", "/tokens/{id}", admin, nil, 0, 200, a.revokeToken},
		{"GET", "/users", admin, nil, 0, 200, a.listUsers},
		{"PUT", "/users/{username}", admin, nil, smallBody, 200, a.putUser},
		{"DELETE", "/users/{username}", admin, nil, 0, 200, a.deleteUser},
	}
}

// errAnswered is returned by handlers that have answered by themselves.
var errAnswered = errors.New("answered")

// serve checks who asks and what, and answers.
func (a *API) serve(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{api: a, w: w, r: r, endpoint: &e}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		var answer any
		err := a.identify(c)
		if err == nil {
			err = c.check()
		}
		if err == nil {
			answer, err = e.handle(c)
		}
		switch {
		case errors.Is(err, errAnswered):
			a.counters.requests[2].Add(1)
		case err != nil:
			a.fail(w, err)
		default:
			a.answer(w, e.status, answer)
		}
	})
}

// answer sends a value as JSON.
func (a *API) answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		a.Logger.Error("an answer of the admin API could not be encoded", "err", err)
		status, b = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"the answer could not be encoded"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
	a.counters.requests[min(status/100, len(a.counters.requests)-1)].Add(1)
}

// fail sends an error.
func (a *API) fail(w http.ResponseWriter, err error) {
	var f *failure
	if !errors.As(err, &f) {
		f = failureOf(err)
		if f.status == http.StatusInternalServerError {
			a.Logger.Error("a request to the admin API failed", "err", err)
		}
	}
	if f.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="skein"`)
	}
	if f.retryAfter > 0 {
		w.Header().Set("Retry-After", seconds(f.retryAfter))
	}
	var body struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	body.Error.Code, body.Error.Message = f.code, f.message
	a.answer(w, f.status, body)
}

// notFound answers what is no operation.
func (a *API) notFound(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); strings.HasPrefix(pattern, method+" ") {
			allowed = append(allowed, method)
		}
	}
	if allowed != nil {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		a.fail(w, &failure{status: http.StatusMethodNotAllowed, code: "method_not_allowed", message: r.Method + " is not one of " + strings.Join(allowed, ", ")})
		return
	}
	a.fail(w, notFound("there is no such operation; "+apiPrefix+"/openapi.json lists them"))
}

func (a *API) openapi(c *call) (any, error) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Write(openapi)
	return nil, errAnswered
}
