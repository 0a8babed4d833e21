// Package admin runs servers and `skein admin` against them, as administrators do.
package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/tests/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

const patience = 30 * time.Second

// command is a run of skein admin.
type command struct {
	t   *testing.T
	env []string
	// args stand behind those of the command.
	args []string
}

// with returns a command with more arguments.
func (c command) with(args ...string) command {
	c.args = append(append([]string{}, c.args...), args...)
	return c
}

// run runs `skein admin ARGS...` and returns what it says and its exit status.
func (c command) run(args ...string) (stdout, stderr string, status int) {
	c.t.Helper()
	cmd := exec.Command(harness.Skein(c.t), append(append([]string{"admin"}, args...), c.args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = append([]string{"HOME=" + c.t.TempDir(), "PATH=" + os.Getenv("PATH")}, c.env...)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// ok expects success, with a text in what it says.
func (c command) ok(part string, args ...string) string {
	c.t.Helper()
	out, errs, status := c.run(args...)
	if status != 0 || !strings.Contains(out, part) {
		c.t.Fatalf("skein admin %q: status %d, want %q in\n%s%s", args, status, part, out, errs)
	}
	return out
}

// fails expects a failure, with a text in what it says of it.
func (c command) fails(part string, args ...string) {
	c.t.Helper()
	out, errs, status := c.run(args...)
	if status != 1 || !strings.Contains(errs, part) {
		c.t.Errorf("skein admin %q: status %d, want %q in\n%s%s", args, status, part, out, errs)
	}
}

// asJSON expects success and decodes what it says with --json.
func (c command) asJSON(into any, args ...string) {
	c.t.Helper()
	out := c.ok("", append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		c.t.Fatalf("skein admin %q: %v in %s", args, err, out)
	}
}

// start starts a server with its data in a directory of its own, and returns what administers it from its machine.
func start(t *testing.T, args ...string) (s *harness.Server, local command, dir string) {
	t.Helper()
	dir = t.TempDir()
	s = harness.Start(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", dir}, args...)...)
	return s, command{t: t, args: []string{"--data", dir}}, dir
}

var adminURL = regexp.MustCompile(`admin on http://([0-9.]+:\d+)/`)

// adminOf is the admin address of a server.
func adminOf(t *testing.T, s *harness.Server) string {
	t.Helper()
	s.WaitLog("admin on http://")
	found := adminURL.FindStringSubmatch(s.Stderr())
	if found == nil {
		t.Fatalf("no admin address in\n%s", s.Stderr())
	}
	return found[1]
}

// client is a CL4 client.
type client struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(t *testing.T, s *harness.Server, says ...string) *client {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &client{t, conn}
	for _, text := range says {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// named connects a CL4 client with a name.
func named(t *testing.T, s *harness.Server, name string) *client {
	t.Helper()
	c := dial(t, s, `{"cmd":"handshake","val":{"language":"go","version":"1"},"listener":"h"}`, `{"cmd":"setid","val":"`+name+`","listener":"s"}`)
	c.until(`"listener":"s"`)
	return c
}

// until reads up to a message with a text in it, or to the end of the connection that has it.
func (c *client) until(part string) string {
	c.t.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	for {
		_, text, err := c.conn.ReadMessage()
		if err != nil {
			if strings.Contains(err.Error(), part) {
				return err.Error()
			}
			c.t.Fatalf("waiting for %q: %v", part, err)
		}
		if strings.Contains(string(text), part) {
			return string(text)
		}
	}
}

// TestOnTheMachineOfTheServer: who may read the directory for data needs to be given nothing else.
func TestOnTheMachineOfTheServer(t *testing.T) {
	s, admin, dir := start(t)
	ann, bob := named(t, s, "ann"), named(t, s, `bob\u202e\u001b[31m`)
	admin.ok("this machine", "info")
	list := admin.ok("ann", "clients")
	if strings.ContainsAny(list, "\x1b\u202e") {
		t.Errorf("names do as they like with the terminal: %q", list)
	}
	var rows []struct{ ID, Username string }
	admin.asJSON(&rows, "clients", "--sort", "username")
	if len(rows) != 2 || rows[0].Username != "ann" {
		t.Errorf("%+v", rows)
	}
	admin.ok("connected", "clients", rows[0].ID)
	admin.ok("default", "rooms")
	admin.ok("member_list", "rooms", "cl4", "default")

	admin.ok("sent to 2", "say", "hello all")
	ann.until(`"gmsg","val":"hello all"`)
	admin.ok("sent to 1", "say", "--to", "ann", "--raw", `{"x":1}`)
	ann.until(`{"cmd":"direct","val":{"x":1}}`)
	admin.ok("sent to 2", "say", "--room", "default", "hello room")
	bob.until("hello room")
	admin.fails("nowhere", "say", "--room", "nowhere", "x")

	admin.ok("motd is good morning", "motd", "good morning")
	dial(t, s, `{"cmd":"handshake","val":{"language":"go","version":"1"},"listener":"h"}`).until(`"motd","val":"good morning"`)
	admin.ok("max_clients is 4", "set", "max-clients", "4")
	admin.ok("4", "set", "max_clients")
	admin.fails("needs a restart", "set", "listen", "x")
	admin.fails("at most", "motd", strings.Repeat("x", 5000))

	admin.ok("is closed", "kick", "ann", "--reason", "bye", "--code", "4100")
	ann.until("4100")
	admin.fails("no client", "kick", "ann")
	admin.fails("--all", "kick")
	admin.ok("2 closed", "kick", "--all", "--reason", "all out")
	bob.until("all out")

	admin.ok("is banned", "ban", "eve*", "--reason", "noise", "--for", "7d")
	admin.ok("eve*", "bans")
	dial(t, s, `{"cmd":"setid","val":"eve2","listener":"s"}`).until("108")
	admin.fails("your own address", "ban", "127.0.0.0/8")
	admin.ok("banned no more", "unban", "eve*")
	admin.fails("eve*", "unban", "eve*")

	audit := admin.ok("ban.remove", "audit")
	for _, action := range []string{"client.close", "client.close_all", "ban.add", "setting.change", "broadcast", "client.message", "room.message"} {
		if !strings.Contains(audit, action) {
			t.Errorf("the audit log lacks %s:\n%s", action, audit)
		}
	}
	if lines := strings.Count(admin.ok("connections", "top", "-n", "2"), "\n"); lines != 2 {
		t.Errorf("top has written %d lines", lines)
	}
	admin.ok("registry-0", "actors")
	admin.ok("reloaded", "reload")

	info, err := os.Stat(filepath.Join(dir, supervisor.AccessFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the key: %v, %v", info, err)
	}
	admin.ok("stopping", "drain", "--timeout", "10s")
	if status := s.Wait(patience); status != 0 {
		t.Errorf("the server ends with status %d", status)
	}
	if _, err := os.Stat(filepath.Join(dir, supervisor.AccessFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the key outlives the server: %v", err)
	}
	admin.fails("not known where the server is", "clients")
}

// TestTokens: tokens are made on a running server and on the data of a stopped one, and work from elsewhere.
func TestTokens(t *testing.T) {
	dir := t.TempDir()
	local := command{t: t, args: []string{"--data", dir}}
	reader := strings.TrimSpace(local.ok("skein_", "token", "create", "--name", "board", "--scope", "read"))
	s := harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", dir)
	addr := adminOf(t, s)
	operator := strings.TrimSpace(local.ok("skein_", "token", "create", "--name", "ops", "--scope", "operate", "--expires", "12h"))
	local.fails("already", "token", "create", "--name", "ops")
	local.fails("90d", "token", "create", "--expires", "soon")
	local.fails("not one of read, operate, admin", "token", "create", "--scope", "root")

	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(operator+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	read := command{t: t, env: []string{"SKEIN_ADMIN_ADDR=" + addr, "SKEIN_ADMIN_TOKEN=" + reader}}
	operate := command{t: t, env: []string{"SKEIN_ADMIN_ADDR=http://" + addr, "SKEIN_ADMIN_TOKEN_FILE=" + file}}
	read.ok("board", "info")
	operate.ok("ops", "info")
	read.fails("scope operate, not read", "say", "x")
	operate.ok("sent to 0", "say", "x")
	operate.fails("scope admin, not operate", "token", "list")
	command{t: t, env: []string{"SKEIN_ADMIN_ADDR=" + addr}}.fails("a token is needed", "clients")
	command{t: t, env: []string{"SKEIN_ADMIN_ADDR=" + addr}}.with("--token", "guess").fails("no such token", "clients")

	list := local.ok("board", "token", "list")
	if strings.Contains(list, reader) || strings.Contains(list, "argon2") {
		t.Errorf("the list has secrets:\n%s", list)
	}
	local.ok("revoked", "token", "revoke", "board")
	read.fails("no such token", "info")
	s.Stop()
	local.ok("ops", "token", "list")
	local.ok("revoked", "token", "revoke", "ops")
	local.fails("no such token", "token", "revoke", "ops")
}

// TestUsers: users of in-band administration are made for a server that runs and for one that does not.
func TestUsers(t *testing.T) {
	dir := t.TempDir()
	local := command{t: t, env: []string{"SKEIN_ADMIN_PASSWORD=correct horse"}, args: []string{"--data", dir}}
	local.ok("ada may log in", "user", "add", "ada", "--permissions", "view_rooms")
	s := harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", dir, "--cl4-admin")
	local.ok("bob may log in from 127.0.0.0/8", "user", "add", "bob", "--permissions", "all")
	for _, name := range []string{"ada", "bob"} {
		c := dial(t, s, `{"cmd":"admin_auth","val":{"username":"`+name+`","password":"correct horse"},"listener":"a"}`)
		c.until(`"code_id":200`)
	}
	local.ok("bob", "user", "list")
	local.ok("deleted", "user", "delete", "bob")
	local.fails("bob", "user", "delete", "bob")
	s.Stop()
	local.ok("ada", "user", "list")
}

// TestUnixSocket: administration without a port.
func TestUnixSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "admin.sock")
	harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--admin-socket", socket, "--data", "none", "--admin-token", "sixteen letters!")
	info, err := os.Stat(socket)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	admin := command{t: t, env: []string{"SKEIN_ADMIN_ADDR=unix:" + socket, "SKEIN_ADMIN_TOKEN=sixteen letters!"}}
	admin.ok("unix", "info")
	admin.ok("max_clients is 7", "set", "max_clients", "7")
	command{t: t, env: []string{"SKEIN_ADMIN_ADDR=unix:" + socket}}.fails("a token is needed", "clients")
	command{t: t, env: []string{"SKEIN_ADMIN_ADDR=unix:" + socket + "x"}}.fails("cannot be reached", "clients")
}

// TestChangesSurviveRestarts: settings, bans and the audit log are kept; null puts back the configuration.
func TestChangesSurviveRestarts(t *testing.T) {
	s, admin, dir := start(t, "--motd", "configured")
	admin.ok("changed", "motd", "changed")
	admin.ok("is banned", "ban", "10.0.0.0/8")
	admin.ok("cl4:gvar", "set", "disabled_commands", "cl4:gvar, scratch:delete")
	admin.ok("reject_mode is true", "set", "reject_mode", "true")
	admin.ok("debug", "set", "log_level", "debug")
	dial(t, s).until("1013")
	s.Kill()
	s = harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", dir, "--motd", "configured")
	settings := admin.ok("changed", "set")
	for _, want := range []string{`["cl4:gvar","scratch:delete"]`, "debug"} {
		if !strings.Contains(settings, want) {
			t.Errorf("lacks %s:\n%s", want, settings)
		}
	}
	admin.ok("reject_mode is false", "set", "reject_mode", "--reset")
	dial(t, s, `{"cmd":"gvar","name":"a","val":1,"listener":"g"}`).until(`"code_id":110`)
	admin.ok("motd is configured", "set", "motd", "--reset")
	dial(t, s, `{"cmd":"handshake","val":{"language":"go","version":"1"}}`).until(`"val":"configured"`)
	admin.ok("10.0.0.0/8", "bans")
	admin.ok("ban.add", "audit")
	admin.fails("no command", "set", "disabled_commands", "cl4:fly")
	admin.ok("disabled_commands is []", "set", "disabled_commands", "")
	dial(t, s, `{"cmd":"gvar","name":"a","val":1,"listener":"g"}`).until(`"cmd":"gvar"`)
	s.Stop()
	harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", dir)
	admin.ok("motd         -", "motd")
}

// TestVariables: cloud variables are changed for everybody who is there.
func TestVariables(t *testing.T) {
	s, admin, dir := start(t)
	player := dial(t, s, `{"method":"handshake","user":"player1","project_id":"4711"}`, `{"method":"set","user":"player1","project_id":"4711","name":"☁ score","value":1}`)
	other := dial(t, s, `{"method":"handshake","user":"player2","project_id":"4711"}`)
	other.until("☁ score")
	admin.ok("is set", "variable", "set", "4711", "score", "99")
	player.until(`"value":99`)
	admin.ok("99", "variable", "get", "4711")
	admin.ok("99", "variable", "get", "4711", "score")
	admin.fails("limits", "variable", "set", "4711", "score", strings.Repeat("9", 100_001))
	admin.ok("is deleted", "variable", "delete", "4711", "score")
	admin.fails("no variable", "variable", "get", "4711", "score")
	admin.ok("2 members", "close-room", "scratch", "4711")
	player.until("4004")

	// What is on disk is loaded for it.
	dial(t, s, `{"method":"handshake","user":"player1","project_id":"815"}`, `{"method":"set","user":"player1","project_id":"815","name":"☁ best","value":5}`)
	for deadline := time.Now().Add(patience); ; {
		if out, _, _ := admin.run("variable", "get", "815"); strings.Contains(out, "☁ best") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the variable is not there")
		}
	}
	s.Stop()
	s = harness.Start(t, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", dir)
	admin.ok("5", "variable", "get", "815", "best")
	admin.ok("is set", "variable", "set", "815", "best", "6")
	dial(t, s, `{"method":"handshake","user":"player1","project_id":"815"}`).until(`"value":6`)
	admin.fails("no room 816", "variable", "set", "816", "best", "6")
}

// TestStaleAccessFile: what a server that was killed has left does not keep anybody from its data.
func TestStaleAccessFile(t *testing.T) {
	s, admin, _ := start(t)
	s.Kill()
	admin.ok("skein_", "token", "create")
	admin.fails("cannot be reached", "clients")
}
