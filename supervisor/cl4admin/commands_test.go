package cl4admin_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/moderation"
)

func TestDisableCommand(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.DisableCommands, moderation.EnableCommands)
	c := s.dial()
	for range 2 { // twice is no error
		op.ask("admin_disable_command", `{"protocol":"cl4","cmd":"ping"}`, 100)
	}
	c.ask("ping", `1`, 110)
	for range 2 {
		op.ask("admin_enable_command", `{"protocol":"cl4","cmd":"ping"}`, 100)
	}
	c.ask("ping", `1`, 100)
	op.ask("admin_disable_command", `{"protocol":"scratch","cmd":"delete"}`, 100)
	op.ask("admin_disable_command", `{"protocol":"cl4","cmd":"foo"}`, 109)
	op.ask("admin_disable_command", `{"protocol":"cl4","cmd":"admin_enable_command"}`, 108)
	op.ask("admin_disable_command", `{"protocol":"cl4","cmd":"admin_auth"}`, 108)
	for _, bad := range []string{`"ping"`, `{}`, `{"cmd":"ping"}`, `{"protocol":"irc","cmd":"ping"}`, `{"protocol":"cl4"}`, `7`} {
		op.ask("admin_disable_command", bad, 101)
	}
}

func TestCloseConnection(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.CloseConnections)
	ann, bob, cid, dan, eve := s.named("ann"), s.named("bob"), s.named("cid"), s.named("dan"), s.named("eve")
	_, annID := ann.object()
	bobObject, _ := bob.object()
	op.ask("admin_close_connection", map[string]any{"id": annID}, 100).has(t, `{"closed":1}`)
	ann.ends("1000")
	op.ask("admin_close_connection", fmt.Sprintf(`{"id":%s,"code":4321,"reason":"be nice"}`, bobObject), 100)
	bob.ends("4321 be nice")
	op.ask("admin_close_connection", `{"id":"cid","reason":"bye"}`, 100)
	cid.ends("1000 bye")
	op.ask("admin_close_connection", `{"id":["dan","nobody",{"username":"eve"},"dan"]}`, 100).has(t, `{"closed":2}`)
	dan.ends("1000")
	eve.ends("1000")

	op.ask("admin_close_connection", `{"id":"nobody"}`, 103)
	op.ask("admin_close_connection", `{"id":{}}`, 103)
	op.ask("admin_close_connection", `{"id":{"id":"`+annID+`","username":"other"}}`, 103)
	s.named("twin")
	s.named("twin")
	op.ask("admin_close_connection", `{"id":"twin"}`, 104)
	for _, bad := range []string{`"ann"`, `{}`, `{"id":7}`, `{"id":"twin","code":1005}`, `{"id":"twin","code":99}`, `{"id":"twin","code":70000}`, `{"id":[7]}`,
		`{"id":"twin","reason":` + quote(strings.Repeat("x", 124)) + `}`} {
		op.ask("admin_close_connection", bad, 101)
	}
}

// TestCloseScratchClient closes a client of another protocol by its id.
func TestCloseScratchClient(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.CloseConnections)
	c := s.dial()
	c.say(`{"method":"handshake","user":"ann","project_id":"1"}`)
	var id string
	eventually(t, "the handshake", func() bool {
		for _, found := range s.Clients().All() {
			if found.Protocol() == actors.Scratch {
				id = found.ID()
			}
		}
		return id != ""
	})
	op.ask("admin_close_connection", map[string]any{"id": id, "code": 4004}, 100)
	c.ends("4004")
}

func TestChangeUserLimit(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.ChangeUserLimit)
	op.ask("admin_change_user_limit", `1`, 100).has(t, `1`)
	full := s.dial()
	full.hear("Server is full!")
	full.ends("1000 Server is full!")
	op.ask("ping", `1`, 100) // who is connected stays
	op.ask("admin_change_user_limit", `-1`, 100)
	s.dial().ask("ping", `1`, 100)
	for _, bad := range []string{`0`, `-2`, `1.5`, `"5"`, `true`, `1e300`, `{}`} {
		op.ask("admin_change_user_limit", bad, 101)
	}
}

