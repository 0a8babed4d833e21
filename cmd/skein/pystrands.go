package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/spf13/cobra"
)

// pystrandsServer is the name under which the Python library starts its broker. The program is the broker alone when
// it is called so.
const pystrandsServer = "pystrands-server"

// isPyStrandsServer tells whether a program is called by that name, with which the path and the ending of Windows do
// not count.
func isPyStrandsServer(arg0 string) bool {
	name := strings.ToLower(arg0[strings.LastIndexAny(arg0, `/\`)+1:])
	return strings.TrimSuffix(name, ".exe") == pystrandsServer
}

// newPyStrands returns the broker as a command of the program.
func newPyStrands() *cobra.Command {
	cmd := newBroker("pystrands")
	cmd.AddCommand(newPyStrandsCheck(), newInstall(), newUninstall())
	return cmd
}

// newPyStrandsServer returns the broker as a program of its own.
func newPyStrandsServer() *cobra.Command {
	cmd := newBroker(pystrandsServer)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetVersionTemplate(versionTemplate)
	cmd.SetFlagErrorFunc(suggestFlag)
	return cmd
}

func newBroker(name string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   name + " [flags]",
		Short: "Run the PyStrands broker alone",
		Long: `Runs a broker for PyStrands in the place of the library's own, with the same flags and variables.
WebSocket clients connect to ws://HOST:8080/ws/ANYTHING, Python programs to port 8081 of this machine;
--tcp-bind all lets in those of other machines, which --backend-token can ask for a password.

SIGINT and SIGTERM stop it in an orderly way; a second one stops it at once, with exit status 1.
SIGHUP reads the certificates again.`,
		Version: build().speaking(speaksPyStrands),
		Args:    onlyFlags,
	}
	flags := withSettings(cmd, config.Broker)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r := config.Load(config.Broker, flags, os.Environ())
		if err := r.Problems.Err(); err != nil {
			return err // its variables are as much of a command line as its flags
		}
		if err := broker(cmd.Context(), r); err != nil {
			return failure{err}
		}
		return nil
	}
	return cmd
}

// onlyFlags refuses words that are no flags: the flags behind them would be overlooked, or belong to something else.
func onlyFlags(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var commands []string
	for _, c := range cmd.Commands() {
		commands = append(commands, c.Name())
	}
	if near := config.DidYouMean(args[0], commands); near != "" {
		return fmt.Errorf("unknown command %q%s", args[0], near)
	}
	return fmt.Errorf("%q is no flag: settings are given as --ws-port 8080", args[0])
}

func newPyStrandsCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [flags]",
		Short: "Check the broker's configuration and show what is in force",
		Long: `Reads flags and variables as the broker would, without starting anything. What is wrong is written to
standard error, what is in force and where it came from to standard output. The exit status is 1 when
something is wrong. Variables that start with PYSTRAND_ and that nobody knows count as wrong.`,
		Args: cobra.NoArgs,
	}
	flags := withSettings(cmd, config.Broker)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return check(cmd, config.Load(config.Broker, flags, os.Environ()))
	}
	return cmd
}

func broker(ctx context.Context, r *config.Result) error {
	return runServer(ctx, r, greetAs(build().speaking(speaksPyStrands), r))
}
