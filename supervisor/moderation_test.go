package supervisor_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/moderation"
)

// fromAnywhere lets a test's clients come from the address in a header.
func fromAnywhere(o *supervisor.Options) { o.RealIPHeader = "X-Real-Ip" }

func from(ip string) http.Header { return http.Header{"X-Real-Ip": {ip}} }

// ban bans and returns how many clients were closed.
func (s *server) ban(kind moderation.Kind, pattern, reason string) int {
	s.t.Helper()
	_, closed, err := s.Bans().Add(moderation.Ban{Kind: kind, Pattern: pattern, Reason: reason})
	if err != nil {
		s.t.Fatal(err)
	}
	return closed
}

// refused expects a handshake to be refused, and returns the body.
func refused(t *testing.T, url string, h http.Header, status int) string {
	t.Helper()
	conn, answer, err := websocket.DefaultDialer.Dial(url, h)
	if err == nil {
		conn.Close()
		t.Fatal("let in")
	}
	if answer == nil || answer.StatusCode != status {
		t.Fatalf("answered %v, %v", answer, err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil && err != io.ErrUnexpectedEOF { // the library gives the first KiB
		t.Fatal(err)
	}
	return string(body)
}

// ends expects the connection to end like this, whatever comes before.
func (c *client) ends(want string) {
	c.t.Helper()
	for {
		got := c.Read()
		if end, over := strings.CutPrefix(got, "closed: "); over && end != want || strings.HasPrefix(got, "failed") {
			c.t.Fatalf("got  %s\nwant closed: %s", got, want)
		} else if over {
			return
		}
	}
}

// answer returns the next status code.
func (c *client) answer() string {
	c.t.Helper()
	for {
		got := c.Read()
		if strings.Contains(got, `"cmd":"statuscode"`) {
			return got
		}
		if strings.HasPrefix(got, "closed") || strings.HasPrefix(got, "failed") {
			c.t.Fatal(got)
		}
	}
}

const bannedText = "You are banned from this server: noise"

func TestBannedAtTheDoor(t *testing.T) {
	s := serve(t, nil, fromAnywhere)
	url := s.Listeners()[0].URL()
	s.ban(moderation.KindIP, "192.0.2.0/24", "noise")
	s.ban(moderation.KindAgent, "BadBot/*", "noise")
	if got := refused(t, url, from("192.0.2.7"), 403); got != bannedText+"\n" {
		t.Errorf("body %q", got)
	}
	if got := refused(t, url, http.Header{"User-Agent": {"badbot/2.0"}}, 403); got != bannedText+"\n" {
		t.Errorf("body %q", got)
	}
	// Pages of browsers do not get to see that, so they are told in a way that they understand.
	page := from("192.0.2.7")
	page.Set("Origin", "https://turbowarp.org")
	s.dialWith(page).hear("closed: 4004 " + bannedText)
	s.dialWith(from("198.51.100.1")).settle()
	if n := s.Bans().Refused(moderation.KindIP) + s.Bans().Refused(moderation.KindAgent); n != 3 {
		t.Errorf("%d refusals counted", n)
	}
	if n := s.Transport().Refused["banned"]; n != 2 {
		t.Errorf("%d refused handshakes counted", n)
	}
}

func TestBannedAtTheDoorOfScratch(t *testing.T) {
	s := serve(t, nil, fromAnywhere, func(o *supervisor.Options) { o.Protocols = []string{supervisor.ProtocolScratch} })
	s.ban(moderation.KindIP, "192.0.2.7", "")
	s.dialWith(from("192.0.2.7")).hear("closed: 4004 You are banned from this server.")
}

func TestBannedAtTheDoorOfCL4(t *testing.T) {
	s := serve(t, nil, fromAnywhere, func(o *supervisor.Options) { o.Protocols = []string{supervisor.ProtocolCL4} })
	s.ban(moderation.KindIP, "192.0.2.7", "noise")
	page := from("192.0.2.7")
	page.Set("Origin", "https://turbowarp.org")
	refused(t, s.Listeners()[0].URL(), page, 403)
}

// TestBannedAtOnce bans who is connected, in every state that a client can be in.
func TestBannedAtOnce(t *testing.T) {
	s := serve(t, nil, fromAnywhere)
	cl4, silent := s.dialWith(from("192.0.2.1")), s.dialWith(from("192.0.2.2"))
	cl4.settle()
	scratch := s.dialWith(from("::ffff:192.0.2.3"))
	scratch.say(`{"method":"handshake","user":"ann","project_id":"1"}`, `{"method":"set","name":"☁ a","value":"1"}`)
	spared := s.dialWith(from("198.51.100.1"))
	spared.settle()
	s.eventually("four clients, one of Scratch", func() bool {
		return s.Clients().Len() == 4 && s.Counters.ScratchClients.Load() == 1
	})
	if n := s.ban(moderation.KindIP, "192.0.2.0/24", "noise"); n != 3 {
		t.Errorf("%d closed", n)
	}
	cl4.ends("1008 " + bannedText)
	silent.ends("4004 " + bannedText)
	scratch.ends("4004 " + bannedText)
	spared.settle()
	if n := s.Bans().Refused(moderation.KindIP); n != 3 {
		t.Errorf("%d counted", n)
	}
}

func TestBannedNamesAtOnce(t *testing.T) {
	s := serve(t, nil)
	cl4 := s.dial()
	cl4.say(`{"cmd":"setid","val":"Ann"}`)
	cl4.settle()
	scratch := s.dial()
	scratch.say(`{"method":"handshake","user":"ann","project_id":"1"}`)
	other := s.dial()
	other.say(`{"cmd":"setid","val":"Anna"}`)
	other.settle()
	s.eventually("a client of Scratch", func() bool { return s.Counters.ScratchRooms.Load() == 1 })
	if n := s.ban(moderation.KindName, "ann", "noise"); n != 2 {
		t.Errorf("%d closed", n)
	}
	cl4.ends("1008 " + bannedText)
	scratch.ends("4002 " + bannedText)
	other.settle()
}

func TestBannedAgentsAtOnce(t *testing.T) {
	s := serve(t, nil)
	bot, other := s.dialWith(http.Header{"User-Agent": {"BadBot/1.0"}}), s.dialWith(http.Header{"User-Agent": {"GoodBot/1.0"}})
	bot.settle()
	other.settle()
	if n := s.ban(moderation.KindAgent, "badbot*", "noise"); n != 1 {
		t.Errorf("%d closed", n)
	}
	bot.ends("1008 " + bannedText)
	other.settle()
}

// TestUnbanned sees that an end of a ban counts at once.
func TestUnbanned(t *testing.T) {
	s := serve(t, nil, fromAnywhere)
	b, _, err := s.Bans().Add(moderation.Ban{Kind: moderation.KindIP, Pattern: "192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	refused(t, s.Listeners()[0].URL(), from("192.0.2.7"), 403)
	if _, err := s.Bans().Remove(b.ID); err != nil {
		t.Fatal(err)
	}
	s.dialWith(from("192.0.2.7")).settle()
}

// TestBanStorm bans while many connect: nobody of the banned stays, however the two meet.
func TestBanStorm(t *testing.T) {
	s := serve(t, nil, fromAnywhere)
	url := s.Listeners()[0].URL()
	done := make(chan error)
	const clients = 64
	for range clients {
		go func() {
			conn, _, err := websocket.DefaultDialer.Dial(url, from("192.0.2.7"))
			if err != nil {
				done <- nil // refused
				return
			}
			defer conn.Close()
			_ = conn.SetReadDeadline(time.Now().Add(deadline))
			_, _, err = conn.ReadMessage()
			if websocket.IsCloseError(err, 1008, 4004) {
				err = nil
			}
			done <- err
		}()
	}
	s.ban(moderation.KindIP, "192.0.2.7", "")
	for range clients {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	s.eventually("everybody is gone", func() bool { return s.Clients().Len() == 0 })
}

func TestBannedFromPyStrands(t *testing.T) {
	s := serve(t, nil, func(o *supervisor.Options) {
		o.PyStrands = supervisor.PyStrandsOptions{Listen: []string{"127.0.0.1:0"}, Backends: []string{"127.0.0.1:0"}}
	})
	url := s.PyStrandsListeners()[0].URL() + "ws/x"
	// A client that waits for a backend's answer is refused or closed as soon as it is banned.
	backend, err := net.Dial("tcp", s.BackendListeners()[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	s.eventually("the backend", func() bool { return s.Broker.Backends.Load() == 1 })
	waiting := make(chan error, 1)
	go func() {
		conn, _, err := websocket.DefaultDialer.Dial(url, nil)
		if err == nil {
			conn.Close()
		}
		waiting <- err
	}()
	s.eventually("the client", func() bool { return s.Counters.PyStrandsClients.Load() == 1 })
	if n := s.ban(moderation.KindIP, "127.0.0.1", "noise"); n != 1 {
		t.Errorf("%d closed", n)
	}
	if got := refused(t, url, nil, 403); got != bannedText+"\n" {
		t.Errorf("body %q", got)
	}
	backend.Close()
	if err := <-waiting; err == nil {
		t.Error("a client that is banned was let in")
	}
	other, err := net.Dial("tcp", s.BackendListeners()[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	s.eventually("another backend from a banned address", func() bool { return s.Broker.Backends.Load() == 1 })
}

func TestBannedFromSimpleServer(t *testing.T) {
	s := serve(t, nil, func(o *supervisor.Options) {
		o.SimpleServer = supervisor.SimpleServerOptions{Listen: []string{"127.0.0.1:0"}}
	})
	dial := func() net.Conn {
		c, err := net.Dial("tcp", s.SimpleServerListeners()[0].Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_ = c.SetReadDeadline(time.Now().Add(deadline))
		return c
	}
	open := dial()
	s.eventually("the client", func() bool { return s.Counters.SimpleClients.Load() == 1 })
	if n := s.ban(moderation.KindIP, "127.0.0.1", ""); n != 1 {
		t.Errorf("%d closed", n)
	}
	for _, c := range []net.Conn{open, dial()} {
		if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Error(err)
		}
	}
}

// TestUnixSocketsHaveNoAddress sees that a ban of every address is none of clients without one.
func TestUnixSocketsHaveNoAddress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := serve(t, nil, func(o *supervisor.Options) { o.Listen = []string{"unix:" + path} })
	s.ban(moderation.KindIP, "0.0.0.0/0", "")
	s.ban(moderation.KindIP, "::/0", "")
	d := websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return net.Dial("unix", path) }}
	conn, _, err := d.Dial("ws://localhost/", nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func withNames(m supervisor.ModerationOptions) func(*supervisor.Options) {
	return func(o *supervisor.Options) { o.Moderation = m }
}

func TestRefusedNames(t *testing.T) {
	filter := filepath.Join(t.TempDir(), "names.filter")
	if err := os.WriteFile(filter, []byte("# staff\n^mod\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, nil, withNames(supervisor.ModerationOptions{NameFilter: filter, ReservedNames: []string{"Admin", "123"}}))
	c := s.dial()
	for _, name := range []string{`"MODERATOR"`, `"admin"`, `"ad\u200bmin"`, `123`, `"123"`} {
		c.say(`{"cmd":"setid","val":` + name + `,"listener":7}`)
		if got := c.answer(); !strings.HasPrefix(got, `{"cmd":"statuscode","code":"E:108 | Refused","code_id":108,"details":"This name is `) ||
			!strings.HasSuffix(got, `,"listener":7}`) {
			t.Errorf("%s: %s", name, got)
		}
	}
	c.say(`{"cmd":"setid","val":"ann","listener":7}`)
	if got := c.answer(); !strings.Contains(got, `"code_id":100`) {
		t.Errorf("after refusals: %s", got)
	}
	c.say(`{"cmd":"setid","val":"admin","listener":7}`)
	if got := c.answer(); !strings.Contains(got, `"code_id":107`) {
		t.Errorf("a second name: %s", got)
	}
	for _, name := range []string{"moddy", "ADMIN"} {
		p := s.dial()
		p.say(`{"method":"handshake","user":"` + name + `","project_id":"1"}`)
		if got := p.Read(); !strings.HasPrefix(got, "closed: 4002 This name is ") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if n := s.Policy().NamesRefused(moderation.CauseFilter); n != 2 {
		t.Errorf("%d counted", n)
	}

	if err := os.WriteFile(filter, []byte("ann\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	c.settle() // who has the name already keeps it
	d := s.dial()
	d.say(`{"cmd":"setid","val":"anna"}`)
	if got := d.answer(); !strings.Contains(got, `"code_id":108`) {
		t.Errorf("after the reload: %s", got)
	}
	d.say(`{"cmd":"setid","val":"moderator"}`)
	if got := d.answer(); !strings.Contains(got, `"code_id":100`) {
		t.Errorf("after the reload: %s", got)
	}
}

func TestRefusedNamesOfCloudLinkScratch(t *testing.T) {
	s := serve(t, nil, withNames(supervisor.ModerationOptions{ReservedNames: []string{"admin"}}), func(o *supervisor.Options) {
		o.Scratch.Dialect = supervisor.DialectCloudLink
	})
	p := s.dial()
	p.say(`{"method":"handshake","user":"Admin","project_id":1}`)
	p.hear("closed: 4002 This name is reserved.")
}

// TestRulesThatMakeNoSense sees that a server does not start with them.
func TestRulesThatMakeNoSense(t *testing.T) {
	for _, m := range []supervisor.ModerationOptions{{NameFilter: "/does/not/exist"}, {UniqueNames: "planet"}} {
		s := supervisor.New(supervisor.Options{Listen: []string{"127.0.0.1:0"}, Moderation: m})
		if err := s.Start(); err == nil {
			t.Errorf("%+v: started", m)
			s.Stop()
		}
	}
}

// gets expects the next status code to have a number.
func (c *client) gets(number string, texts ...string) {
	c.t.Helper()
	c.say(texts...)
	for range texts {
		if got := c.answer(); !strings.Contains(got, `"code_id":`+number) {
			c.t.Fatalf("%s: %s, want %s", texts, got, number)
		}
	}
}

func TestNamesUniqueOnServer(t *testing.T) {
	s := serve(t, nil, withNames(supervisor.ModerationOptions{UniqueNames: supervisor.UniqueOnServer}))
	ann, other := s.dial(), s.dial()
	ann.gets("100", `{"cmd":"setid","val":"ann"}`)
	ann.gets("100", `{"cmd":"link","val":"elsewhere"}`)
	other.say(`{"cmd":"setid","val":"ANN","listener":"l"}`)
	other.answerIs(`{"cmd":"statuscode","code":"E:112 | ID conflict","code_id":112,"details":"The name is in use on this server.","listener":"l"}`)
	other.gets("100", `{"cmd":"setid","val":"bob"}`)
	ann.Close()
	s.eventually("the name is free again", func() bool {
		third := s.dial()
		third.say(`{"cmd":"setid","val":"ann"}`)
		return strings.Contains(third.answer(), `"code_id":100`)
	})
}

func (c *client) answerIs(want string) {
	c.t.Helper()
	if got := c.answer(); got != want {
		c.t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNamesUniqueInRoom(t *testing.T) {
	s := serve(t, nil, withNames(supervisor.ModerationOptions{UniqueNames: supervisor.UniqueInRoom}))
	first, second := s.dial(), s.dial()
	first.gets("100", `{"cmd":"setid","val":"ann"}`, `{"cmd":"link","val":["a","b"]}`)
	second.gets("100", `{"cmd":"setid","val":"Ann"}`) // the first has left the default room
	second.say(`{"cmd":"link","val":["c","b"],"listener":"l"}`)
	second.answerIs(`{"cmd":"statuscode","code":"E:112 | ID conflict","code_id":112,"details":"The name is in use in the room b.","listener":"l"}`)
	if got, err := s.Clients().ByUsername("Ann"); err != nil || len(got[0].Rooms()) != 1 {
		t.Errorf("a refused link has changed the rooms: %v %v", got, err)
	}
	first.gets("112", `{"cmd":"unlink","val":""}`) // it would be back in the default room
	first.gets("100", `{"cmd":"unlink","val":"b"}`)
	second.gets("100", `{"cmd":"link","val":"b"}`)
	first.gets("100", `{"cmd":"unlink","val":["a"]}`) // the default room is free now
	third := s.dial()
	third.gets("112", `{"cmd":"setid","val":"ann"}`)
	second.Close()
	s.eventually("the room is free again", func() bool {
		first.say(`{"cmd":"link","val":"b"}`)
		return strings.Contains(first.answer(), `"code_id":100`)
	})
}

// TestNamesRace lets many take one name at the same time.
func TestNamesRace(t *testing.T) {
	for _, scope := range []string{supervisor.UniqueInRoom, supervisor.UniqueOnServer} {
		s := serve(t, nil, withNames(supervisor.ModerationOptions{UniqueNames: scope}))
		var clients []*client
		for range 16 {
			c := s.dial()
			c.settle()
			clients = append(clients, c)
		}
		for _, c := range clients {
			c.say(`{"cmd":"setid","val":"ann"}`)
		}
		winners := 0
		for _, c := range clients {
			if strings.Contains(c.answer(), `"code_id":100`) {
				winners++
			}
		}
		if winners != 1 {
			t.Errorf("%s: %d have the name", scope, winners)
		}
	}
}

// TestNamesMayBeTakenTwice is what players rely on unless it is switched off.
func TestNamesMayBeTakenTwice(t *testing.T) {
	s := serve(t, nil)
	for range 2 {
		s.dial().gets("100", `{"cmd":"setid","val":"ann"}`)
	}
}

// eventually waits for something that others do.
func (s *server) eventually(what string, f func() bool) {
	s.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.After(deadline); !f(); {
		select {
		case <-tick.C:
		case <-end:
			s.t.Fatalf("in vain: %s", what)
		}
	}
}

// TestBanOfManyInOneRoom closes more than one batch of clients who share a room with somebody who stays.
func TestBanOfManyInOneRoom(t *testing.T) {
	s := serve(t, nil, fromAnywhere)
	stays := s.dialWith(from("198.51.100.1"))
	stays.gets("100", `{"cmd":"setid","val":"ann"}`)
	const many = 300
	for i := range many {
		s.dialWith(from("192.0.2.7")).gets("100", fmt.Sprintf(`{"cmd":"setid","val":"n%d"}`, i))
	}
	if n := s.ban(moderation.KindIP, "192.0.2.7", ""); n != many {
		t.Errorf("%d closed", n)
	}
	for gone := 0; gone < many; {
		switch got := stays.Read(); {
		case strings.Contains(got, `"mode":"remove"`):
			gone++
		case !strings.Contains(got, `"mode":"add"`):
			t.Fatal(got)
		}
	}
	stays.settle()
}
