package cl4admin_test

import (
	"strings"
	"testing"

	"github.com/skeinhq/skein/supervisor/moderation"
)

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
