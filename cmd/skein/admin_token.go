package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/skeinhq/skein/supervisor/admin/audit"
	"github.com/skeinhq/skein/supervisor/admin/token"
	"github.com/spf13/cobra"
)

// tokenLine is a token in a list.
type tokenLine struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Scope    string    `json:"scope"`
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires,omitzero"`
	LastUsed time.Time `json:"last_used,omitzero"`
	By       string    `json:"by"`
}

func newAdminToken(o *adminOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make, list and revoke tokens",
		Long: `Works with a running server, or on the data of a stopped one. From the first token on nobody is let in
without.`,
	}
	cmd.AddCommand(newTokenCreate(o), newTokenList(o), newTokenRevoke(o))
	return cmd
}

func newTokenCreate(o *adminOptions) *cobra.Command {
	var name, scope, expires string
	cmd := accountCommand(o, "create", "Make a token, which is shown this once", cobra.NoArgs, func(c *adminCall, local *localAccounts, _ []string) error {
		var d time.Duration
		if expires != "" && expires != "never" {
			var err error
			if d, err = config.LongDuration(expires); err != nil {
				return err
			}
		}
		answer, err := createToken(c, local, name, scope, d)
		if err != nil {
			return err
		}
		return show(c, answer, func(v struct {
			Token  string
			Record tokenLine
		}) error {
			fmt.Fprintf(c.errs, "token %s, scope %s, expires %s; it is not shown again:\n", visible(v.Record.Name), v.Record.Scope, when(v.Record.Expires, "never"))
			_, err := fmt.Fprintln(c.out, v.Token)
			return err
		})
	})
	cmd.Flags().StringVar(&name, "name", "", "what it is called in lists and in the audit log")
	cmd.Flags().StringVar(&scope, "scope", "read", "read: look; operate: also clients, rooms, bans; admin: everything")
	cmd.Flags().StringVar(&expires, "expires", "90d", "when it expires, such as 90d or 12h; never")
	return cmd
}

func createToken(c *adminCall, local *localAccounts, name, scope string, d time.Duration) (json.RawMessage, error) {
	if local == nil {
		body := map[string]any{"scope": scope}
		if name != "" {
			body["name"] = name
		}
		if d > 0 {
			body["expires_seconds"] = int64(d.Seconds())
		}
		return c.client.do(c.ctx, "POST", "/tokens", nil, body)
	}
	t := token.Token{Name: name, Scope: token.Scope(scope), By: localName}
	if d > 0 {
		t.Expires = time.Now().Add(d).Truncate(time.Second)
	}
	text, made, err := local.tokens.Create(t)
	if err != nil {
		return nil, err
	}
	record := lineOf(token.Listed{Token: made})
	local.changed("token.create", made.Name, nil, record)
	return json.Marshal(map[string]any{"token": text, "record": record})
}

func lineOf(t token.Listed) tokenLine {
	return tokenLine{t.ID, t.Name, string(t.Scope), t.Created, t.Expires, t.Used, t.By}
}

func newTokenList(o *adminOptions) *cobra.Command {
	return accountCommand(o, "list", "List tokens, without their secrets", cobra.NoArgs, func(c *adminCall, local *localAccounts, _ []string) error {
		var answer json.RawMessage
		var err error
		if local == nil {
			answer, err = c.client.do(c.ctx, "GET", "/tokens", nil, nil)
		} else {
			lines := []tokenLine{}
			for _, t := range local.tokens.All() {
				lines = append(lines, lineOf(t))
			}
			answer, err = json.Marshal(map[string]any{"tokens": lines})
		}
		if err != nil {
			return err
		}
		return show(c, answer, func(v struct{ Tokens []tokenLine }) error {
			var rows [][]string
			for _, t := range v.Tokens {
				rows = append(rows, []string{t.ID, t.Name, t.Scope, when(t.Created, "-"), when(t.Expires, "never"), when(t.LastUsed, "-"), or(t.By, "-")})
			}
			return c.table("ID\tNAME\tSCOPE\tCREATED\tEXPIRES\tLAST USED\tBY", rows)
		})
	})
}

func newTokenRevoke(o *adminOptions) *cobra.Command {
	return accountCommand(o, "revoke ID|NAME", "Revoke a token, at once", cobra.ExactArgs(1), func(c *adminCall, local *localAccounts, args []string) error {
		if local == nil {
			answer, err := c.client.do(c.ctx, "DELETE", apiPath("tokens", args[0]), nil, nil)
			if err != nil {
				return err
			}
			return c.say(answer, "%s is revoked", args[0])
		}
		revoked, err := local.tokens.Revoke(args[0])
		if err != nil {
			return err
		}
		local.changed("token.revoke", revoked.Name, lineOf(token.Listed{Token: revoked}), nil)
		return c.say(json.RawMessage(`{"ok":true}`), "%s is revoked", args[0])
	})
}

// localName is who the audit log says has changed the data of a stopped server.
const localName = "skein admin on the data"

// changed notes a change in the audit log of a stopped server.
func (l *localAccounts) changed(action, target string, before, after any) {
	l.audit.Add(audit.Entry{Who: localName, Address: "local", Action: action, Target: target}, before, after)
}
