package cl4admin_test

import (
	"strings"
	"testing"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/moderation"
)

// TestLogIn compares the answers character by character, as clients do.
func TestLogIn(t *testing.T) {
	s := serve(t)
	s.user("ann")
	c := s.dial()
	for _, bad := range []string{`"ann"`, `7`, `{}`, `[]`, `{"username":"ann"}`, `{"username":"ann","password":7}`, `{"username":null,"password":"x"}`, `{"username":"ann","password":"x","more":1}`} {
		c.say(`{"cmd":"admin_auth","val":%s,"listener":1.50}`, bad)
		c.hear(`{"cmd":"statuscode","code":"E:201 | Invalid admin login","code_id":201,"listener":1.50}`)
	}
	c.say(`{"cmd":"admin_auth"}`)
	c.hear(`{"cmd":"statuscode","code":"E:201 | Invalid admin login","code_id":201}`)
	c.say(`{"cmd":"admin_auth","val":{"username":"ann","password":"wrong"},"listener":"l"}`)
	c.hear(`{"cmd":"statuscode","code":"E:202 | Admin authentication failure","code_id":202,"listener":"l"}`)
	c.say(`{"cmd":"admin_auth","val":{"username":"bob","password":"wrong"},"listener":"l"}`)
	c.hear(`{"cmd":"statuscode","code":"E:202 | Admin authentication failure","code_id":202,"listener":"l"}`)
	c.say(`{"cmd":"admin_auth","val":{"username":"ann","password":"%s"},"listener":false}`, password)
	c.hear(`{"cmd":"statuscode","code":"I:200 | Admin authentication successful","code_id":200,"listener":false}`)
	c.say(`{"cmd":"admin_auth","val":{"username":"ann","password":"%s"},"listener":"l"}`, password)
	c.hear(`{"cmd":"statuscode","code":"I:203 | Admin session already exists","code_id":203,"listener":"l"}`)
	far := s.dialFrom("192.0.2.1")
	far.say(`{"cmd":"admin_auth","val":{"username":"ann","password":"%s"},"listener":"l"}`, password)
	far.hear(`{"cmd":"statuscode","code":"I:204 | IP address not whitelisted for admin authentication","code_id":204,"listener":"l"}`)
	far.ask("admin_motd", `"x"`, 108)
}

// TestLogInAcrossClients sees that one client's log-in is no other's.
func TestLogInAcrossClients(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.ModifyRooms)
	other := s.dial()
	other.ask("admin_motd", `"hello"`, 108)
	op.ask("admin_motd", `"hello"`, 100)
}

func TestLockOut(t *testing.T) {
	s := serve(t)
	s.user("ann")
	c := s.dialFrom("127.0.0.9")
	for range 5 {
		c.logIn("ann", "wrong horse", 202)
	}
	st := c.logIn("ann", password, 108)
	if want := `"Too many log-ins from your address have failed. Try again in a minute."`; string(st.Details) != want {
		t.Errorf("details %s", st.Details)
	}
	s.dialFrom("127.0.0.9").logIn("ann", password, 108)
	s.dialFrom("127.0.0.8").logIn("ann", password, 200)
}

// TestLockOutOfPasswordsFromElsewhere sees that right passwords from the wrong address cannot be tried for ever.
func TestLockOutOfPasswordsFromElsewhere(t *testing.T) {
	s := serve(t)
	s.user("ann")
	c := s.dialFrom("192.0.2.1")
	for range 5 {
		c.logIn("ann", password, 204)
	}
	c.logIn("ann", password, 108)
}

// TestManyTriesAtOnce sends more tries than may fail, at once and over many connections.
func TestManyTriesAtOnce(t *testing.T) {
	s := serve(t)
	s.user("ann")
	var clients []*client
	for range 12 {
		c := s.dial()
		c.say(`{"cmd":"admin_auth","val":{"username":"ann","password":"wrong horse"},"listener":"l"}`)
		clients = append(clients, c)
	}
	wrong := 0
	for _, c := range clients {
		switch got := c.Read(); {
		case strings.Contains(got, `"code_id":202`):
			wrong++
		case !strings.Contains(got, `"code_id":108`):
			t.Error(got)
		}
	}
	if wrong != 5 {
		t.Errorf("%d passwords were looked at", wrong)
	}
}

