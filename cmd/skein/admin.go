package main

import (
	"os"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/spf13/cobra"
)

// adminOptions are the flags that all commands of skein admin have.
type adminOptions struct {
	addr, token, tokenFile string
	json                   bool
	settings               *config.Flags
}

// newAdmin returns the command-line client of the administration.
func newAdmin() *cobra.Command {
	o := new(adminOptions)
	cmd := &cobra.Command{
		Use:   "admin",
		Short: "Look after a running server",
		Long: `Talks to the administration of a running server (serve --admin).

On the machine of the server, as the user that it runs as, nothing has to be given: address and key are in
the file admin.json in the directory for data. Elsewhere --addr or SKEIN_ADMIN_ADDR says where the server
is, and SKEIN_ADMIN_TOKEN, or SKEIN_ADMIN_TOKEN_FILE, has a token that "skein admin token create" has made.`,
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&o.addr, "addr", "", "address of the administration: HOST:PORT, unix:PATH, or a URL")
	flags.StringVar(&o.token, "token", "", "token; other users of the machine can see it, SKEIN_ADMIN_TOKEN they cannot")
	flags.StringVar(&o.tokenFile, "token-file", "", "file that holds the token")
	flags.BoolVar(&o.json, "json", false, "write what the server says as JSON instead of a table")
	o.settings = config.AddFlags(flags, config.Serve.Only(func(s *config.Setting) bool {
		return s.Name == "data" || s.Name == "config"
	}).Settings)
	cmd.MarkFlagsMutuallyExclusive("token", "token-file")
	cmd.AddCommand(
		newAdminInfo(o), newAdminClients(o), newAdminKick(o), newAdminRooms(o), newAdminCloseRoom(o), newAdminVariable(o),
		newAdminBans(o), newAdminBan(o), newAdminUnban(o), newAdminSay(o),
		newAdminMOTD(o), newAdminSet(o), newAdminDrain(o), newAdminReload(o),
		newAdminTop(o), newAdminActors(o), newAdminBackends(o), newAdminAudit(o), newAdminToken(o), newAdminUser(o),
	)
	return cmd
}

// serverSettings is the configuration as far as it says where the server keeps its data and can be reached.
func (o *adminOptions) serverSettings() *config.Result {
	return config.Load(config.Serve, o.settings, os.Environ())
}

// adminCommand makes a command whose failures are those of something that was tried.
func adminCommand(o *adminOptions, use, short string, args cobra.PositionalArgs, run func(*adminCall, []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			access, err := o.access()
			if err != nil {
				return failure{err}
			}
			c := &adminCall{ctx: cmd.Context(), client: newAdminClient(access), out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(), json: o.json}
			defer c.client.close()
			c.warnPlain(access)
			if err := run(c, args); err != nil {
				return failure{err}
			}
			return nil
		},
	}
}
