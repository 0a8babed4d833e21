package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/admin/audit"
	"github.com/skeinhq/skein/supervisor/admin/token"
	"github.com/skeinhq/skein/supervisor/moderation"
	"github.com/skeinhq/skein/supervisor/storage"
	"github.com/spf13/cobra"
)

// localAccounts are the tokens and users in the data of a stopped server.
type localAccounts struct {
	file   *storage.File
	tokens *token.Store
	users  *moderation.Users
	audit  *audit.Log
}

// errNoAdministration says that a server has the data, and cannot be asked.
var errNoAdministration = errors.New("the data is in use by a server without an administration: start that with --admin, or stop it")

// openAccounts opens the data of a stopped server.
func openAccounts(dir string) (*localAccounts, error) {
	file, err := storage.Open(dir, storage.Options{})
	if errors.Is(err, storage.ErrInUse) {
		return nil, errNoAdministration
	}
	if err != nil {
		return nil, err
	}
	l := &localAccounts{file: file, users: moderation.NewUsers(nil)}
	if l.tokens, err = token.NewStore(file, nil); err == nil {
		err = l.users.Load(file)
	}
	if err == nil {
		l.audit, err = audit.New(file, 0, slog.New(slog.DiscardHandler))
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

// accountCommand makes a command that works with a running server, and on the data of a stopped one. local is nil in
// the first case.
func accountCommand(o *adminOptions, use, short string, args cobra.PositionalArgs, run func(c *adminCall, local *localAccounts, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			c := &adminCall{ctx: cmd.Context(), out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(), json: o.json}
			access, dir, err := o.accountAccess()
			if err != nil {
				return failure{err}
			}
			if access.addr != "" {
				c.client = newAdminClient(access)
				defer c.client.close()
				c.warnPlain(access)
				if err = run(c, nil, args); dir == "" || !gone(err) {
					return failed(err)
				}
				// The server that has left its address there is not running any more.
			}
			local, err := openAccounts(dir)
			if err != nil {
				return failure{err}
			}
			return failed(errors.Join(run(c, local, args), local.file.Close()))
		},
	}
}

// failed makes a failure of an error that is one.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return failure{err}
}

// gone tells whether there is no server any more.
func gone(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, os.ErrNotExist)
}

// accountAccess is the server to talk to, or the directory with its data, or both when it may be gone: what was given
// on the command line or in the environment is meant, the rest is found.
func (o *adminOptions) accountAccess() (a adminAccess, dir string, err error) {
	if o.addr != "" || os.Getenv(config.EnvAdminAddr) != "" {
		a, err = o.access()
		return a, "", err
	}
	dir = o.serverSettings().Config.Server.Data.Dir
	local, err := localAccess(dir)
	switch {
	case err != nil:
		return a, "", err
	case len(local.Addresses) > 0:
		a, err = o.access()
		return a, dir, err
	case dir == "":
		return a, "", errNoData
	case dir == supervisor.DataNone:
		return a, "", fmt.Errorf("data is none: there is nowhere to keep this. Give the address of a running server, or with --data a directory")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return a, "", err
	}
	return a, dir, nil
}
