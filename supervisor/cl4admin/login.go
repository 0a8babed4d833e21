package cl4admin

import (
	"encoding/json"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor/moderation"
)

// loginCommand logs a client in.
const loginCommand = "admin_auth"

// result is how a log-in ended.
type result int

const (
	loggedIn result = iota
	malformed
	denied
	already
	elsewhere
	lockedOut
	busy
	resultCount
)

// Results are the names of the results of log-ins in metrics.
var Results = [resultCount]string{"ok", "malformed", "denied", "already", "elsewhere", "locked_out", "busy"}

// answers are what a client is told.
var answers = [resultCount]cl4.StatusPacket{
	loggedIn:  {Status: cl4.StatusAdminOK},
	malformed: {Status: cl4.StatusAdminSyntax},
	denied:    {Status: cl4.StatusAdminFailed},
	already:   {Status: cl4.StatusAdminAlready},
	elsewhere: {Status: cl4.StatusAdminElsewhere},
	lockedOut: refused("Too many log-ins from your address have failed. Try again in a minute."),
	busy:      refused("The server is busy with other log-ins. Try again in a while."),
}

// logIn carries admin_auth out.
func (a *Admin) logIn(c *actors.Client, m *cl4.Message) cl4.StatusPacket {
	r := a.tryLogIn(c, json.RawMessage(m.Val))
	a.logins[r].Add(1)
	return answers[r]
}

func (a *Admin) tryLogIn(c *actors.Client, val json.RawMessage) result {
	var name struct{ Username, Password *string }
	if read(val, &name) != nil || name.Username == nil || name.Password == nil {
		return malformed
	}
	if login, ok := c.Login().(moderation.Login); ok {
		if _, valid := a.Users.Still(login); valid {
			return already
		}
	}
	// A log-in that has not failed yet counts too, or many at once could guess as often as they like.
	if !a.attempts.begin(c.Addr()) {
		return lockedOut
	}
	if a.waiting.Add(1) > maxWaiting {
		a.waiting.Add(-1)
		a.attempts.end(c.Addr(), false)
		return busy
	}
	a.hashing <- struct{}{}
	login, ok := a.Users.Verify(*name.Username, *name.Password)
	<-a.hashing
	a.waiting.Add(-1)
	// The address is looked at only now, so that nobody learns of names from other addresses.
	fits := ok && login.From(c.Addr())
	a.attempts.end(c.Addr(), !fits)
	switch {
	case !ok:
		a.Logger.Warn("an administrator's log-in failed", "address", c.Addr(), "session", c.ID())
		return denied
	case !fits:
		a.Logger.Warn("an administrator's log-in came from an address that is not on the user's list", "user", login.Username, "address", c.Addr())
		return elsewhere
	}
	c.SetLogin(login)
	a.Logger.Info("an administrator has logged in", "user", login.Username, "address", c.Addr(), "session", c.ID())
	return loggedIn
}

// hash runs something that hashes a password when it is its turn.
func (a *Admin) hash(f func() (moderation.User, error)) (moderation.User, error) {
	a.hashing <- struct{}{}
	defer func() { <-a.hashing }()
	return f()
}

// Logins is how many log-ins there were, by result in the order of Results.
func (a *Admin) Logins() (n [resultCount]uint64) {
	for i := range n {
		n[i] = a.logins[i].Load()
	}
	return n
}

// Commands is how many commands were carried out or failed, and how many were refused for want of a permission.
func (a *Admin) Commands() (run, denied uint64) { return a.commands.Load(), a.denied.Load() }
