package admin

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/supervisor/admin/token"
	"github.com/skeinhq/skein/supervisor/moderation"
)

func (w *world) send(scope token.Scope, method, path, body string) request {
	return request{method: method, path: path, body: body, token: w.tokens[scope]}
}

func (w *world) operate(method, path, body string) request {
	return w.send(token.Operate, method, path, body)
}

func (w *world) admin(method, path, body string) request {
	return w.send(token.Admin, method, path, body)
}

// audited returns the latest entry of the audit log.
func (w *world) audited() string {
	w.t.Helper()
	var page auditPage
	w.ok(w.get("/audit?limit=1"), &page)
	e := page.Entries[0]
	return fmt.Sprintf("%s %s %s %s %s", e.Who, e.Action, e.Target, e.Before, e.After)
}

func TestCloseClients(t *testing.T) {
	w := newWorld(t, true)
	ann := w.cl4("ann", "r")
	w.ok(w.operate("DELETE", "/clients/ann?code=4001&reason=bye", ""), nil)
	ann.until("closed: 4001 bye")
	if got := w.audited(); !strings.HasPrefix(got, "test operate client.close ") || !strings.Contains(got, `"username":"ann"`) || !strings.Contains(got, `"code":4001`) {
		t.Errorf("audit: %s", got)
	}
	eventually(t, "she is gone", func() bool { return w.sys.Clients().Len() == 0 })
	w.refused(w.operate("DELETE", "/clients/ann", ""), 404, "not_found", "ann")
	w.cl4("twin", "r")
	w.cl4("twin", "r")
	w.refused(w.operate("DELETE", "/clients/twin", ""), 409, "conflict", "2 clients")
	w.refused(w.operate("DELETE", "/clients/twin?code=1006", ""), 422, "invalid", "1006")
	w.refused(w.operate("DELETE", "/clients/twin?code=99", ""), 400, "bad_request", "code")
	w.refused(w.operate("DELETE", "/clients/twin?reason="+strings.Repeat("x", 124), ""), 422, "invalid", "124 bytes")
	w.refused(w.operate("DELETE", "/clients", ""), 400, "bad_request", "all=true")
	other := w.connect("198.51.100.7", `{"cmd":"ping"}`)
	var n removed
	w.ok(w.operate("DELETE", "/clients?room=r&reason=out", ""), &n)
	if n.Removed != 2 {
		t.Errorf("%d closed", n.Removed)
	}
	eventually(t, "they are gone", func() bool { return w.sys.Clients().Len() == 1 })
	w.ok(w.operate("DELETE", "/clients?all=true", ""), &n)
	other.until("closed: 1000")
}

func TestMessages(t *testing.T) {
	w := newWorld(t, true)
	ann, bob, player := w.cl4("ann", "r"), w.cl4("bob", "s"), w.scratch("eve", "1")
	var d delivery
	w.ok(w.operate("POST", "/clients/ann/message", `{"val": {"a": [1, 2]}}`), &d)
	if got := ann.until(`"direct"`); got != `{"cmd":"direct","val":{"a":[1,2]}}` || d.Recipients != 1 {
		t.Errorf("%s to %d", got, d.Recipients)
	}
	w.ok(w.operate("POST", "/rooms/cl4/s/message", `{"val":"hello"}`), &d)
	if got := bob.until(`"gmsg"`); got != `{"cmd":"gmsg","val":"hello","rooms":"s"}` || d.Recipients != 1 {
		t.Errorf("%s to %d", got, d.Recipients)
	}
	w.ok(w.operate("POST", "/rooms/cl4/s/message", `{"val":1,"name":"n"}`), nil)
	if got := bob.until(`"gvar"`); got != `{"cmd":"gvar","name":"n","val":1,"rooms":"s"}` {
		t.Error(got)
	}
	w.ok(w.operate("POST", "/broadcast", `{"val":null}`), &d)
	ann.until(`{"cmd":"gmsg","val":null,"rooms":"default"}`)
	bob.until(`{"cmd":"gmsg","val":null`)
	if d.Recipients != 2 {
		t.Errorf("broadcast to %d", d.Recipients)
	}
	w.refused(w.operate("POST", "/clients/eve/message", `{"val":1}`), 404, "not_found", "eve") // names are those of CL4
	_ = player
	w.refused(w.operate("POST", "/rooms/scratch/1/message", `{"val":1}`), 422, "invalid", "cloud variable")
	w.refused(w.operate("POST", "/rooms/cl4/nowhere/message", `{"val":1}`), 404, "not_found", "nowhere")
	w.refused(w.operate("POST", "/rooms/cl5/r/message", `{"val":1}`), 404, "not_found", "cl5")
	w.refused(w.operate("POST", "/broadcast", `{}`), 400, "bad_request", "val is missing")
	w.refused(w.operate("POST", "/broadcast", `{"val":`+strings.Repeat("[", 600)+strings.Repeat("]", 600)+`}`), 422, "invalid", "val")
}