func TestRooms(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.ViewRooms, moderation.CreateRooms, moderation.ModifyRooms, moderation.DeleteRooms)
	op.ask("admin_get_room", `"quiet"`, 103)
	op.ask("admin_create_room", `{"room":"quiet"}`, 100).has(t, `{"room":"quiet","members":0,"users":[],"locked":false,"max_clients":0,"motd":""}`)
	op.ask("admin_create_room", `{"room":"quiet"}`, 112)
	op.ask("admin_edit_room", `{"room":"loud","locked":true}`, 103)

	ann, bob := s.named("ann"), s.named("bob")
	object, _ := ann.object()
	ann.ask("link", `"quiet"`, 100)
	op.ask("admin_get_room", `{"room":"quiet"}`, 100).has(t, `{"room":"quiet","members":1,"users":[`+object+`],"locked":false,"max_clients":0,"motd":""}`)

	op.ask("admin_edit_room", `{"room":"quiet","locked":true}`, 100)
	st := bob.ask("link", `["open","quiet"]`, 108)
	if string(st.Details) != `"The room quiet is locked."` {
		t.Errorf("details %s", st.Details)
	}
	bob.ask("pmsg", `1`, 101) // it has no id
	if rooms := s.roomsOf("bob"); !slices.Equal(rooms, []string{"default"}) {
		t.Errorf("a refused link has changed the rooms: %v", rooms)
	}
	ann.ask("link", `"quiet"`, 100) // it is in it already
	op.ask("admin_edit_room", `{"room":"quiet","locked":false,"max_clients":2,"motd":"hush"}`, 100)
	bob.say(`{"cmd":"link","val":"quiet","listener":"l"}`)
	for {
		got := bob.Read()
		if strings.Contains(got, `"cmd":"motd"`) {
			if got != `{"cmd":"motd","val":"hush","rooms":"quiet"}` {
				t.Error(got)
			}
			break
		}
		if strings.Contains(got, "statuscode") {
			t.Fatalf("no motd before %s", got)
		}
	}
	bob.until("l", 100)
	cid := s.named("cid")
	if st := cid.ask("link", `"quiet"`, 108); string(st.Details) != `"The room quiet is full."` {
		t.Errorf("details %s", st.Details)
	}
	bob.ask("unlink", `"quiet"`, 100)
	cid.ask("link", `"quiet"`, 100)
	bob.ask("link", `"quiet"`, 108)
	cid.Close()
	eventually(t, "leaving by hanging up", func() bool {
		bob.say(`{"cmd":"link","val":"quiet","listener":"again"}`)
		for {
			if got := bob.Read(); strings.Contains(got, `"listener":"again"`) {
				return strings.Contains(got, `"code_id":100`)
			}
		}
	})

	op.ask("admin_delete_room", `"quiet"`, 100).has(t, `{"removed":2}`)
	eventually(t, "the end of the room", func() bool {
		return slices.Equal(s.roomsOf("ann"), []string{"default"}) && !s.Rooms(actors.CL4).Exists("quiet")
	})
	op.ask("admin_delete_room", `"quiet"`, 103)
	op.ask("admin_delete_room", `"default"`, 108)
	op.ask("admin_edit_room", `{"room":"default","locked":true}`, 108)
	op.ask("admin_edit_room", `{"room":"default","max_clients":1}`, 108)
	op.ask("admin_edit_room", `{"room":"default","motd":"welcome"}`, 100)
	for _, bad := range []string{`"quiet"`, `{}`, `{"room":7}`, `{"room":"x","max_clients":-1}`, `{"room":"x","locked":"yes"}`, `{"room":"x","colour":1}`} {
		op.ask("admin_edit_room", bad, 101)
	}
	op.ask("admin_get_room", `7`, 101)
	op.ask("admin_delete_room", `{"name":"x"}`, 101)
}

// roomsOf returns the rooms of the client with a name.
func (s *server) roomsOf(name string) []string {
	found, err := s.Clients().ByUsername(name)
	if err != nil {
		return nil
	}
	return found[0].Rooms()
}

// TestRoomIsFilledOnce sees that a limit counts who was in the room before there was one.
func TestRoomIsFilledOnce(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.ModifyRooms)
	for i := range 3 {
		s.named(fmt.Sprint("n", i)).ask("link", `"r"`, 100)
	}
	op.ask("admin_edit_room", `{"room":"r","max_clients":4}`, 100)
	s.named("last").ask("link", `"r"`, 100)
	s.named("late").ask("link", `"r"`, 108)
}

