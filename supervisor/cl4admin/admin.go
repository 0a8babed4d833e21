// Package cl4admin is administration from inside CL4: users with a password log in with admin_auth and then have the
// admin_ commands that their permissions allow. Nothing of it is there unless Bind is called.
package cl4admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor/moderation"
)

// Server is what administrators change of the server as a whole. Its methods may take their time.
type Server interface {
	// SetMOTD changes the message of the day, and whether it is sent.
	SetMOTD(text string, enabled bool) error
	// SetMaxClients changes how many clients there may be; -1 means any number. Nobody is closed.
	SetMaxClients(n int) error
	// SetDisabled switches a command off or on. It is no error when it is so already.
	SetDisabled(protocol, command string, disabled bool) error
	// Changed is told of everything that was changed, for a record of it and the log.
	Changed(c Change)
}

// Change says who has changed what.
type Change struct {
	Who     string     // username
	Address netip.Addr // invalid for clients of unix sockets
	Action  string     // such as ban.add
	Target  string     // of what
	Before  any        // encoded as JSON; nil where there was nothing
	After   any        // nil where there is nothing any more
}

// Options configures administration. All fields but Logger and Now are needed.
type Options struct {
	System *actors.System
	Server Server
	Users  *moderation.Users
	Bans   *moderation.List
	Logger *slog.Logger
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// Admin carries the commands of administrators out.
type Admin struct {
	Options
	attempts *attempts
	hashing  chan struct{} // one element for each password that is being hashed
	waiting  atomic.Int64  // log-ins that hash or wait for it
	names    map[string]struct{}

	logins   [resultCount]atomic.Uint64
	commands atomic.Uint64
	denied   atomic.Uint64
}

// Bounds on hashing passwords: each takes a core and 19 MiB for a while.
const (
	maxHashing = 2
	maxWaiting = 64
)

// Bind adds the commands to CL4.
func Bind(o Options) (*Admin, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Admin{Options: o, attempts: newAttempts(o.Now), hashing: make(chan struct{}, maxHashing)}
	a.names = map[string]struct{}{loginCommand: {}}
	c := o.System.CL4()
	err := c.BindOperation(loginCommand, cl4.Schema{}, a.logIn)
	for i := range commands {
		a.names[commands[i].name] = struct{}{}
		err = errors.Join(err, c.BindOperation(commands[i].name, cl4.Schema{}, a.operation(&commands[i])))
	}
	return a, err
}

// command is one row of the table of commands.
type command struct {
	name, permission string
	run              func(o *operator, val json.RawMessage) (any, error)
}

// commands are the commands of administrators.
var commands = []command{
	{"admin_disable_command", moderation.DisableCommands, (*operator).disableCommand},
	{"admin_enable_command", moderation.EnableCommands, (*operator).enableCommand},
	{"admin_close_connection", moderation.CloseConnections, (*operator).closeConnection},
	{"admin_change_user_limit", moderation.ChangeUserLimit, (*operator).changeUserLimit},
	{"admin_get_room", moderation.ViewRooms, (*operator).getRoom},
	{"admin_create_room", moderation.CreateRooms, (*operator).createRoom},
	{"admin_edit_room", moderation.ModifyRooms, (*operator).editRoom},
	{"admin_delete_room", moderation.DeleteRooms, (*operator).deleteRoom},
	{"admin_get_client_data", moderation.ViewClientData, (*operator).getClientData},
	{"admin_edit_client_data", moderation.ModifyClientData, (*operator).editClientData},
	{"admin_delete_client_data", moderation.DeleteClientData, (*operator).deleteClientData},
	{"admin_get_client_ip", moderation.ViewClientIP, (*operator).getClientIP},
	{"admin_add_admin_user", moderation.AddAdminUsers, (*operator).addUser},
	{"admin_modify_admin_user", moderation.ModifyAdminUsers, (*operator).modifyUser},
	{"admin_delete_admin_user", moderation.DeleteAdminUsers, (*operator).deleteUser},
	{"admin_ban", moderation.CloseConnections, (*operator).ban},
	{"admin_unban", moderation.CloseConnections, (*operator).unban},
	{"admin_broadcast", moderation.ModifyRooms, (*operator).broadcast},
	{"admin_motd", moderation.ModifyRooms, (*operator).motd},
}

// operator is a user who is logged in, for the time of one command.
type operator struct {
	*Admin
	client *actors.Client
	user   moderation.User
}

// operation is a command as CL4 runs it.
func (a *Admin) operation(c *command) actors.Operation {
	return func(client *actors.Client, m *cl4.Message) cl4.StatusPacket {
		user, why := a.authorised(client, c.permission)
		if why != "" {
			a.denied.Add(1)
			return refused(why)
		}
		a.commands.Add(1)
		o := &operator{a, client, user}
		answer, err := c.run(o, json.RawMessage(m.Val))
		if err == nil {
			var val []byte
			if val, err = cl4.EncodeValue(answer); err == nil {
				return cl4.StatusPacket{Status: cl4.StatusOK, Val: val}
			}
		}
		return a.failed(c.name, err)
	}
}

// authorised returns who is logged in and may use a permission, or why nobody does.
func (a *Admin) authorised(c *actors.Client, permission string) (moderation.User, string) {
	login, ok := c.Login().(moderation.Login)
	if ok {
		// What was changed of the user since counts at once.
		user, valid := a.Users.Still(login)
		switch {
		case valid && user.May(permission):
			return user, ""
		case valid:
			return user, "You do not have the permission " + permission + ", which this command requires."
		}
	}
	return moderation.User{}, "This command requires the permission " + permission + ": log in with " + loginCommand + " first."
}

func refused(why string) cl4.StatusPacket {
	return cl4.StatusPacket{Status: cl4.StatusRefused, Details: cl4.Text(why)}
}

// statuses are the answers to errors of the packages below.
var statuses = []struct {
	kind   error
	status cl4.Status
}{
	{actors.ErrNoResultsFound, cl4.StatusIDNotFound},
	{actors.ErrRoomDoesNotExist, cl4.StatusIDNotFound},
	{moderation.ErrNoBan, cl4.StatusIDNotFound},
	{moderation.ErrNoUser, cl4.StatusIDNotFound},
	{actors.ErrRoomAlreadyExists, cl4.StatusIDConflict},
	{moderation.ErrUserExists, cl4.StatusIDConflict},
	{actors.ErrDefaultRoom, cl4.StatusRefused},
	{actors.ErrManyRules, cl4.StatusTooLarge},
	{actors.ErrManyAttributes, cl4.StatusTooLarge},
	{moderation.ErrFull, cl4.StatusTooLarge},
	{moderation.ErrManyUsers, cl4.StatusTooLarge},
	{actors.ErrCommandDoesNotExist, cl4.StatusInvalidCommand},
}

// failed is the answer to a command that was not carried out.
func (a *Admin) failed(command string, err error) cl4.StatusPacket {
	if own, ok := errors.AsType[*cl4.StatusError](err); ok {
		return own.Packet(&cl4.Message{})
	}
	if errors.Is(err, moderation.ErrInvalidBan) || errors.Is(err, moderation.ErrInvalidUser) || errors.Is(err, moderation.ErrPassword) {
		return wrong("%v", err).Packet(&cl4.Message{})
	}
	for _, s := range statuses {
		if errors.Is(err, s.kind) {
			return cl4.StatusPacket{Status: s.status, Details: cl4.Text(err.Error())}
		}
	}
	a.Logger.Error("a command of an administrator failed", "command", command, "err", err)
	return cl4.StatusPacket{Status: cl4.StatusInternalServerError, Details: cl4.Text("The server could not do it. Its log says why.")}
}

// wrong refuses a val with E:101, in the form that CL4 has for bad keys.
func wrong(format string, args ...any) *cl4.StatusError {
	details, _ := json.Marshal(map[string][]string{"val": {fmt.Sprintf(format, args...)}}) // texts always encode
	return &cl4.StatusError{Status: cl4.StatusSyntax, Object: details}
}

// read decodes a val. Unknown keys are refused: they are usually misspelt.
func read(val json.RawMessage, into any) error {
	if len(val) == 0 {
		return wrong("required field")
	}
	d := json.NewDecoder(bytes.NewReader(val))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil && d.Decode(new(json.RawMessage)) != io.EOF {
		err = errors.New("one value is wanted")
	}
	if err != nil {
		return wrong("%v", err)
	}
	return nil
}

// readKey decodes a val that is a string, or an object with that string under a key.
func readKey(val json.RawMessage, key string) (string, error) {
	var text string
	if len(val) > 0 && val[0] == '"' {
		err := read(val, &text)
		return text, err
	}
	var object map[string]*string
	if err := read(val, &object); err != nil {
		return "", err
	}
	if len(object) != 1 || object[key] == nil {
		return "", wrong("must be a string, or an object with the key %s", key)
	}
	return *object[key], nil
}

// changed records a change.
func (o *operator) changed(action, target string, before, after any) {
	c := Change{Who: o.user.Username, Address: o.client.Addr(), Action: action, Target: target, Before: before, After: after}
	o.Server.Changed(c)
}

// own tells whether a command is one of those here, which cannot be switched off one by one.
func (a *Admin) own(name string) bool {
	_, ok := a.names[name]
	return ok
}