func TestCloseRooms(t *testing.T) {
	w := newWorld(t, true)
	ann, bob := w.cl4("ann", "r"), w.cl4("bob", "r")
	var n removed
	w.ok(w.operate("DELETE", "/rooms/cl4/r", ""), &n)
	if n.Removed != 2 {
		t.Errorf("%d removed", n.Removed)
	}
	for _, p := range []*peer{ann, bob} {
		p.say(`{"cmd":"ping","listener":"still here"}`)
		p.until("still here")
	}
	w.refused(w.operate("DELETE", "/rooms/cl4/r", ""), 404, "not_found", "no room r")
	w.refused(w.operate("DELETE", "/rooms/cl4/default", ""), 422, "invalid", "")
	eve := w.scratch("eve", "1")
	eventually(t, "the project is there", func() bool { return w.sys.Counters.Variables.Load() == 1 })
	w.ok(w.operate("DELETE", "/rooms/scratch/1", ""), &n)
	eve.until("closed: 4004")
	if got := w.audited(); !strings.Contains(got, `room.close scratch/1 {"members":1}`) {
		t.Errorf("audit: %s", got)
	}
	eve.Close(1000, "")
	eventually(t, "she is gone", func() bool { return w.sys.Clients().Len() == 2 })
	w.ok(w.operate("DELETE", "/rooms/scratch/1", ""), &n)
	if n.Removed != 0 {
		t.Errorf("%d removed from a project that nobody plays", n.Removed)
	}
	w.refused(w.operate("DELETE", "/rooms/scratch/2", ""), 404, "not_found", "no room 2")
}

func TestVariables(t *testing.T) {
	w := newWorld(t, true)
	eve := w.scratch("eve", "1/2")
	const project = "/rooms/scratch/1%2F2/variables"
	eventually(t, "the variable is there", func() bool { return w.sys.Counters.Variables.Load() == 1 })
	var v variable
	w.ok(w.get(project+"/%E2%98%81%20eve"), &v)
	if v.Name != "☁ eve" || string(v.Value) != "1" {
		t.Errorf("%+v", v)
	}
	w.ok(w.operate("PUT", project+"/%E2%98%81%20eve", `{"value": 99}`), &v)
	eve.until(`"value":99`)
	if got := w.audited(); got != "test operate variable.set scratch/1/2/☁ eve 1 99" {
		t.Errorf("audit: %s", got)
	}
	w.ok(w.operate("PUT", project+"/%E2%98%81%20new", `{"value":"12"}`), nil)
	eve.until(`☁ new`)
	var list variableList
	w.ok(w.get(project), &list)
	if len(list.Variables) != 2 || list.Variables[1].Name != "☁ new" {
		t.Errorf("%+v", list)
	}
	w.refused(w.operate("PUT", project+"/%E2%98%81%20eve", `{"value":"`+strings.Repeat("9", 100_001)+`"}`), 422, "invalid", "limits")
	w.refused(w.operate("PUT", project+"/"+strings.Repeat("x", 1025), `{"value":1}`), 422, "invalid", "limits")
	w.refused(w.operate("PUT", project+"/a", `{}`), 400, "bad_request", "value is missing")
	w.refused(w.operate("PUT", "/rooms/scratch/2/variables/a", `{"value":1}`), 404, "not_found", "no room 2")
	w.refused(w.get(project+"/none"), 404, "not_found", "%E2%98%81%20")
	w.ok(w.operate("DELETE", project+"/%E2%98%81%20new", ""), nil)
	w.refused(w.operate("DELETE", project+"/%E2%98%81%20new", ""), 404, "not_found", "no variable")
	// What a project keeps can be changed while nobody is there.
	eve.Close(1000, "")
	eventually(t, "she is gone", func() bool { return w.sys.Clients().Len() == 0 })
	w.ok(w.operate("PUT", project+"/%E2%98%81%20eve", `{"value":7}`), nil)
	again := w.scratch("dan", "1/2")
	again.until(`"value":7`)
}