func TestClientData(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.ViewClientData, moderation.ModifyClientData, moderation.DeleteClientData)
	ann := s.named("ann")
	object, id := ann.object()
	ann.ask("link", `"r"`, 100)
	op.ask("admin_get_client_data", quote(id), 100).has(t, `{"user":`+object+`,"rooms":["r"],"protocol":"cl4","attributes":{}}`)
	op.ask("admin_edit_client_data", `{"id":"ann","name":"score","value":[1,{"a":null}]}`, 100)
	op.ask("admin_edit_client_data", `{"id":`+object+`,"name":"team","value":"red"}`, 100)
	op.ask("admin_get_client_data", `{"id":"ann"}`, 100).has(t,
		`{"user":`+object+`,"rooms":["r"],"protocol":"cl4","attributes":{"score":[1,{"a":null}],"team":"red"}}`)
	op.ask("admin_get_client_data", `{"id":"ann","name":"team"}`, 100).has(t, `{"user":`+object+`,"rooms":["r"],"protocol":"cl4","attributes":{"team":"red"}}`)

	found, err := s.Clients().ByUsername("ann") // what a plugin does
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := found[0].Attribute("team"); !ok || string(v) != `"red"` {
		t.Errorf("a plugin sees %s %v", v, ok)
	}
	op.ask("admin_delete_client_data", `{"id":"ann","name":"team"}`, 100)
	op.ask("admin_delete_client_data", `{"id":"ann","name":"team"}`, 103)
	op.ask("admin_get_client_data", `{"id":"ann","name":"team"}`, 103)
	op.ask("admin_get_client_data", `"nobody"`, 103)
	op.ask("admin_edit_client_data", `{"id":"ann","name":"big","value":`+quote(strings.Repeat("x", 20_000))+`}`, 113)
	for i := range 63 {
		op.ask("admin_edit_client_data", fmt.Sprintf(`{"id":"ann","name":"n%d","value":0}`, i), 100)
	}
	op.ask("admin_edit_client_data", `{"id":"ann","name":"one more","value":0}`, 113)
	op.ask("admin_edit_client_data", `{"id":"ann","name":"score","value":0}`, 100)
	for _, bad := range []string{`"ann"`, `{"id":"ann"}`, `{"id":"ann","name":"x"}`, `{"id":"ann","name":"","value":1}`, `{"id":["ann",` + quote(id) + `,"op"],"name":7,"value":1}`} {
		op.ask("admin_edit_client_data", bad, 101)
	}
}

func TestClientIP(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.ViewClientIP)
	c := s.dialFrom("192.0.2.7")
	object, id := c.object()
	for _, val := range []string{quote(id), object, `{"id":` + quote(id) + `}`, `{"id":` + object + `}`} {
		op.ask("admin_get_client_ip", val, 100).has(t, `"192.0.2.7"`)
	}
	op.ask("admin_get_client_ip", `"nobody"`, 103)
	op.ask("admin_get_client_ip", `7`, 101)
}

func TestAdminUsers(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.AddAdminUsers, moderation.ModifyAdminUsers, moderation.DeleteAdminUsers, moderation.ViewRooms)
	st := op.ask("admin_add_admin_user", `{"username":"ann","password":"tr0ub4dor","permissions":["view_rooms"]}`, 100)
	if strings.Contains(string(st.Val), "hash") || strings.Contains(string(st.Val), "argon") {
		t.Errorf("val %s", st.Val)
	}
	ann := s.dial()
	ann.logIn("ann", "tr0ub4dor", 200)
	ann.ask("admin_get_room", `"default"`, 100)
	op.ask("admin_add_admin_user", `{"username":"ann","password":"tr0ub4dor"}`, 112)
	op.ask("admin_modify_admin_user", `{"username":"ann","permissions":[],"addresses":["10.0.0.0/8"]}`, 100)
	ann.ask("admin_get_room", `"default"`, 108)
	s.dial().logIn("ann", "tr0ub4dor", 204)
	s.dialFrom("10.1.2.3").logIn("ann", "tr0ub4dor", 200)
	op.ask("admin_modify_admin_user", `{"username":"ann","password":"other horse"}`, 100)
	s.dialFrom("10.1.2.3").logIn("ann", "tr0ub4dor", 202)
	op.ask("admin_delete_admin_user", `"ann"`, 100)
	op.ask("admin_delete_admin_user", `{"username":"ann"}`, 103)
	op.ask("admin_modify_admin_user", `{"username":"ann"}`, 103)
	for _, bad := range []string{
		`"ann"`, `{}`, `{"username":"x"}`, `{"username":"","password":"long enough"}`, `{"username":"x","password":"short"}`,
		`{"username":"x","password":"long enough","permissions":["everything"]}`, `{"username":"x","password":"long enough","addresses":["home"]}`,
		`{"username":"x","password":"long enough","hash":"y"}`,
	} {
		op.ask("admin_add_admin_user", bad, 101)
	}
	if all := s.AdminUsers().All(); len(all) != 1 {
		t.Errorf("users %v", all)
	}
}

