package cl4admin_test

import (
	"encoding/json"
	"fmt"
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
