package cl4admin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/moderation"
)

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
