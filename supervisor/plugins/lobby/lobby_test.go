package lobby_test

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/internal/wstest"
	"github.com/skeinhq/skein/supervisor/plugins"
)

// player is a client with a name.
type player struct {
	*wstest.Client
	t  *testing.T
	id string
}

func serve(t *testing.T) *supervisor.Server {
	t.Helper()
	s := supervisor.New(supervisor.Options{
		Listen:    []string{"127.0.0.1:0"},
		Logger:    slog.New(slog.DiscardHandler),
		Available: plugins.All(),
		Plugins:   []string{"echo", "lobby"},
	})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func enter(t *testing.T, s *supervisor.Server, name string) *player {
	t.Helper()
	c, err := wstest.Dial(s.Listeners()[0].URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	p := &player{c, t, ""}
	p.say(fmt.Sprintf(`{"cmd":"setid","val":%q,"listener":"named"}`, name))
	for {
		text := c.Read()
		if strings.Contains(text, `"listener":"named"`) {
			p.id = regexp.MustCompile(`"id":"(\w+)"`).FindStringSubmatch(text)[1]
			return p
		}
		if strings.HasPrefix(text, "failed") || strings.HasPrefix(text, "closed") {
			t.Fatal(text)
		}
	}
}

func (p *player) say(text string) {
	p.t.Helper()
	if err := p.Send(text); err != nil {
		p.t.Fatal(err)
	}
}

// identity is what differs from run to run.
var identity = regexp.MustCompile(`\{"id":"\w+","username":"(\w+)","uuid":"[0-9a-f-]+"\}`)

// hear expects messages, passing over user lists. User objects are shortened to their names.
func (p *player) hear(texts ...string) {
	p.t.Helper()
	for _, want := range texts {
		got := p.Read()
		for strings.HasPrefix(got, `{"cmd":"ulist"`) {
			got = p.Read()
		}
		if got = identity.ReplaceAllString(got, "<$1>"); got != want {
			p.t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}

const (
	done    = `{"cmd":"statuscode","code":"I:100 | OK","code_id":100}`
	refused = `{"cmd":"statuscode","code":"E:108 | Refused","code_id":108,"details":"%s"}`
)

func event(mode, val string) string {
	return fmt.Sprintf(`{"cmd":"lobby","mode":"%s","name":"duel","val":%s}`, mode, val)
}

func TestLobby(t *testing.T) {
	s := serve(t)
	ann, ben, cid := enter(t, s, "ann"), enter(t, s, "ben"), enter(t, s, "cid")

	ann.say(`{"cmd":"lobby_create","name":"duel","password":"x","max":2,"listener":1}`)
	ann.hear(`{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"listener":1,"val":{"name":"duel","host":<ann>,"members":1,"max":2,"password":true,"locked":false}}`)
	ben.say(`{"cmd":"lobby_create","name":"duel"}`)
	ben.hear(`{"cmd":"statuscode","code":"E:112 | ID conflict","code_id":112,"details":"There is a lobby of that name."}`)
	ben.say(`{"cmd":"lobby_join","name":"duel"}`)
	ben.hear(fmt.Sprintf(refused, "The password is wrong."))
	ben.say(`{"cmd":"lobby_join","name":"other"}`)
	ben.hear(`{"cmd":"statuscode","code":"E:103 | ID not found","code_id":103,"details":"There is no lobby of that name."}`)
	ben.say(`{"cmd":"lobby_join","name":"duel","password":7}`)
	ben.hear(`{"cmd":"statuscode","code":"E:101 | Syntax","code_id":101,"details":{"password":["must be of string type"]}}`)
	ben.say(`{"cmd":"lobby_join","name":"duel","password":"x"}`)
	joined := event("join", "<ben>")
	ben.hear(joined, `{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"val":{"name":"duel","host":<ann>,"members":2,"max":2,"password":true,"locked":false}}`)
	ann.hear(joined)
	cid.say(`{"cmd":"lobby_join","name":"duel","password":"x"}`)
	cid.hear(`{"cmd":"statuscode","code":"E:113 | Too large","code_id":113,"details":"The lobby is full."}`)
	cid.say(`{"cmd":"lobby_list"}`)
	cid.hear(`{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"val":[{"name":"duel","host":<ann>,"members":2,"max":2,"password":true,"locked":false}]}`)

	// Only the host has a say.
	ben.say(`{"cmd":"lobby_kick","id":"` + ann.id + `"}`)
	ben.hear(fmt.Sprintf(refused, "Only the host can do that."))
	ann.say(`{"cmd":"lobby_kick","id":"` + cid.id + `"}`)
	ann.hear(`{"cmd":"statuscode","code":"E:103 | ID not found","code_id":103,"details":"There is no such member."}`)
	ann.say(`{"cmd":"lobby_kick","id":"` + ben.id + `"}`)
	ben.hear(event("kick", "<ben>"))
	ann.hear(event("kick", "<ben>"), done)
	ben.say(`{"cmd":"lobby_leave"}`)
	ben.hear(`{"cmd":"statuscode","code":"E:115 | Room not joined","code_id":115,"details":"You are in no lobby."}`)

	// A locked lobby takes nobody.
	ann.say(`{"cmd":"lobby_lock","val":true}`)
	ann.hear(event("lock", "true"), done)
	ben.say(`{"cmd":"lobby_join","name":"duel","password":"x"}`)
	ben.hear(fmt.Sprintf(refused, "The lobby is locked."))
	ann.say(`{"cmd":"lobby_lock","val":false}`)
	ann.hear(event("lock", "false"), done)
	ben.say(`{"cmd":"lobby_join","name":"duel","password":"x"}`)
	ben.hear(event("join", "<ben>"), `{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"val":{"name":"duel","host":<ann>,"members":2,"max":2,"password":true,"locked":false}}`)
	ann.hear(event("join", "<ben>"))
	ann.say(`{"cmd":"lobby_start","val":{"map":3}}`)
	ann.hear(event("start", `{"map":3}`), done)
	ben.hear(event("start", `{"map":3}`))

	// A connection that ends leaves; the next member is the host.
	ann.Close()
	ben.hear(event("leave", "<ann>"), event("host", "<ben>"))
	ben.say(`{"cmd":"lobby_leave"}`)
	ben.hear(done)
	cid.say(`{"cmd":"lobby_list"}`)
	cid.hear(`{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"val":[]}`)
}

// TestRestart makes the actor fail: its lobbies are all there.
func TestRestart(t *testing.T) {
	s := serve(t)
	ann := enter(t, s, "ann")
	list := `{"cmd":"statuscode","code":"I:100 | OK","code_id":100,"val":[{"name":"duel","host":<ann>,"members":1,"max":16,"password":false,"locked":false}]}`
	ann.say(`{"cmd":"lobby_create","name":"duel"}`)
	ann.say(`{"cmd":"lobby_list"}`)
	ann.hear(strings.NewReplacer("[", "", "]", "").Replace(list), list)
	s.CrashActor("lobby")
	ann.say(`{"cmd":"lobby_list"}`)
	ann.hear(list)
	if n := s.Counters.Restarts.Load(); n != 1 {
		t.Errorf("%d restarts", n)
	}
	if err := s.CrashActor("nobody"); !errors.Is(err, actors.ErrActorDoesNotExist) {
		t.Error(err)
	}
}

func TestNeedsUsername(t *testing.T) {
	s := serve(t)
	c, err := wstest.Dial(s.Listeners()[0].URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p := &player{c, t, ""}
	p.say(`{"cmd":"lobby_list","listener":5}`)
	p.hear(`{"cmd":"statuscode","code":"E:111 | ID required","code_id":111,"details":"This command requires setting a username.","listener":5}`)
	p.say(`{"cmd":"echo","val":{"a":[1]},"listener":6}`)
	p.hear(`{"cmd":"statuscode","code":"I:1 | Echo","code_id":1,"listener":6,"val":{"a":[1]}}`)
}
