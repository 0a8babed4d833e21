package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/skeinhq/skein/supervisor/moderation"
	"github.com/spf13/cobra"
)

// userLine is a user in a list.
type userLine struct {
	Username    string   `json:"username"`
	Permissions []string `json:"permissions"`
	Addresses   []string `json:"addresses"`
}

// userFlags are what a user is made of.
type userFlags struct {
	permissions, addresses []string
	passwordFile           string
}

func newAdminUser(o *adminOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Look after users who administer the server by CL4 commands (serve --cl4-admin)",
		Long:  `Works with a running server, or on the data of a stopped one.`,
	}
	cmd.AddCommand(newUserAdd(o), newUserList(o), newUserDelete(o))
	return cmd
}

func newUserAdd(o *adminOptions) *cobra.Command {
	var f userFlags
	cmd := accountCommand(o, "add NAME", "Make a user, or change one", cobra.ExactArgs(1), func(c *adminCall, local *localAccounts, args []string) error {
		password, err := f.password(c.errs)
		if err != nil {
			return err
		}
		answer, err := putUser(c, local, args[0], password, &f)
		if err != nil {
			return err
		}
		return show(c, answer, func(u userLine) error {
			_, err := fmt.Fprintf(c.out, "%s may log in from %s, with %s\n", visible(u.Username),
				strings.Join(u.Addresses, ", "), or(strings.Join(u.Permissions, ", "), "no permissions"))
			return err
		})
	})
	cmd.Flags().StringSliceVar(&f.permissions, "permissions", nil, "what the user may do, with commas; all: everything\n("+strings.Join(moderation.Permissions, ", ")+")")
	cmd.Flags().StringSliceVar(&f.addresses, "addresses", nil, "addresses, ranges, or unix, that the user may log in from (default loopback)")
	cmd.Flags().StringVar(&f.passwordFile, "password-file", "", "file that holds the password; -: standard input (default SKEIN_ADMIN_PASSWORD, else it is asked for)")
	return cmd
}

// password reads a password from where the flags say. Empty means that it stays as it is.
func (f *userFlags) password(prompt io.Writer) (string, error) {
	switch {
	case f.passwordFile == "-":
		return firstLine(os.Stdin)
	case f.passwordFile != "":
		file, err := os.Open(f.passwordFile)
		if err != nil {
			return "", err
		}
		defer file.Close()
		return firstLine(file)
	}
	if p := os.Getenv("SKEIN_ADMIN_PASSWORD"); p != "" {
		return p, nil
	}
	if !isTerminal(os.Stdin) {
		return "", nil
	}
	fmt.Fprint(prompt, "password (shown while you type; empty: as it is): ")
	return firstLine(os.Stdin)
}

// firstLine reads up to the first line feed.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, moderation.MaxPassword+2)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func putUser(c *adminCall, local *localAccounts, name, password string, f *userFlags) (json.RawMessage, error) {
	permissions := f.permissions
	if len(permissions) == 1 && permissions[0] == "all" {
		permissions = moderation.Permissions
	}
	if local == nil {
		body := map[string]any{}
		if password != "" {
			body["password"] = password
		}
		if permissions != nil {
			body["permissions"] = permissions
		}
		if f.addresses != nil {
			body["addresses"] = f.addresses
		}
		return c.client.do(c.ctx, "PUT", apiPath("users", name), nil, body)
	}
	old, exists := local.users.Get(name)
	var u moderation.User
	var err error
	action, before := "user.add", any(nil)
	if exists {
		action, before = cmp.Or(map[bool]string{true: "user.password"}[password != ""], "user.change"), any(publicUser(old))
		u, err = local.users.Modify(name, moderation.Change{Password: password, Permissions: permissions, Addresses: f.addresses})
	} else {
		u, err = local.users.Add(moderation.User{Username: name, Permissions: permissions, Addresses: f.addresses}, password)
	}
	if err != nil {
		return nil, err
	}
	local.changed(action, name, before, publicUser(u))
	return json.Marshal(publicUser(u))
}

func publicUser(u moderation.User) userLine {
	return userLine{u.Username, append([]string{}, u.Permissions...), append([]string{}, u.Addresses...)}
}

func newUserList(o *adminOptions) *cobra.Command {
	return accountCommand(o, "list", "List users", cobra.NoArgs, func(c *adminCall, local *localAccounts, _ []string) error {
		var answer json.RawMessage
		var err error
		if local == nil {
			answer, err = c.client.do(c.ctx, "GET", "/users", nil, nil)
		} else {
			lines := []userLine{}
			for _, u := range local.users.All() {
				lines = append(lines, publicUser(u))
			}
			answer, err = json.Marshal(map[string]any{"users": lines})
		}
		if err != nil {
			return err
		}
		return show(c, answer, func(v struct{ Users []userLine }) error {
			var rows [][]string
			for _, u := range v.Users {
				rows = append(rows, []string{u.Username, strings.Join(u.Addresses, ","), or(strings.Join(u.Permissions, ","), "-")})
			}
			return c.table("NAME\tADDRESSES\tPERMISSIONS", rows)
		})
	})
}

func newUserDelete(o *adminOptions) *cobra.Command {
	return accountCommand(o, "delete NAME", "Delete a user", cobra.ExactArgs(1), func(c *adminCall, local *localAccounts, args []string) error {
		if local == nil {
			answer, err := c.client.do(c.ctx, "DELETE", apiPath("users", args[0]), nil, nil)
			if err != nil {
				return err
			}
			return c.say(answer, "%s is deleted", args[0])
		}
		gone, err := local.users.Delete(args[0])
		if err != nil {
			return err
		}
		local.changed("user.delete", args[0], publicUser(gone), nil)
		return c.say(json.RawMessage(`{"ok":true}`), "%s is deleted", args[0])
	})
}
