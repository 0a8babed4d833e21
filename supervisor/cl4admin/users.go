package cl4admin

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor/moderation"
)

// userEdit is what an administrator says of a user; nil stays as it is.
type userEdit struct {
	Username    *string  `json:"username"`
	Password    *string  `json:"password"`
	Permissions []string `json:"permissions"`
	Addresses   []string `json:"addresses"`
}

// within refuses to give, change or take away permissions that one does not have oneself.
func (o *operator) within(permissions []string) error {
	var more []string
	for _, p := range permissions {
		if !o.user.May(p) && slices.Contains(moderation.Permissions, p) {
			more = append(more, p)
		}
	}
	if more == nil {
		return nil
	}
	return &cl4.StatusError{Status: cl4.StatusRefused, Details: "You do not have " + strings.Join(more, ", ") + " yourself."}
}

func (o *operator) addUser(val json.RawMessage) (any, error) {
	var e userEdit
	if err := read(val, &e); err != nil {
		return nil, err
	}
	if e.Username == nil || e.Password == nil {
		return nil, wrong("username and password are wanted")
	}
	if err := o.within(e.Permissions); err != nil {
		return nil, err
	}
	u, err := o.hash(func() (moderation.User, error) {
		return o.Users.Add(moderation.User{Username: *e.Username, Permissions: e.Permissions, Addresses: e.Addresses}, *e.Password)
	})
	if err != nil {
		return nil, err
	}
	o.changed("user.add", u.Username, nil, u)
	return u, nil
}

func (o *operator) modifyUser(val json.RawMessage) (any, error) {
	var e userEdit
	if err := read(val, &e); err != nil {
		return nil, err
	}
	switch {
	case e.Username == nil:
		return nil, wrong("username is missing")
	case e.Password != nil && *e.Password == "":
		return nil, moderation.ErrPassword
	}
	before, err := o.subordinate(*e.Username)
	if err != nil {
		return nil, err
	}
	if err := o.within(e.Permissions); err != nil {
		return nil, err
	}
	c := moderation.Change{Permissions: e.Permissions, Addresses: e.Addresses}
	if e.Password != nil {
		c.Password = *e.Password
	}
	u, err := o.hash(func() (moderation.User, error) { return o.Users.Modify(*e.Username, c) })
	if err != nil {
		return nil, err
	}
	o.changed("user.modify", u.Username, before, u)
	return u, nil
}

// subordinate returns a user whom the operator may change: who could change the password of somebody with more
// permissions would have them.
func (o *operator) subordinate(username string) (moderation.User, error) {
	u, ok := o.Users.Get(username)
	if !ok {
		return u, moderation.ErrNoUser
	}
	return u, o.within(u.Permissions)
}

func (o *operator) deleteUser(val json.RawMessage) (any, error) {
	username, err := readKey(val, "username")
	if err != nil {
		return nil, err
	}
	if _, err := o.subordinate(username); err != nil {
		return nil, err
	}
	u, err := o.Users.Delete(username)
	if err != nil {
		return nil, err
	}
	o.changed("user.delete", u.Username, u, nil)
	return nil, nil
}