// TestNoMorePermissions sees that nobody gets at permissions by way of other users.
func TestNoMorePermissions(t *testing.T) {
	s := serve(t)
	s.user("root", moderation.Permissions...)
	op := s.operator(moderation.AddAdminUsers, moderation.ModifyAdminUsers, moderation.DeleteAdminUsers)
	op.ask("admin_add_admin_user", `{"username":"x","password":"long enough","permissions":["close_connections"]}`, 108)
	op.ask("admin_modify_admin_user", `{"username":"op","permissions":["close_connections"]}`, 108)
	op.ask("admin_modify_admin_user", `{"username":"root","password":"mine from now on"}`, 108)
	op.ask("admin_delete_admin_user", `"root"`, 108)
	if u, _ := s.AdminUsers().Get("root"); !u.May(moderation.CloseConnections) || s.AdminUsers().Len() != 2 {
		t.Errorf("users %v", s.AdminUsers().All())
	}
}

func TestBan(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.CloseConnections)
	bad := s.dialFrom("192.0.2.7")
	bad.ask("ping", `1`, 100)
	ann := s.named("Ann")
	st := op.ask("admin_ban", `{"kind":"ip","pattern":"192.0.2.0/24","reason":"noise","for_seconds":3600}`, 100)
	var answer struct {
		Ban          moderation.Ban
		Disconnected int
	}
	if err := json.Unmarshal(st.Val, &answer); err != nil {
		t.Fatal(err)
	}
	if b := answer.Ban; answer.Disconnected != 1 || b.By != "op" || b.Expires.Sub(b.Created).Round(0).Seconds() < 3590 {
		t.Errorf("answer %s", st.Val)
	}
	bad.ends("1008 You are banned from this server: noise")
	op.ask("admin_ban", `{"kind":"name","pattern":"ann"}`, 100)
	ann.ends("1008 You are banned from this server.")
	if st := s.dial().ask("setid", `"ANN"`, 108); !strings.Contains(string(st.Details), "banned") {
		t.Errorf("details %s", st.Details)
	}
	op.ask("admin_unban", quote(answer.Ban.ID), 100)
	s.dialFrom("192.0.2.7").ask("ping", `1`, 100)
	op.ask("admin_unban", `{"kind":"name","pattern":"Ann"}`, 100)
	op.ask("admin_unban", `{"kind":"name","pattern":"Ann"}`, 103)
	op.ask("admin_unban", `"01ARZ3NDEKTSV4RRFFQ69G5FAV"`, 103)
	for _, wrong := range []string{`"192.0.2.1"`, `{}`, `{"kind":"ip","pattern":"everywhere"}`, `{"kind":"mood","pattern":"x"}`, `{"kind":"name","pattern":""}`,
		`{"kind":"name","pattern":"x","for_seconds":-1}`, `{"kind":"name","pattern":"x","expires":"2001-01-01T00:00:00Z"}`, `{"kind":"name","pattern":"x","until":1}`,
		`{"kind":"name","pattern":"x","expires":"2091-01-01T00:00:00Z","for_seconds":5}`} {
		op.ask("admin_ban", wrong, 101)
	}
}

func TestBanOfOneself(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.CloseConnections)
	op.ask("setid", `"boss"`, 100)
	op.ask("admin_ban", `{"kind":"ip","pattern":"127.0.0.0/8"}`, 108)
	op.ask("admin_ban", `{"kind":"name","pattern":"BOSS"}`, 108)
	op.ask("admin_ban", `{"kind":"agent","pattern":"*"}`, 108)
	op.say(`{"cmd":"admin_ban","val":{"kind":"ip","pattern":"127.0.0.0/8","force":true},"listener":"l"}`)
	op.until("l", 100)
	op.ends("1008 You are banned from this server.")
}

