package admin

import (
	"errors"

	"github.com/skeinhq/skein/supervisor/moderation"
)

// user is a user of in-band administration as it is told.
type user struct {
	Username    string   `json:"username"`
	Permissions []string `json:"permissions"`
	Addresses   []string `json:"addresses"`
}

func tellUser(u moderation.User) user {
	return user{u.Username, append([]string{}, u.Permissions...), append([]string{}, u.Addresses...)}
}

type userList struct {
	Users []user `json:"users"`
}

func (a *API) listUsers(*call) (any, error) {
	out := userList{[]user{}}
	for _, u := range a.Users.All() {
		out.Users = append(out.Users, tellUser(u))
	}
	return out, nil
}

type userPut struct {
	Password    string   `json:"password"`
	Permissions []string `json:"permissions"`
	Addresses   []string `json:"addresses"`
}

// putUser makes a user or changes one.
func (a *API) putUser(c *call) (any, error) {
	var in userPut
	if err := c.body(&in); err != nil {
		return nil, err
	}
	name := c.r.PathValue("username")
	old, exists := a.Users.Get(name)
	if exists {
		return a.modifyUser(c, old, in)
	}
	if in.Password == "" {
		return nil, invalid("a new user needs a password")
	}
	u := moderation.User{Username: name, Permissions: in.Permissions, Addresses: in.Addresses}
	made, err := a.Users.Add(u, in.Password)
	if err != nil {
		return nil, err
	}
	c.changed("user.add", name, nil, tellUser(made))
	return tellUser(made), nil
}

func (a *API) modifyUser(c *call, old moderation.User, in userPut) (any, error) {
	made, err := a.Users.Modify(old.Username, moderation.Change(in))
	if err != nil {
		return nil, err
	}
	action := "user.change"
	if in.Password != "" {
		action = "user.password"
	}
	c.changed(action, old.Username, tellUser(old), tellUser(made))
	return tellUser(made), nil
}

func (a *API) deleteUser(c *call) (any, error) {
	name := c.r.PathValue("username")
	gone, err := a.Users.Delete(name)
	if errors.Is(err, moderation.ErrNoUser) {
		return nil, notFound("there is no user " + name)
	}
	if err != nil {
		return nil, err
	}
	c.changed("user.delete", name, tellUser(gone), nil)
	return done{true}, nil
}
