package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"
)

func newInstall() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "install [flags]",
		Short: "Make `python -m pystrands server` start Skein's broker",
		Long: `Puts this program where the Python library PyStrands looks for its broker, as pystrands-server, and
writes the version file that keeps the library from downloading its own. Python programs need no
change. A broker that is there already is replaced only with --force, and kept beside it.

A copy is not updated with this program: install it again then. A link is; but a library that wants
another version than --broker-version downloads its broker through the link, over this program.`,
		Args: cobra.NoArgs,
	}
	dir := dirFlag(cmd)
	flags := cmd.Flags()
	asCopy := flags.Bool("copy", false, "put a copy there (what is done unless told otherwise)")
	asLink := flags.Bool("link", false, "put a symbolic link there")
	force := flags.Bool("force", false, "replace another program, and keep it")
	version := flags.String("broker-version", libraryBroker, "broker version that the library wants, BROKER_VERSION in its __main__.py")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *asCopy && *asLink {
			return errors.New("--copy and --link exclude each other")
		}
		i, err := newInstallation(cmd, *dir)
		if err != nil {
			return failure{err}
		}
		if err := i.install(*asLink, *force, *version); err != nil {
			return failure{err}
		}
		i.say("`python -m pystrands server` starts Skein's broker now. Backends on other machines reach it with --tcp-bind all.")
		i.say("To undo this: skein pystrands uninstall%s", dirHint(cmd, *dir))
		return nil
	}
	return cmd
}

func newUninstall() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "uninstall [flags]",
		Short: "Undo install",
		Long: `Removes what install has put into the directory of the Python library, and puts back what it has kept
there. Without a broker, the library downloads its own at the next start.`,
		Args: cobra.NoArgs,
	}
	dir := dirFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		i, err := newInstallation(cmd, *dir)
		if err != nil {
			return failure{err}
		}
		if err := i.uninstall(); err != nil {
			return failure{err}
		}
		return nil
	}
	return cmd
}

func dirFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("dir", "", "directory of the library (default ~/"+libraryDir+")")
}

// dirHint is what has to stand behind a command that is to work on the same directory.
func dirHint(cmd *cobra.Command, dir string) string {
	if !cmd.Flags().Changed("dir") {
		return ""
	}
	return fmt.Sprintf(" --dir %q", dir)
}

func newInstallation(cmd *cobra.Command, dir string) (*installation, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("%w: say where with --dir", err)
		}
		dir = filepath.Join(home, libraryDir)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	return &installation{dir: dir, goos: runtime.GOOS, exe: exe, say: func(format string, args ...any) {
		fmt.Fprintf(cmd.OutOrStdout(), format+"\n", args...)
	}}, nil
}