func TestBroadcast(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.ModifyRooms)
	c := s.dial()
	c.ask("ping", `1`, 100)
	op.ask("admin_broadcast", `{"val":{"text":"restart at 5"}}`, 100).has(t, `{"recipients":2}`)
	c.hear(`{"cmd":"gmsg","val":{"text":"restart at 5"},"rooms":"default"}`)
	op.ask("admin_broadcast", `{"val":5,"name":"countdown"}`, 100)
	c.hear(`{"cmd":"gvar","name":"countdown","val":5,"rooms":"default"}`)
	for _, bad := range []string{`"hello"`, `{}`, `{"val":null}`, `{"val":1,"name":7}`, `{"val":1,"room":"x"}`} {
		op.ask("admin_broadcast", bad, 101)
	}
}

func TestMOTD(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.ModifyRooms)
	greeted := func() bool {
		c := s.dial()
		c.say(`{"cmd":"handshake","listener":"h"}`)
		motd := false
		for {
			switch got := c.Read(); {
			case strings.Contains(got, `"cmd":"motd"`):
				motd = true
			case strings.Contains(got, `"listener":"h"`):
				return motd
			}
		}
	}
	op.ask("admin_motd", `"hello"`, 100).has(t, `{"enable_motd":true,"motd":"hello"}`)
	if !greeted() {
		t.Error("no motd")
	}
	op.ask("admin_motd", `{"enable_motd":false}`, 100).has(t, `{"enable_motd":false,"motd":"hello"}`)
	if greeted() {
		t.Error("a motd that is off")
	}
	for _, bad := range []string{`7`, `{}`, `{"text":"x"}`, quote(strings.Repeat("x", 5000))} {
		op.ask("admin_motd", bad, 101)
	}
}

// hostile are names, as JSON, that try to be something else where they are put together with other text.
var hostile = []string{
	`"\",\"code_id\":100,\"x\":\""`, `"a\nb"`, `"\u0000"`, `"</script><script>alert(1)</script>"`, `"%s%n%d"`, `"{{.}}"`,
	`"'; DROP TABLE bans;--"`, `"\u001b[31mred"`, `"\ud800"`, `"../../etc/passwd"`, `"` + strings.Repeat("x", 10_000) + `"`, `""`,
}

// TestHostileNames puts hostile texts wherever administrators and clients may put names.
func TestHostileNames(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.Permissions...)
	for _, raw := range hostile {
		c := s.dial()
		c.ask("setid", raw, 100)
		_, id := c.object()
		op.ask("admin_get_client_data", quote(id), 100)
		op.ask("admin_get_room", `{"room":`+raw+`}`, 103)
		op.say(`{"cmd":"admin_create_room","val":{"room":%s,"motd":%s},"listener":"c"}`, raw, raw)
		switch got := op.status(); {
		case strings.Contains(got, `"code_id":100`):
			c.ask("link", raw, 100)
			op.ask("admin_get_room", `{"room":`+raw+`}`, 100)
			op.ask("admin_delete_room", `{"room":`+raw+`}`, 100)
		case len(raw) < 1024 || !strings.Contains(got, `"code_id":101`):
			t.Errorf("%.40s: %s", raw, got)
		}
		op.say(`{"cmd":"admin_edit_client_data","val":{"id":%s,"name":%s,"value":%s},"listener":"c"}`, quote(id), raw, raw)
		if got := op.status(); !json.Valid([]byte(got)) {
			t.Errorf("%.40s: %s", raw, got)
		}
		op.say(`{"cmd":"admin_disable_command","val":{"protocol":"cl4","cmd":%s},"listener":"c"}`, raw)
		if got := op.status(); strings.Contains(got, `"code_id":100`) || !json.Valid([]byte(got)) {
			t.Errorf("%.40s: %s", raw, got)
		}
	}
}

// TestRoomIsFullAtOnce sees that many who link at the same time are not more than there may be.
func TestRoomIsFullAtOnce(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.CreateRooms)
	op.ask("admin_create_room", `{"room":"r","max_clients":5}`, 100)
	var clients []*client
	for i := range 16 {
		clients = append(clients, s.named(fmt.Sprint("n", i)))
	}
	for _, c := range clients {
		c.say(`{"cmd":"link","val":"r","listener":"l"}`)
	}
	in := 0
	for _, c := range clients {
		if strings.Contains(c.status(), `"code_id":100`) {
			in++
		}
	}
	if members, err := s.Rooms(actors.CL4).Members("r"); err != nil || in != 5 || len(members) != 5 {
		t.Errorf("%d were told that they are in, %d are, %v", in, len(members), err)
	}
}
