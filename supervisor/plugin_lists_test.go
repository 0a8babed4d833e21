package supervisor_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor"
)

// handle returns the plugins' object of a client that has connected as c.
func handle(t *testing.T, joined <-chan *actors.Client, c *client) *actors.Client {
	t.Helper()
	c.settle()
	return wait(t, joined)
}

// announce reports the objects of clients that are identified.
func announce(s *supervisor.Server) <-chan *actors.Client {
	joined := make(chan *actors.Client, 16)
	s.OnProtocolIdentified(actors.CL4, func(c *actors.Client) { joined <- c })
	return joined
}

// TestClientObject reads everything that a client object offers.
func TestClientObject(t *testing.T) {
	var joined <-chan *actors.Client
	s := serve(t, func(s *supervisor.Server) { joined = announce(s) })
	start := time.Now().Add(-time.Second)
	ann := s.dialWith(http.Header{"X-Test": {"one", "two"}})
	c := handle(t, joined, ann)

	if len(c.ID()) != 26 || len(c.UUID()) != 36 || c.String() != c.ID() {
		t.Errorf("id %s, uuid %s", c.ID(), c.UUID())
	}
	if name, named := c.Username(); name != "" || named {
		t.Errorf("username %q %v", name, named)
	}
	if c.Protocol() != actors.CL4 || c.Handshaken() || fmt.Sprint(c.Rooms()) != "[default]" {
		t.Errorf("%+v", c.Info())
	}
	if !c.Addr().IsLoopback() || c.IP() != "127.0.0.1" || s.CL4().ClientIP(c) != c.IP() {
		t.Errorf("address %v, told %s", c.Addr(), c.IP())
	}
	if h := c.Header("x-test"); !slices.Equal(h, []string{"one", "two"}) || c.Header("other") != nil {
		t.Errorf("headers %v", h)
	}
	if c.Connected().Before(start) || c.Connected().After(time.Now()) || c.System() != s.System {
		t.Errorf("connected at %v", c.Connected())
	}
	ann.say(`{"cmd":"setid","val":"ann"}`, `{"cmd":"link","val":["a","b"]}`, `{"cmd":"handshake"}`)
	ann.settle()
	want := actors.ClientInfo{Username: "ann", Named: true, Rooms: []string{"a", "b"}, Protocol: actors.CL4, Handshaken: true}
	if got := fmt.Sprint(c.Info()); got != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestClientList uses the functions of the client list and their errors.
func TestClientList(t *testing.T) {
	var joined <-chan *actors.Client
	connected := make(chan *actors.Client, 16)
	s := serve(t, func(s *supervisor.Server) {
		joined = announce(s)
		s.OnConnect(func(c *actors.Client) { connected <- c })
	})
	list := s.Clients()
	conn := s.dial()
	c := handle(t, joined, conn)
	wait(t, connected)

	is := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	if list.Len() != 1 || !slices.Equal(list.IDs(), []string{c.ID()}) || !slices.Equal(list.UUIDs(), []string{c.UUID()}) || !list.Exists(c) {
		t.Error(list.Len(), list.IDs(), list.UUIDs())
	}
	_, err := list.ByUsername("ann")
	is(err, actors.ErrNoResultsFound)
	is(err, actors.ErrClients)
	is(list.SetUsername(c, "ann"), nil)
	conn.settle()
	is(list.SetUsername(c, "ann"), actors.ErrClientUsernameAlreadySet)
	for _, key := range []string{"ann", c.ID(), c.UUID()} {
		if found, err := list.Find(key); err != nil || len(found) != 1 || found[0] != c {
			t.Error(key, found, err)
		}
	}
	is(list.Add(c), actors.ErrClientAlreadyExists)
	is(list.Remove(c), nil)
	is(list.Remove(c), actors.ErrClientDoesNotExist)
	_, err = list.ByID(c.ID())
	is(err, actors.ErrNoResultsFound)
	is(list.Add(c), nil)
	is(list.SetProtocol(c, actors.Scratch), actors.ErrProtocolAlreadySet)

	// A protocol that is set before the first message counts.
	second := s.dial()
	silent := wait(t, connected)
	is(list.SetProtocol(silent, actors.CL4), nil)
	if wait(t, joined) != silent {
		t.Error("another client was identified")
	}
	second.say(`{"method":"handshake"}`)
	second.hear(`{"cmd":"statuscode","code":"E:101 | Syntax","code_id":101,"details":{"cmd":["required field"]}}`)
}

// TestRoomList uses the functions of the room list and their errors.
func TestRoomList(t *testing.T) {
	var joined <-chan *actors.Client
	s := serve(t, func(s *supervisor.Server) { joined = announce(s) })
	rooms := s.Rooms(actors.CL4)
	ann, ben := s.dial(), s.dial()
	a, b := handle(t, joined, ann), handle(t, joined, ben)
	is := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}

	is(rooms.Create("r"), nil)
	is(rooms.Create("r"), actors.ErrRoomAlreadyExists)
	is(rooms.Create("r"), actors.ErrRooms)
	is(rooms.Delete("r"), nil)
	is(rooms.Delete("r"), actors.ErrRoomDoesNotExist)
	is(rooms.Subscribe(a, "r"), nil)
	is(rooms.Subscribe(a, "r"), nil)
	is(rooms.Subscribe(b, "r"), nil)
	ann.settle()
	ben.settle()
	is(rooms.Delete("r"), actors.ErrRoomNotEmpty)
	is(s.Rooms(actors.Scratch).Subscribe(a, "r"), actors.ErrRoomUnsupportedProtocol)
	if ms, err := rooms.Members("r"); err != nil || len(ms) != 2 {
		t.Error(ms, err)
	}
	if all := rooms.All("r", "default", "nowhere"); len(all) != 2 {
		t.Error(all)
	}
	is(a.SetUsername("ann"), nil)
	ann.settle()
	if found, err := rooms.Find("r", "ann"); err != nil || len(found) != 1 || found[0] != a {
		t.Error(found, err)
	}
	if found, err := rooms.Find("r", b.UUID()); err != nil || found[0] != b {
		t.Error(found, err)
	}
	_, err := rooms.Find("r", "cid")
	is(err, actors.ErrNoResultsFound)
	_, err = rooms.Members("nowhere")
	is(err, actors.ErrRoomDoesNotExist)
	if l, err := rooms.UserList("r"); err != nil || fmt.Sprintf("%s", l) != fmt.Sprintf("[%s]", s.CL4().UserObject(a)) {
		t.Errorf("%s %v", l, err)
	}

	is(rooms.Vars("r", func(v *actors.RoomVars) { v.Global["x"], v.Private["y"] = 1, 2 }), nil)
	is(rooms.Vars("r", func(v *actors.RoomVars) {
		if v.Global["x"] != 1 || v.Private["y"] != 2 {
			t.Error(v)
		}
	}), nil)
	if err := rooms.Vars("r", func(*actors.RoomVars) { panic("in a plugin") }); err == nil {
		t.Error("the panic got lost")
	}
	is(rooms.Vars("nowhere", func(*actors.RoomVars) { t.Error("ran") }), actors.ErrRoomDoesNotExist)
	if n := s.Counters.RoomPanics.Load(); n != 0 {
		t.Errorf("%d rooms failed", n)
	}

	is(rooms.Unsubscribe(a, "r"), nil)
	is(rooms.Unsubscribe(a, "r"), nil)
	is(rooms.Unsubscribe(b, "r"), nil)
	ann.settle()
	ben.settle()
	if rooms.Exists("r") || slices.Contains(rooms.Names(), "r") || !slices.Contains(rooms.Names(), "default") {
		t.Error(rooms.Names())
	}
}

// TestSendToMany sends to several clients at once, and closes them.
func TestSendToMany(t *testing.T) {
	var joined <-chan *actors.Client
	s := serve(t, func(s *supervisor.Server) { joined = announce(s) })
	ann, ben := s.dial(), s.dial()
	a, b := handle(t, joined, ann), handle(t, joined, ben)
	if err := s.Send(map[string]string{"cmd": "news"}, a, b); err != nil {
		t.Fatal(err)
	}
	if err := s.Send("a text", a, b); err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{nil, 1, []int{1}, true} {
		if err := s.Send(v, a, b); !errors.Is(err, cl4.ErrNotAnObject) {
			t.Errorf("sending %v: %v", v, err)
		}
	}
	s.Close(4321, "enough", a, b)
	for _, c := range []*client{ann, ben} {
		c.hear(`{"cmd":"news"}`, "a text", "closed: 4321 enough")
	}
	_ = a.Send("to nobody") // clients stay valid when they are gone
}