func TestBans(t *testing.T) {
	w := newWorld(t, true)
	w.cl4("ann", "r") // from 192.0.2.1
	var made banCreated
	w.ok(w.operate("POST", "/bans", `{"kind":"ip","pattern":"192.0.2.77/24","reason":"noise","for_seconds":60}`), &made)
	if made.Ban.Pattern != "192.0.2.0/24" || made.Ban.By != "test operate" || !made.Ban.Expires.Equal(w.clock().UTC().Add(time.Minute)) && time.Until(made.Ban.Expires) > time.Minute {
		t.Errorf("%+v", made)
	}
	if got := w.audited(); !strings.HasPrefix(got, "test operate ban.add ip 192.0.2.0/24  {") {
		t.Errorf("audit: %s", got)
	}
	own := w.operate("POST", "/bans", `{"kind":"ip","pattern":"203.0.113.0/24"}`)
	own.remote = "203.0.113.9:1"
	w.refused(own, 409, "conflict", "203.0.113.9")
	own.body = `{"kind":"ip","pattern":"203.0.113.0/24","force":true}`
	if out := w.do(own); out.Code != 201 {
		t.Errorf("forced: %d %s", out.Code, out.Body)
	}
	for body, part := range map[string]string{
		`{"kind":"ip","pattern":"everybody"}`:                                                         "everybody",
		`{"kind":"shoe","pattern":"x"}`:                                                               "shoe",
		`{"kind":"name","pattern":""}`:                                                                "pattern",
		`{"kind":"name","pattern":"x","for_seconds":-1}`:                                              "for_seconds",
		`{"kind":"name","pattern":"x","for_seconds":9,"expires":"2099-01-01T00:00:00Z"}`:              "both",
		`{"kind":"name","pattern":"x","expires":"2001-01-01T00:00:00Z"}`:                              "expired already",
		`{"kind":"name","pattern":"x","reason":"` + strings.Repeat("r", 124) + `"}`:                   "124 bytes",
		fmt.Sprintf(`{"kind":"name","pattern":"x","for_seconds":%d}`, int64(maxBanSeconds)*1_000_000): "for_seconds",
	} {
		w.refused(w.operate("POST", "/bans", body), 422, "invalid", part)
	}
	for i := range 30 {
		w.do(w.operate("POST", "/bans", fmt.Sprintf(`{"kind":"name","pattern":"bot%d*"}`, i)))
	}
	var page banPage
	seen := map[string]bool{}
	for next := ""; ; {
		page = banPage{}
		w.ok(w.get("/bans?kind=name&q=BOT&limit=7&cursor="+next), &page)
		for _, b := range page.Bans {
			seen[b.Pattern] = true
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if len(seen) != 30 || page.Total != 30 {
		t.Errorf("%d of %d", len(seen), page.Total)
	}
	w.ok(w.operate("DELETE", "/bans/bot7%2A", ""), nil)
	w.ok(w.operate("DELETE", "/bans/"+made.Ban.ID, ""), nil)
	w.ok(w.operate("DELETE", "/bans/203.0.113.0%2F24", ""), nil)
	w.refused(w.operate("DELETE", "/bans/bot7%2A", ""), 404, "not_found", "bot7*")
	if _, banned := w.bans.MatchName("bot7x"); banned {
		t.Error("still banned")
	}
}

func TestSettingsAndOperation(t *testing.T) {
	w := newWorld(t, true)
	w.ok(w.admin("PUT", "/settings", `{"motd":"y"}`), nil)
	if got := w.audited(); got != `test admin setting.change motd "x" "y"` {
		t.Errorf("audit: %s", got)
	}
	w.refused(w.admin("PUT", "/settings", `{"nothing":1}`), 422, "invalid", "unknown")
	w.refused(w.admin("PUT", "/settings", `{}`), 400, "bad_request", "nothing is to be changed")
	w.ok(w.admin("POST", "/drain", `{"timeout_seconds":1.5}`), nil)
	w.ok(w.admin("POST", "/drain", `{}`), nil)
	w.refused(w.admin("POST", "/drain", `{"timeout_seconds":-1}`), 400, "bad_request", "timeout_seconds")
	w.ok(w.admin("POST", "/reload", ""), nil)
	if len(w.controls.drained) != 2 || w.controls.drained[0] != 1500*time.Millisecond || w.controls.reloaded != 1 {
		t.Errorf("drained %v, reloaded %d", w.controls.drained, w.controls.reloaded)
	}
	var who struct{ You you }
	w.ok(w.admin("GET", "/info", ""), &who)
	if who.You != (you{"test admin", token.Admin, "127.0.0.1"}) {
		t.Errorf("%+v", who.You)
	}
	for _, path := range []string{"/actors", "/backends", "/settings", "/openapi.json"} {
		w.ok(w.get(path), nil)
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t, true)
	var made tokenCreated
	w.ok(w.admin("POST", "/tokens", `{"name":"board","scope":"read","expires_seconds":3600}`), &made)
	w.ok(request{method: "GET", path: "/info", token: made.Token}, nil)
	var all tokenList
	w.ok(w.admin("GET", "/tokens", ""), &all)
	if len(all.Tokens) != 4 || all.Tokens[3].Name != "board" && all.Tokens[0].Name != "board" && all.Tokens[1].Name != "board" && all.Tokens[2].Name != "board" {
		t.Errorf("%+v", all)
	}
	text, err := json.Marshal(all)
	if err != nil || strings.Contains(string(text), made.Token[len("skein_0123456789abcdef_"):]) || strings.Contains(string(text), "argon2") {
		t.Errorf("the list has secrets: %s", text)
	}
	if got := w.audited(); strings.Contains(got, made.Token) || !strings.Contains(got, "token.create board") {
		t.Errorf("audit: %s", got)
	}
	w.refused(w.admin("POST", "/tokens", `{"name":"board","scope":"read"}`), 409, "conflict", "already")
	w.refused(w.admin("POST", "/tokens", `{"scope":"root"}`), 422, "invalid", "root")
	w.refused(w.admin("POST", "/tokens", `{"scope":"read","expires_seconds":-5}`), 422, "invalid", "expires_seconds")
	w.ok(w.admin("DELETE", "/tokens/board", ""), nil)
	w.refused(request{method: "GET", path: "/info", token: made.Token}, 401, "unauthorized", "no such token")
	w.refused(w.admin("DELETE", "/tokens/board", ""), 404, "not_found", "")
}

func TestUsers(t *testing.T) {
	w := newWorld(t, true)
	var u user
	w.ok(w.admin("PUT", "/users/ada", `{"password":"correct horse","permissions":["view_rooms"]}`), &u)
	if u.Username != "ada" || len(u.Addresses) == 0 {
		t.Errorf("%+v", u)
	}
	if got := w.audited(); strings.Contains(got, "horse") || strings.Contains(got, "argon2") || !strings.Contains(got, "user.add ada") {
		t.Errorf("audit: %s", got)
	}
	w.ok(w.admin("PUT", "/users/ada", `{"addresses":["10.0.0.0/8"]}`), &u)
	if u.Addresses[0] != "10.0.0.0/8" || u.Permissions[0] != "view_rooms" {
		t.Errorf("%+v", u)
	}
	w.refused(w.admin("PUT", "/users/bob", `{}`), 422, "invalid", "password")
	w.refused(w.admin("PUT", "/users/bob", `{"password":"short"}`), 422, "invalid", "password")
	w.refused(w.admin("PUT", "/users/bob", `{"password":"long enough","permissions":["fly"]}`), 422, "invalid", "fly")
	var all userList
	w.ok(w.admin("GET", "/users", ""), &all)
	if len(all.Users) != 1 {
		t.Errorf("%+v", all)
	}
	w.ok(w.admin("DELETE", "/users/ada", ""), nil)
	w.refused(w.admin("DELETE", "/users/ada", ""), 404, "not_found", "ada")
}

// TestBadInput sends what no operation takes.
func TestBadInput(t *testing.T) {
	w := newWorld(t, true)
	for body, part := range map[string]string{
		`{"val":1`: "body", `{"val":1}}`: "more", `[]`: "body", `{"val":1,"more":2}`: "unknown field", `{"val":1} {"val":2}`: "more", "\xff": "body",
	} {
		w.refused(w.operate("POST", "/broadcast", body), 400, "bad_request", part)
	}
	w.refused(w.operate("POST", "/bans", `{"pattern":"`+strings.Repeat("x", smallBody)+`"}`), 413, "too_large", "65536 bytes")
	w.refused(w.operate("POST", "/bans", `{"kind":"name","pattern":"x"}`+strings.Repeat(" ", smallBody)), 413, "too_large", "65536 bytes")
	r := w.operate("POST", "/broadcast", `{"val":1}`)
	r.header = map[string]string{"Content-Type": "text/plain"}
	w.refused(r, 415, "bad_request", "application/json")
	for path, part := range map[string]string{
		"/clients?limit=0": "limit", "/clients?limit=1001": "limit", "/clients?limit=x": "limit", "/clients?cursor=x": "cursor",
		"/clients?sort=shoe": "sort", "/clients?protocol=http": "protocol", "/clients?address=here": "address", "/clients?colour=1": "colour",
		"/clients?q=1&q=2": "given 2 times", "/clients?q=" + strings.Repeat("x", 5000): "too long", "/rooms?sort=x": "sort", "/rooms?dialect=x": "dialect",
		"/bans?kind=x": "kind", "/bans?cursor=%21": "cursor", "/audit?limit=-1": "limit", "/events?types=counters,x": `"x"`, "/info?x=1": `"x"`,
	} {
		w.refused(w.get(path), 400, "bad_request", part)
	}
	w.refused(w.get("/nothing"), 404, "not_found", "openapi.json")
	w.refused(w.get("/clients/01ARZ3NDEKTSV4RRFFQ69G5FAV"), 404, "not_found", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
	out := w.do(w.operate("PATCH", "/clients/x", `{}`))
	if out.Code != 405 || out.Header().Get("Allow") != "GET, DELETE" {
		t.Errorf("PATCH: %d, allowed %q", out.Code, out.Header().Get("Allow"))
	}
}

// TestAuditPages turns pages of the audit log.
func TestAuditPages(t *testing.T) {
	w := newWorld(t, true)
	for i := range 25 {
		w.ok(w.operate("POST", "/broadcast", fmt.Sprintf(`{"val":%d}`, i)), nil)
		w.do(w.operate("POST", "/bans", fmt.Sprintf(`{"kind":"name","pattern":"%d"}`, i)))
	}
	n, last := 0, "~"
	for next := ""; ; {
		var page auditPage
		w.ok(w.get("/audit?action=ban&who=test+operate&limit=10&cursor="+next), &page)
		for _, e := range page.Entries {
			if e.Action != "ban.add" || e.ID >= last {
				t.Errorf("%+v behind %s", e, last)
			}
			n, last = n+1, e.ID
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if n != 25 {
		t.Errorf("%d entries", n)
	}
	w.bansAreThere(25)
}

func (w *world) bansAreThere(n int) {
	w.t.Helper()
	if all := w.bans.All(); len(all) != n || all[0].Kind != moderation.KindName {
		w.t.Errorf("%d bans", len(all))
	}
}