// TestCommandsStayInOrder sends commands behind a log-in without waiting for it.
func TestCommandsStayInOrder(t *testing.T) {
	s := serve(t)
	s.user("ann", moderation.ModifyRooms)
	c := s.dial()
	c.say(`{"cmd":"admin_auth","val":{"username":"ann","password":"%s"},"listener":1}`, password)
	c.say(`{"cmd":"admin_motd","val":"hi","listener":2}`)
	c.say(`{"cmd":"ping","listener":3}`)
	c.hear(`{"cmd":"statuscode","code":"I:200 | Admin authentication successful","code_id":200,"listener":1}`)
	c.hear(`{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"listener":2,"val":{"enable_motd":true,"motd":"hi"}}`)
	c.hear(`{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"listener":3}`)
}

// commandNames are all commands but the log-in, with what they need.
var commandNames = map[string]string{
	"admin_disable_command": "disable_commands", "admin_enable_command": "enable_commands",
	"admin_close_connection": "close_connections", "admin_change_user_limit": "change_user_limit", "admin_get_room": "view_rooms",
	"admin_create_room": "create_rooms", "admin_edit_room": "modify_rooms", "admin_delete_room": "delete_rooms",
	"admin_get_client_data": "view_client_data", "admin_edit_client_data": "modify_client_data",
	"admin_delete_client_data": "delete_client_data", "admin_get_client_ip": "view_client_ip",
	"admin_add_admin_user": "add_admin_users", "admin_modify_admin_user": "modify_admin_users",
	"admin_delete_admin_user": "delete_admin_users", "admin_ban": "close_connections", "admin_unban": "close_connections",
	"admin_broadcast": "modify_rooms", "admin_motd": "modify_rooms",
}

func TestPermissions(t *testing.T) {
	s := serve(t)
	stranger := s.dial()
	nobody := s.dial()
	s.user("nobody")
	nobody.logIn("nobody", password, 200)
	for name, permission := range commandNames {
		for _, c := range []*client{stranger, nobody} {
			st := c.ask(name, `{"room":"default"}`, 108)
			if !strings.Contains(string(st.Details), permission) {
				t.Errorf("%s: details %s do not say %s", name, st.Details, permission)
			}
		}
		// Everything but the one permission is not enough either.
		var rest []string
		for _, p := range moderation.Permissions {
			if p != permission {
				rest = append(rest, p)
			}
		}
		if _, err := s.AdminUsers().Modify("nobody", moderation.Change{Permissions: rest}); err != nil {
			t.Fatal(err)
		}
		nobody.ask(name, `{"room":"default"}`, 108)
		if _, err := s.AdminUsers().Modify("nobody", moderation.Change{Permissions: []string{permission}}); err != nil {
			t.Fatal(err)
		}
		nobody.ask(name, `true`, 101)
		if _, err := s.AdminUsers().Modify("nobody", moderation.Change{Permissions: []string{}}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWithdrawnUsers sees that what is changed of a user counts for who is logged in.
func TestWithdrawnUsers(t *testing.T) {
	s := serve(t)
	op := s.operator(moderation.ModifyRooms)
	op.ask("admin_motd", `"a"`, 100)
	if _, err := s.AdminUsers().Modify("op", moderation.Change{Password: "another horse"}); err != nil {
		t.Fatal(err)
	}
	op.ask("admin_motd", `"a"`, 108)
	op.logIn("op", "another horse", 200)
	op.ask("admin_motd", `"a"`, 100)
	if _, err := s.AdminUsers().Delete("op"); err != nil {
		t.Fatal(err)
	}
	op.ask("admin_motd", `"a"`, 108)
}

// TestOff sees that nothing of it is there unless it is wanted.
func TestOff(t *testing.T) {
	s := supervisor.New(supervisor.Options{Listen: []string{"127.0.0.1:0"}})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	c := (&server{s, t}).dial()
	c.logIn("ann", password, 109)
	for name := range commandNames {
		c.ask(name, `1`, 109)
	}
}
